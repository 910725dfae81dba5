import { KINDS } from "../tell.ts";
import { draw, type Line, prose } from "./frame.ts";

const KEYS: readonly (readonly [keys: string, what: string])[] = [
  ["→ ←", "the next and the previous step (also l and h, Space, Enter)"],
  ["↓ ↑", "choose a lane, whose steps the two keys above then keep to; Esc: all lanes"],
  ["] [", "the next and the previous event: a step that is no instruction"],
  ["Home End", "the introduction, and the end, or the next question on the way there"],
  ["g", "go to a step by its number"],
  ["/", "search in lanes, titles and explanations; n and N: the next and the previous"],
  ["w", "who wrote this value: type a register, or a field of /proc, and Enter"],
  ["Backspace", "back to where g, w or a search began"],
  ["Tab", "the next pane (Shift-Tab: the one before); it has its name in brackets"],
  ["j k", "scroll that pane by a line (PageDown, PageUp: by five)"],
  ["1 - 9", "answer a question; or choose with the arrows, and Enter; s shows the answer"],
  ["a", "ask the question of this step again"],
  ["q", "quit (also Ctrl-C and Ctrl-D; Ctrl-Z stops, Ctrl-L draws anew)"],
];

const signs = (pc: string): readonly (readonly [sign: string, what: string])[] => [
  ["▶", "the instruction that this step has executed"],
  ["▷", `where ${pc} is after it`],
  ["*", "changed with this step"],
  ["↓ ↑", "at the edge of a pane: there is more"],
];

const LANES: readonly (readonly [sign: string, what: string])[] = [
  ["━ ─ ~", "the process runs, is stopped, has ended and is not waited for"],
  ["↓ ↑", "whom a request or a signal is for"],
  ["┬ ┴", "where the cause of a step is: a clone, a signal, an end"],
  ["? ✓ ✗ ·", "a question: open, answered right, wrong, or shown"],
];

/** Keys and signs. @param pc what texts call the register of the next instruction's address */
export function tellHelp(width: number, pc: string): Line[] {
  const row = (sign: string, what: string): Line[] =>
    prose(what, width - 12).map((line, i) => [
      draw(i === 0 ? `  ${sign}`.padEnd(12) : " ".repeat(12), "strong"),
      ...line,
    ]);
  return [
    [draw("Keys", "strong")],
    ...KEYS.flatMap(([keys, what]) => row(keys, what)),
    [],
    [draw("In the lanes", "strong")],
    ...Object.values(KINDS).flatMap(({ mark, name }) => row(mark, name)),
    ...LANES.flatMap(([sign, what]) => row(sign, what)),
    [],
    [draw("In the panes", "strong")],
    ...signs(pc).flatMap(([sign, what]) => row(sign, what)),
  ];
}

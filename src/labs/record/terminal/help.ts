import { draw, type Line, prose } from "./frame.ts";

/** Keys and signs. @param pc what texts call the register of the next instruction's address */
export function tellHelp(width: number, pc: string): Line[] {
  const rows: readonly (readonly [sign: string, what: string])[] = [
    ["→ ←", "the next and the previous step (also l and h, Space, Enter)"],
    ["] [", "the next and the previous event: a step that is no instruction"],
    ["Home End", "the introduction, and the end, or the next question on the way there"],
    ["g", "go to a step by its number"],
    ["w", "who wrote this value: type a register, or a field of /proc, and Enter"],
    ["Backspace", "back to where g or w began"],
    ["c r p m t", "open and close the code, the registers, /proc, the memory map, the terms"],
    ["j k ↓ ↑", "scroll by a line (PageDown, PageUp: by ten)"],
    ["1 - 9", "answer a question; or choose with the arrows, and Enter; s shows the answer"],
    ["a", "ask the question of this step again"],
    ["q", "quit (also Ctrl-C and Ctrl-D; Ctrl-Z stops, Ctrl-L draws anew)"],
    ["", ""],
    ["▶", "the instruction that this step has executed"],
    ["▷", `where ${pc} is after it`],
    ["*", "changed with this step"],
    ["? ✓ ✗ ·", "a question: open, answered right, wrong, or shown"],
    ["━ ▲ ─", "the steps that you have seen, where you are, and those to come"],
  ];
  return rows.flatMap(([sign, what]) =>
    prose(what, width - 12).map((line, i) => [
      draw(i === 0 ? `  ${sign}`.padEnd(12) : " ".repeat(12), "strong"),
      ...line,
    ]),
  );
}

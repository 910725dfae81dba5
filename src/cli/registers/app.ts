/* The page at work: the case and the machine, and the fields of page.html that show and change them. */

import { HOST_ARCH, HOST_MACHINE } from "../../core/machine/index.ts";
import * as arch from "../../labs/fuzz/case/arch.ts";
import { ONS, STARTS, WAYS } from "../../labs/fuzz/case/records.ts";
import { formatCase } from "../../labs/fuzz/case/text.ts";
import { caseJson } from "../../labs/fuzz/tell/told.ts";
import { hex } from "../../lib/errors.ts";
import { callNames, constantsOf, parseFlags } from "../../lib/names.ts";
import { MACHINES, machineNamed } from "../machines.ts";
import { answer } from "./answer.ts";
import { callOf, FLAG_SETS, holds, meaningOf } from "./bits.ts";
import { element, make } from "./elements.ts";
import LINES from "./stories.jsonl";
import { encode, encoder, readCase, type Words, withWay, withWords, wordsOf } from "./words.ts";

const { BASELINE, CALL, CALL_CODE, CODES, indexOf, PC, placeOf, REGISTERS } = arch;
const { constants, encodeSyscall, encodeBootstrap } = encoder;
const { number: NUMBER, arguments: ARGUMENTS } = HOST_MACHINE.callRegisters;
const INDICES = ARGUMENTS.map(indexOf);
/** A pid that a stub may have. */
const SOME_PID = 1510;
const [NONE, ELSEWHERE] = ["none", "elsewhere"];
const SIGNALS = [NONE, ...constantsOf("signal", constants).map(([name]) => name)];
const CALLS = callNames(constants);

/** Cases to begin with, and what to look at. */
const STORIES: readonly {
  readonly title: string;
  readonly about: string;
  readonly case: object;
}[] = LINES.trimEnd()
  .split("\n")
  .map((line) => JSON.parse(line))
  .filter(({ arch }) => arch === HOST_ARCH);

/** What the page shows. */
const state = {
  it: readCase({}),
  machine: MACHINES[0] ?? "",
  asked: false,
  story: STORIES[0],
};

const words = (): Words => wordsOf(state.it) ?? BASELINE;
const write = (next: Words) => show({ it: withWords(state.it, next) });
const edit = (members: object) => show({ it: readCase({ ...formatCase(state.it), ...members }) });
const caseText = () => JSON.stringify(formatCase(state.it));

/** A choice among words: what is chosen, and what choosing does. */
type Choice = readonly [
  values: readonly string[],
  chosen: () => string | number,
  choose: (value: string) => void,
];

const CHOICES: Readonly<Record<string, Choice>> = {
  way: [
    WAYS,
    () => state.it.way,
    (way) => show({ it: withWay(state.it, way, machineNamed(state.machine)) }),
  ],
  from: [STARTS, () => state.it.from, (from) => edit({ from })],
  on: [ONS, () => state.it.on, (on) => edit({ on })],
  signal: [
    SIGNALS,
    () => formatCase(state.it).signal ?? NONE,
    (name) => edit({ signal: name === NONE ? null : name }),
  ],
  code: [
    [ELSEWHERE, ...CODES.map(({ name }) => name)],
    () => CODES.find(({ address }) => address === words()[PC])?.name ?? ELSEWHERE,
    (name) => write(words().with(PC, placeOf(name))),
  ],
  call: [
    [NONE, ...CALLS],
    () => callOf(words()) ?? NONE,
    (name) => write(name === NONE ? BASELINE : injected(name)),
  ],
  machine: [MACHINES, () => state.machine, (machine) => show({ machine })],
};

/** The words of a call that the encoder makes, with the arguments that are there. */
function injected(name: string): Words {
  const isCall = callOf(words()) !== undefined;
  const given = INDICES.map((i) => (isCall ? (words()[i] ?? 0n) : 0n));
  const [a = 0n, b = 0n, c = 0n, d = 0n, e = 0n, f = 0n] = given;
  const number = constants.get(`SYS_${name}`) ?? 0n;
  return encode(words().with(PC, placeOf(CALL_CODE)), (block, initial) =>
    encodeSyscall(block, initial, number, a, b, c, d, e, f),
  );
}

/** Lets an element act. If it cannot, the page says why, and marks it until the next change. */
function on(target: HTMLElement, event: string, act: () => void): void {
  target.addEventListener(event, () => {
    try {
      act();
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      element(HTMLElement, "wrong").textContent = `${why}.`;
      target.setAttribute("aria-invalid", "true");
    }
  });
}

const buttons = STORIES.map((story) => {
  const button = make("button", { type: "button" }, story.title);
  on(button, "click", () => show({ story, it: readCase(story.case), asked: false }));
  return button;
});

const flags = FLAG_SETS.map((set) => {
  const { title, at, names } = set;
  const boxes = names.map(([name, bit]) => {
    const box = make("input", { type: "checkbox", name });
    on(box, "change", () => write(words().with(at, (words()[at] ?? 0n) ^ bit)));
    return { bit, box, label: make("label", {}, box, ` ${name}`) };
  });
  const labels = boxes.map(({ label }) => label);
  return { set, boxes, part: make("fieldset", {}, make("legend", {}, title), ...labels) };
});

/** Rows of the table: the registers that matter most come first. */
const rows = [...new Set([PC, indexOf(NUMBER), CALL, ...INDICES, ...REGISTERS.keys()])].map((i) => {
  const name = REGISTERS[i] ?? "";
  const [field, meaning] = [make("input", { "aria-label": name, name }), make("td", {})];
  on(field, "change", () => {
    write(words().with(i, BigInt.asUintN(64, parseFlags(field.value, constants))));
  });
  const row = make("tr", {}, make("th", { scope: "row" }, name), make("td", {}, field), meaning);
  return { i, field, meaning, row };
});

/** Fills the page, and shows what its link has: `machine`, and `case`, a document; without one the first story. */
export function start(place: URLSearchParams): void {
  for (const [id, [values, , choose]] of Object.entries(CHOICES)) {
    const select = element(HTMLSelectElement, id);
    select.append(...values.map((value) => make("option", { value }, value)));
    on(select, "change", () => choose(select.value));
  }
  element(HTMLElement, "words").append(...rows.map(({ row }) => row));
  element(HTMLElement, "stories").append(...buttons);
  element(HTMLElement, "flags").append(...flags.map(({ part }) => part));
  on(element(HTMLElement, "mark"), "click", () => {
    write(encode(words(), (block) => encodeBootstrap(block, SOME_PID)));
  });
  on(element(HTMLElement, "ask"), "click", () => {
    show({ asked: true });
    element(HTMLElement, "sentence").scrollIntoView({ block: "nearest" });
  });
  const text = element(HTMLTextAreaElement, "case");
  on(text, "change", () => show({ it: readCase(JSON.parse(text.value)) }));
  const copies = {
    case: caseText,
    command: () => `stublab fuzz replay - <<< '${caseText()}'`,
    link: () => location.href,
  };
  for (const [what, textOf] of Object.entries(copies)) {
    on(element(HTMLElement, `copy-${what}`), "click", async () => {
      const done = navigator.clipboard.writeText(textOf()).then(() => "Copied.");
      const told = await done.catch(() => "There is no clipboard here.");
      element(HTMLElement, "copied").textContent = told;
    });
  }
  const linked = place.get("case");
  if (linked !== null) state.story = undefined;
  const it = readCase(linked === null ? (state.story?.case ?? {}) : JSON.parse(linked));
  show({ it, machine: place.get("machine") ?? state.machine });
  element(HTMLElement, "bench").hidden = false;
}

/** Shows the page after a change. @throws InputError if the case would be invalid; then nothing changes */
function show(change: Partial<typeof state>): void {
  const text = caseJson(change.it ?? state.it);
  Object.assign(state, change);
  const { it, machine, story, asked } = state;
  for (const wrong of document.querySelectorAll("[aria-invalid]"))
    wrong.removeAttribute("aria-invalid");
  element(HTMLElement, "wrong").textContent = "";
  element(HTMLTextAreaElement, "case").value = text;
  for (const { i, field, meaning, row } of rows) {
    const word = words()[i] ?? 0n;
    field.value = hex(word);
    meaning.textContent = meaningOf(words(), i);
    row.className = word === BASELINE[i] ? "" : "changed";
  }
  for (const [id, [, chosen]] of Object.entries(CHOICES))
    element(HTMLSelectElement, id).value = `${chosen()}`;
  const held = flags.filter(({ set }) => holds(set, words()));
  for (const each of flags) {
    each.part.hidden = !held.includes(each);
    for (const { bit, box } of each.boxes)
      box.checked = ((words()[each.set.at] ?? 0n) & bit) !== 0n;
  }
  const parts: Readonly<Record<string, boolean>> = {
    clone: callOf(words()) === "clone",
    refusal: held.some(({ set }) => set.refuses?.(words()[set.at] ?? 0n)),
    words: wordsOf(it) !== undefined,
    other: wordsOf(it) === undefined,
    ptrace: it.frame === undefined,
    first: it.frame === undefined && it.before === undefined,
  };
  for (const part of document.querySelectorAll<HTMLElement>("[data-of]"))
    part.hidden = parts[part.dataset.of ?? ""] !== true;
  for (const button of buttons) button.ariaPressed = `${button.textContent === story?.title}`;
  element(HTMLElement, "about").textContent = story?.about ?? "";
  const [sentence, ...told] = asked ? answer(it, machine) : ["Guess first, then ask."];
  element(HTMLElement, "sentence").textContent = sentence;
  element(HTMLElement, "answer").replaceChildren(...told);
  const fragment = new URLSearchParams({ arch: HOST_ARCH, machine, case: caseText() });
  history.replaceState(null, "", `#${fragment}`);
}

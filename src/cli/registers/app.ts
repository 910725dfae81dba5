/* The page at work: the case and the machine, and the fields of page.html that show and change them. */

import { HOST_ARCH, HOST_MACHINE } from "../../core/machine/index.ts";
import * as arch from "../../labs/fuzz/case/arch.ts";
import { ENUMERATIONS, ONS, STARTS, WAYS } from "../../labs/fuzz/case/records.ts";
import { formatCase } from "../../labs/fuzz/case/text.ts";
import { Model } from "../../labs/fuzz/predict/model.ts";
import { type CasePrediction, predictionOf } from "../../labs/fuzz/predict/prediction.ts";
import { callOf, FLAG_SETS, holds, meaningOf } from "../../labs/fuzz/registers/bits.ts";
import * as guesses from "../../labs/fuzz/registers/guess.ts";
import { instructionsAround, isIn } from "../../labs/fuzz/registers/listing.ts";
import * as own from "../../labs/fuzz/registers/words.ts";
import { caseJson } from "../../labs/fuzz/tell/told.ts";
import { hex } from "../../lib/errors.ts";
import { callNames, constantsOf } from "../../lib/names.ts";
import { MACHINES, machineNamed } from "../machines.ts";
import { answer, verdict } from "./answer.ts";
import { element, make } from "./elements.ts";
import LINES from "./stories.jsonl";

const { BASELINE, CALL, CALL_CODE, CODES, indexOf, PC, placeOf, REGISTERS } = arch;
const { COUNTER, ELSEWHERE, ENDINGS, judge, parseWord, RESULT } = guesses;
const { encode, encoder, readCase, withWay, withWords, wordsOf } = own;
type Words = own.Words;
const { constants, encodeSyscall, encodeBootstrap } = encoder;
const { number: NUMBER, arguments: ARGUMENTS } = HOST_MACHINE.callRegisters;
const INDICES = ARGUMENTS.map(indexOf);
/** A pid that a stub may have. */
const SOME_PID = 1510;
const NONE = "none";
const SIGNALS = [NONE, ...constantsOf("signal", constants).map(([name]) => name)];

/** Cases to begin with, and what to look at. */
const STORIES: readonly {
  readonly title: string;
  readonly about: string;
  /** Registers that it asks for. */
  readonly asks?: readonly string[];
  readonly case: object;
}[] = LINES.trimEnd()
  .split("\n")
  .map((line) => JSON.parse(line))
  .filter(({ arch }) => arch === HOST_ARCH);

/** What the page shows. */
const state = {
  it: readCase({}),
  machine: MACHINES[0] ?? "",
  /** Whether the reader has guessed: then each change is answered. */
  asked: false,
  story: STORIES[0] as (typeof STORIES)[number] | undefined,
  /** What of the guess was right, until something is changed. */
  judged: [] as ReturnType<typeof judge>,
};

/** The fields whose text means nothing, each with the element that says why. */
const wrong = new Map<HTMLElement, HTMLElement>();

const words = (): Words => wordsOf(state.it) ?? BASELINE;
const write = (next: Words) => show({ it: withWords(state.it, next) });
const edit = (members: object) => show({ it: readCase({ ...formatCase(state.it), ...members }) });
const caseText = () => JSON.stringify(formatCase(state.it));

/** What a stop, or a request that resumes, is. */
function aboutOf(kind: string, value: string): string {
  const found = ENUMERATIONS.find(({ name }) => name === kind && name !== "way");
  return found?.values.find(([name]) => name === value)?.[1] ?? value;
}

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
    [NONE, ...callNames(constants)],
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

/** Lets an element act. If it cannot, the page says why, and marks it, until it is changed, or all are. */
function on(
  target: HTMLElement,
  event: string,
  act: () => void,
  message = element(HTMLElement, "wrong"),
): void {
  target.addEventListener(event, () => {
    unmark(target);
    try {
      act();
    } catch (error) {
      message.textContent = `${error instanceof Error ? error.message : String(error)}.`;
      target.setAttribute("aria-invalid", "true");
      target.setAttribute("aria-describedby", message.id);
      wrong.set(target, message);
      showAnswer();
    }
  });
}

function unmark(...targets: readonly HTMLElement[]): void {
  for (const target of targets) {
    wrong.get(target)?.replaceChildren();
    wrong.delete(target);
    for (const name of ["aria-invalid", "aria-describedby"]) target.removeAttribute(name);
  }
}

const buttons = STORIES.map((story) => {
  const button = make("button", { type: "button" }, story.title);
  on(button, "click", () => {
    unmark(...wrong.keys());
    show({ story, it: readCase(story.case) });
    guessAgain();
  });
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
  const why = make("small", { class: "bad", id: `wrong-${name}`, role: "status" });
  const field = make("input", { "aria-label": name, name, autocomplete: "off" });
  const meaning = make("span", {});
  on(field, "change", () => write(words().with(i, parseWord(field.value.trim()))), why);
  const cells = [make("td", {}, field), make("td", {}, meaning, why)];
  const row = make("tr", {}, make("th", { scope: "row" }, name), ...cells);
  return { i, field, meaning, row };
});

const guess = {
  ending: element(HTMLSelectElement, "guess-ending"),
  counter: element(HTMLSelectElement, "guess-counter"),
  result: element(HTMLInputElement, "guess-result"),
};

function guessAgain(): void {
  unmark(guess.result);
  for (const field of Object.values(guess)) field.value = "";
  show({ asked: false });
}

/** Shows the answer, and what of the guess is right. */
function see(): void {
  const { ending, counter, result } = guess;
  const given = { ending: ending.value, counter: counter.value, result: result.value.trim() };
  show({ asked: true, judged: judge(given, predicted(), words()) });
  element(HTMLElement, "sentence").scrollIntoView({ block: "nearest" });
}

const options = (values: readonly string[], told = (value: string) => value) =>
  values.map((value) => make("option", { value }, told(value)));

/** Fills the page, and shows what its link has: `machine`, and `case`, a document; without one the first story. */
export function start(place: URLSearchParams): void {
  for (const [id, [values, , choose]] of Object.entries(CHOICES)) {
    const select = element(HTMLSelectElement, id);
    select.append(...options(values, (value) => aboutOf(id, value)));
    on(select, "change", () => choose(select.value));
  }
  element(HTMLElement, "words").append(...rows.map(({ row }) => row));
  element(HTMLElement, "stories").append(...buttons);
  element(HTMLElement, "flags").append(...flags.map(({ part }) => part));
  on(element(HTMLElement, "mark"), "click", () => {
    write(encode(words(), (block) => encodeBootstrap(block, SOME_PID)));
  });
  on(element(HTMLElement, "ask"), "click", () => (state.asked ? guessAgain() : see()));
  guess.ending.append(...options(["", ...ENDINGS], (ending) => ending || "?"));
  const { result } = guess;
  const why = element(HTMLElement, "wrong-guess");
  on(result, "change", () => result.value.trim() && parseWord(result.value.trim()), why);
  for (const [name, register] of Object.entries({ counter: COUNTER, result: RESULT }))
    for (const each of document.querySelectorAll(`.${name}`)) each.textContent = register;
  const text = element(HTMLTextAreaElement, "case");
  on(text, "change", () => {
    const it = readCase(JSON.parse(text.value));
    unmark(...wrong.keys());
    show({ it });
  });
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
  const it = readCase(linked === null ? (state.story?.case ?? {}) : JSON.parse(linked));
  const story = STORIES.find((each) => caseJson(readCase(each.case)) === caseJson(it));
  show({ it, story, machine: place.get("machine") ?? state.machine });
  element(HTMLElement, "bench").hidden = false;
}

/** Shows the page after a change. @throws InputError if the case would be invalid; then nothing changes */
function show(change: Partial<typeof state>): void {
  const text = caseJson(change.it ?? state.it);
  Object.assign(state, { judged: [], ...change });
  const { it, machine, story } = state;
  fill(element(HTMLTextAreaElement, "case"), text);
  for (const { i, field, meaning, row } of rows) {
    const word = words()[i] ?? 0n;
    fill(field, hex(word));
    meaning.textContent = meaningOf(words(), i);
    row.className = word === BASELINE[i] ? "" : "changed";
  }
  for (const [id, [, chosen]] of Object.entries(CHOICES))
    fill(element(HTMLSelectElement, id), `${chosen()}`);
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
  showAnswer();
  const fragment = new URLSearchParams({ arch: HOST_ARCH, machine, case: caseText() });
  history.replaceState(null, "", `#${fragment}`);
}

/** Fills a field, unless what is in it is wrong, and marked. */
function fill(field: HTMLElement & { value: string }, value: string): void {
  if (!wrong.has(field)) field.value = value;
}

const predicted = () => predictionOf(state.it, new Model(machineNamed(state.machine)));

/** Shows the answer to a case, and where its program counter is; no answer while a field is marked. */
function showAnswer(): void {
  const { story, asked, judged } = state;
  const isAnswered = asked && wrong.size === 0;
  const prediction = predicted();
  const none = asked ? "No answer while a field is marked." : "Guess, then see.";
  const registers = [COUNTER, RESULT, ...(story?.asks ?? [])];
  const full = () => answer(prediction, words(), machineNamed(state.machine), registers);
  const [sentence, ...told] = isAnswered ? full() : [none];
  element(HTMLElement, "sentence").textContent = sentence;
  element(HTMLElement, "verdict").replaceChildren(...(isAnswered ? verdict(judged) : []));
  element(HTMLElement, "answer").replaceChildren(...told);
  element(HTMLElement, "ask").textContent = asked ? "Guess again" : "See what the kernel does";
  element(HTMLElement, "guess").hidden = asked;
  showCode(isAnswered ? prediction : undefined);
}

function showCode(prediction: CasePrediction | undefined): void {
  const counter = words()[PC] ?? 0n;
  const next = prediction?.predicted.get(`stopped.${COUNTER}`) ?? 0n;
  const lines = instructionsAround(counter);
  const rows = lines.map((line) => {
    const { address, bytes, text, isFiller } = line;
    const marks = [isIn(counter, line) ? `← ${COUNTER}` : "", isIn(next, line) ? "← stop" : ""];
    const code = bytes.map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
    const cells = [code, text, marks.join(" ").trim()].map((cell) => make("td", {}, cell));
    const head = make("th", { scope: "row" }, hex(address));
    return make("tr", { class: isFiller ? "filler" : undefined }, head, ...cells);
  });
  const none = make("tr", {}, make("td", {}, `${COUNTER} is outside of the stub’s page of code.`));
  element(HTMLElement, "listing").replaceChildren(...(rows.length > 0 ? rows : [none]));
  const { value } = guess.counter;
  const places = ["", ...lines.map(({ address }) => hex(address)), ELSEWHERE];
  guess.counter.replaceChildren(...options(places, (place) => place || "?"));
  guess.counter.value = places.includes(value) ? value : "";
}

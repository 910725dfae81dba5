import { openAssemblyEncoder } from "../../encoder/assembly.ts";
import { checkOptions, count } from "../../shape.ts";
import { visible } from "../../visible.ts";
import { tellFact } from "../fact.ts";
import { expectRecording } from "../load.ts";
import { Moments } from "../moment.ts";
import type { Arrow, Fact, Question, Recording, Step } from "../recording.ts";
import { byStep, callInWords, kernelRows, stepNumber } from "./told.ts";
import { wrap } from "./wrap.ts";

const WIDTH = 80;

/** How far what belongs to a step is set in, and how wide its labels are. */
const INDENT = 6;
const LABEL = 10;

/** The most that ids of lanes take in their list. */
const WIDEST_LANE = 16;

/** How many lines of a memory map are told: that of a big program would bury the rest. */
const MOST_MAPPINGS = 12;

const COUNT = count(Number.MAX_SAFE_INTEGER);

export interface TextOptions {
  /** Columns; longer words are broken. Default: 80. */
  readonly width?: number | undefined;
  /** The index of the first step to show. Default: 0. */
  readonly from?: number | undefined;
}

/**
 * A recording as plain text, without control characters, whatever the recording has.
 *
 * @throws InputError if it is not a recording, or an option is invalid
 */
export function renderText(recording: Recording, options: TextOptions = {}): string {
  expectRecording(recording);
  checkOptions(options, "options", { width: COUNT, from: COUNT });
  const { width = WIDTH, from = 0 } = options;
  const page = new TextPage(width);
  tellHead(page, recording);
  const steps = new StepTeller(page, recording);
  for (let index = from; index < recording.steps.length; index++) steps.tell(index);
  tellEnd(page, recording.end);
  return page.text();
}

/** Lines of a width, of visible characters only. */
class TextPage {
  readonly #width: number;
  readonly #lines: string[] = [];

  constructor(width: number) {
    this.#width = width;
  }

  blank(): void {
    this.#lines.push("");
  }

  /** A paragraph; behind its first line it is set in as far as the label is wide. */
  add(text: string, indent = 0, label = ""): void {
    const [head, margin] = [visible(label).slice(0, this.#width / 2), " ".repeat(indent)];
    const lines = wrap(visible(text), this.#width - indent - head.length);
    for (const [i, line] of lines.entries()) {
      const start = i === 0 ? head : " ".repeat(head.length);
      this.#lines.push(`${margin}${start}${line}`.trimEnd());
    }
  }

  heading(text: string): void {
    this.blank();
    this.add(text);
    this.blank();
  }

  text(): string {
    return `${this.#lines.join("\n")}\n`;
  }
}

function tellHead(page: TextPage, recording: Recording): void {
  const { title, scenario, machine, stublab, encoder, introduction, lanes, observed } = recording;
  page.add(title);
  page.add(
    `Scenario ${scenario}, encoder ${encoder}; recorded by stublab ${stublab} on Linux ${machine.kernel}, ${machine.arch}.`,
  );
  for (const paragraph of introduction) {
    page.blank();
    page.add(paragraph);
  }
  page.heading("LANES");
  const widest = Math.max(0, ...lanes.map(({ id }) => Math.min(id.length, WIDEST_LANE)));
  for (const { id, pid, role } of lanes) {
    page.add(role, 2, `${id.padEnd(widest)}  ${String(pid).padStart(7)}  `);
  }
  if (observed.length === 0) return;
  page.heading("WHAT THE OBSERVER CHANGED");
  for (const each of observed) page.add(each, 2, "- ");
}

/** Tells steps in their order: of the kernel's view only what is new. */
class StepTeller {
  readonly #page: TextPage;
  readonly #recording: Recording;
  readonly #constants = openAssemblyEncoder("amd64").constants;
  readonly #questions: ReadonlyMap<number, readonly Question[]>;
  readonly #arrows: ReadonlyMap<number, readonly Arrow[]>;
  readonly #moments: Moments;

  constructor(page: TextPage, recording: Recording) {
    this.#page = page;
    this.#recording = recording;
    this.#moments = new Moments(recording);
    this.#questions = byStep(recording.questions, ({ step }) => step);
    this.#arrows = byStep(recording.arrows, ({ from }) => from);
    page.heading("STEPS");
  }

  tell(index: number): void {
    const step = this.#recording.steps[index];
    if (step === undefined) return;
    const asked = this.#questions.get(index) ?? [];
    for (const question of asked) this.#ask(question);
    this.#tellStep(index, step);
    for (const question of asked) this.#answer(question);
    this.#page.blank();
  }

  #tellStep(index: number, step: Step): void {
    const { lane, title, why, microseconds, call, observer, kernel } = step;
    this.#page.add(title, 0, `${String(stepNumber(index)).padStart(INDENT - 2)}  ${lane}: `);
    this.#page.add(why, INDENT);
    this.#label("time", `${microseconds} µs`);
    const words = call === null ? null : callInWords(call);
    if (words !== null) this.#label("raw", words);
    for (const { name, before, after } of this.#moments.changedAt(index)) {
      this.#label(name, `${before} -> ${after}`);
    }
    const news = this.#news(step, index);
    if (news.length > 0) this.#label("/proc", news.join("; "));
    if (kernel?.memory) this.#tellMemory(kernel.memory);
    if (observer !== null) this.#label("observer", observer);
    for (const { to, kind, label } of this.#arrows.get(index) ?? []) {
      this.#label(kind, `${label} (to step ${stepNumber(to)})`);
    }
  }

  #tellMemory(memory: readonly string[]): void {
    for (const [i, mapping] of memory.slice(0, MOST_MAPPINGS).entries()) {
      this.#label(i === 0 ? "memory" : "", mapping);
    }
    const rest = memory.length - MOST_MAPPINGS;
    if (rest > 0) this.#label("", `and ${rest} more`);
  }

  #label(label: string, text: string): void {
    this.#page.add(text, INDENT, `${label.padEnd(LABEL - 2)}  `);
  }

  #ask({ text, choices }: Question): void {
    this.#page.add(text, 0, "   ?  ");
    for (const [i, choice] of choices.entries()) this.#page.add(choice, INDENT, `${i + 1}. `);
    this.#page.blank();
  }

  #answer({ answer, because }: Question): void {
    this.#label("answer", `${answer + 1}. ${because}`);
  }

  /** What the kernel's view has that the last one of the same lane had not. */
  #news({ about, kernel }: Step, index: number): string[] {
    if (kernel === null) return [];
    const before = this.#moments.lane(about, index).kernel?.before ?? null;
    const known = new Map(before === null ? [] : kernelRows(before, this.#constants));
    const rows = kernelRows(kernel, this.#constants);
    return rows.filter(([term, value]) => known.get(term) !== value).map((row) => row.join(" "));
  }
}

function tellEnd(page: TextPage, end: readonly Fact[]): void {
  if (end.length === 0) return;
  page.add("THE END");
  page.blank();
  for (const fact of end) page.add(tellFact(fact), 2, fact.held ? "ok    " : "FAIL  ");
}

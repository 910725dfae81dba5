import { openAssemblyEncoder } from "../../core/encoder/assembly.ts";
import { grouped } from "../../lib/group.ts";
import { checkOptions, count } from "../../lib/shape.ts";
import { visible } from "../../lib/visible.ts";
import { Annotator } from "./annotate.ts";
import { tellDiscarded, tellFact } from "./fact.ts";
import { expectRecording } from "./load.ts";
import { Moments } from "./moment.ts";
import type { Question, Recording } from "./recording.ts";
import { type Block, STAGED, stepNumber, tell, tellNews } from "./tell.ts";
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
 * A recording as plain text, without control characters, whatever the recording has. A question is asked before its
 * step, and answered at the end.
 *
 * @throws InputError if it is not a recording, or an option is invalid
 */
export function renderText(recording: Recording, options: TextOptions = {}): string {
  expectRecording(recording);
  checkOptions(options, "options", { width: COUNT, from: COUNT });
  const { width = WIDTH, from = 0 } = options;
  const page = new TextPage(width);
  const asked = recording.questions
    .filter(({ step }) => step >= from)
    .toSorted((a, b) => a.step - b.step);
  tellHead(page, recording, asked.length);
  tellSteps(page, recording, asked, from);
  tellEnd(page, recording);
  tellAnswers(page, asked);
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

  /** A paragraph; after its first line it is set in as far as the label is wide. */
  add(text: string, indent = 0, label = ""): void {
    const [head, margin] = [visible(label).slice(0, this.#width / 2), " ".repeat(indent)];
    const lines = wrap(visible(text), this.#width - indent - head.length);
    for (const [i, line] of lines.entries()) {
      const start = i === 0 ? head : " ".repeat(head.length);
      this.#lines.push(`${margin}${start}${line}`.trimEnd());
    }
  }

  /** A property of a step. */
  label(label: string, text: string): void {
    this.add(text, INDENT, `${label.padEnd(LABEL - 2)}  `);
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

function tellHead(page: TextPage, recording: Recording, questions: number): void {
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
  if (observed.length > 0) page.heading("WHAT THE OBSERVER CHANGED");
  for (const each of observed) page.add(each, 2, "- ");
  page.heading("STEPS");
  if (questions === 0) return;
  page.add("Before some steps a question (?) asks what will happen. The answers are at the end.");
  page.blank();
}

function tellSteps(
  page: TextPage,
  recording: Recording,
  asked: readonly Question[],
  from: number,
): void {
  const moments = new Moments(recording);
  const annotator = new Annotator(moments, openAssemblyEncoder(recording.machine.arch).constants);
  const questions = grouped(asked, ({ step }) => step);
  for (const index of recording.steps.keys()) {
    if (index < from) continue;
    for (const question of questions.get(index) ?? []) tellQuestion(page, question);
    for (const block of tell(moments, annotator, index)) addBlock(page, block, index);
    page.blank();
  }
}

function addBlock(page: TextPage, block: Block, index: number): void {
  if (block.kind === "title") {
    const { text, lane, microseconds, staged } = block;
    page.add(text, 0, `${String(stepNumber(index)).padStart(INDENT - 2)}  ${lane}: `);
    page.label("time", `${microseconds} µs${staged ? `, ${STAGED}` : ""}`);
  } else if (block.kind === "prose") page.add(block.text, INDENT);
  else if (block.kind === "value") {
    const meaning = block.meaning === null ? "" : ` (${block.meaning})`;
    page.label(block.name, `${block.before} -> ${block.after}${meaning}`);
  } else if (block.kind === "news") page.label("/proc", tellNews(block.rows));
  else if (block.kind === "memory") tellMemory(page, block.mappings);
  else if (block.kind !== "link") page.label(block.kind, block.text);
  // A reader of the text has seen the other end of an arrow from an earlier step.
  else if (block.way === "to")
    page.label(block.arrow, `${block.label} (to step ${stepNumber(block.step)})`);
}

function tellMemory(page: TextPage, memory: readonly string[]): void {
  for (const [i, mapping] of memory.slice(0, MOST_MAPPINGS).entries()) {
    page.label(i === 0 ? "memory" : "", mapping);
  }
  const rest = memory.length - MOST_MAPPINGS;
  if (rest > 0) page.label("", `and ${rest} more`);
}

function tellQuestion(page: TextPage, { text, choices }: Question): void {
  page.add(text, 0, "   ?  ");
  for (const [i, choice] of choices.entries()) page.add(choice, INDENT, `${i + 1}. `);
  page.blank();
}

function tellEnd(page: TextPage, recording: Recording): void {
  const { end, discarded } = recording;
  if (end.length + discarded.length === 0) return;
  page.add("THE END");
  page.blank();
  for (const line of tellDiscarded(recording)) page.add(line, 2);
  for (const fact of end) page.add(tellFact(fact), 2, fact.held ? "ok    " : "FAIL  ");
}

/** The right choices, and why the others are wrong. */
function tellAnswers(page: TextPage, asked: readonly Question[]): void {
  if (asked.length === 0) return;
  page.blank();
  page.add("ANSWERS");
  for (const { step, text, choices, answer, because, replies } of asked) {
    page.blank();
    page.add(text, 0, `${String(stepNumber(step)).padStart(INDENT - 2)}  `);
    for (const [i, choice] of choices.entries()) {
      page.label(i === answer ? "right" : "wrong", `${i + 1}. ${choice}`);
      const reply = i === answer ? because : (replies[i] ?? "");
      if (reply !== "") page.label("", reply);
    }
  }
}

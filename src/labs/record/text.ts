import { openAssemblyEncoder } from "../../core/encoder/assembly.ts";
import { grouped } from "../../lib/group.ts";
import { checkOptions, count } from "../../lib/shape.ts";
import { visible } from "../../lib/visible.ts";
import { Annotator } from "./annotate.ts";
import { expectRecording } from "./load.ts";
import { Moments } from "./moment.ts";
import type { Question, Recording } from "./recording.ts";
import {
  type Block,
  labelled,
  rowsOf,
  STAGED,
  stepNumber,
  tell,
  tellEnd,
  tellIntroduction,
} from "./tell.ts";
import { wrap } from "./wrap.ts";

const WIDTH = 80;

/** How far what belongs to a step is set in. */
const INDENT = 6;

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
  const questions = recording.questions.toSorted((a, b) => a.step - b.step);
  const asked = questions.filter(({ step }) => step >= from);
  for (const block of tellIntroduction(recording)) addBlock(page, block);
  addBlock(page, { kind: "heading", text: "Steps" });
  if (asked.length > 0) {
    const text =
      "Before some steps a question (?) asks what will happen. The answers are at the end.";
    addBlock(page, { kind: "paragraph", text });
    page.blank();
  }
  const moments = new Moments(recording);
  const annotator = new Annotator(moments, openAssemblyEncoder(recording.machine.arch).constants);
  const before = grouped(asked, ({ step }) => step);
  for (let index = from; index < recording.steps.length; index++) {
    for (const question of before.get(index) ?? []) tellQuestion(page, question);
    for (const block of tell(moments, annotator, index)) addBlock(page, block, index);
    page.blank();
  }
  for (const block of tellEnd(recording)) addBlock(page, block);
  tellAnswers(page, asked);
  return `${page.lines.join("\n")}\n`;
}

type Row = readonly [label: string, text: string];

/** Lines of a width, of visible characters only. */
class TextPage {
  readonly #width: number;
  readonly lines: string[] = [];

  constructor(width: number) {
    this.#width = width;
  }

  /** A blank line, unless the last line is blank. */
  blank(): void {
    if (this.lines.at(-1)) this.lines.push("");
  }

  /** Paragraphs; after its first line each is set in as far as its label is wide. */
  add(rows: readonly Row[], indent = INDENT): void {
    for (const [label, text] of rows) {
      const head = visible(label).slice(0, this.#width / 2);
      const lines = wrap(visible(text), this.#width - indent - head.length);
      for (const [i, line] of lines.entries()) {
        const start = i === 0 ? head : " ".repeat(head.length);
        this.lines.push(`${" ".repeat(indent)}${start}${line}`.trimEnd());
      }
    }
  }
}

/** How far blocks are set in, if not as what belongs to a step. */
const INDENTS: Readonly<Partial<Record<Block["kind"], number>>> = {
  heading: 0,
  paragraph: 0,
  title: 0,
  lane: 2,
  item: 2,
  fact: 2,
};

function addBlock(page: TextPage, block: Block, index = 0): void {
  // A reader of the text has seen the other end of an arrow from an earlier step.
  if (block.kind === "link" && block.way === "from") return;
  if (block.kind === "heading" || block.kind === "paragraph") page.blank();
  page.add(rowsOf(block, index), INDENTS[block.kind]);
  if (block.kind === "heading") page.blank();
  if (block.kind !== "title") return;
  const { microseconds, staged } = block;
  page.add(labelled("time", `${microseconds} µs${staged ? `, ${STAGED}` : ""}`));
}

function tellQuestion(page: TextPage, { text, choices }: Question): void {
  page.add([["   ?  ", text]], 0);
  page.add(choices.map((choice, i) => [`${i + 1}. `, choice]));
  page.blank();
}

/** The right choices, and why the others are wrong. */
function tellAnswers(page: TextPage, asked: readonly Question[]): void {
  if (asked.length === 0) return;
  addBlock(page, { kind: "heading", text: "Answers" });
  for (const { step, text, choices, answer, because, replies } of asked) {
    page.blank();
    page.add([[`${String(stepNumber(step)).padStart(INDENT - 2)}  `, text]], 0);
    for (const [i, choice] of choices.entries()) {
      page.add(labelled(i === answer ? "right" : "wrong", `${i + 1}. ${choice}`));
      const reply = i === answer ? because : replies[i];
      if (reply) page.add(labelled("", reply));
    }
  }
}

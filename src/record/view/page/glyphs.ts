import { type Html, html, plain } from "../../../page/html.ts";
import type { Step, StepKind } from "../../recording.ts";
import { stepNumber } from "../told.ts";

/** Pixels of a lane. */
export const LANE = 34;

/** The middle of a lane. */
export const yOf = (lane: number) => lane * LANE + LANE / 2;

/** Pixels of a step: few steps take the room that there is, and many more than that. */
export function stepWidth(steps: number): number {
  return Math.min(36, Math.max(16, Math.floor(1000 / steps)));
}

/** A shape for each kind of step, around (0, 0): nobody has to tell colours apart. */
const SHAPES: Readonly<Record<StepKind, Html>> = {
  instruction: html`<circle r="2"/>`,
  syscall: html`<circle r="4.5"/>`,
  ptrace: html`<rect x="-4" y="-4" width="8" height="8"/>`,
  signal: html`<path d="M0-6L5.5 4h-11z"/>`,
  stop: html`<path d="M-4.5-5.5h3v11h-3zM1.5-5.5h3v11h-3z"/>`,
  clone: html`<path d="M0-6.5L6 0L0 6.5L-6 0z"/>`,
  exit: html`<path class="line" d="M-4.5-4.5l9 9m0-9l-9 9"/>`,
  note: html`<circle class="line" r="3.5"/>`,
};

/** What each kind is called in the legend. */
const NAMES: Readonly<Record<StepKind, string>> = {
  instruction: "instruction",
  syscall: "system call",
  ptrace: "ptrace request",
  signal: "signal",
  stop: "stop",
  clone: "birth",
  exit: "end",
  note: "note",
};

const KINDS: readonly StepKind[] = [
  "instruction",
  "syscall",
  "ptrace",
  "signal",
  "stop",
  "clone",
  "exit",
  "note",
];

/** The shapes, to be used by their kinds. */
export function renderShapes(): Html {
  const shapes = KINDS.map((kind) => html`<g id="k-${kind}">${SHAPES[kind]}</g>`);
  return html`<defs>${shapes}</defs>`;
}

/** What the shapes of those kinds mean. */
export function renderLegend(present: ReadonlySet<StepKind>): Html[] {
  return KINDS.filter((kind) => present.has(kind)).map(
    (kind) =>
      html`<li><svg class="k-${kind}" width="16" height="16" aria-hidden="true"><use href="#k-${kind}" x="8" y="8"/></svg>${NAMES[kind]}</li>`,
  );
}

/** A step in the picture. */
export interface Mark {
  readonly step: Step;
  readonly index: number;
  /** Pixels of each step. */
  readonly width: number;
  /** The numbers of its lane, and of the one that it is about. */
  readonly lane: number;
  readonly about: number;
  /** Whether a question is asked before it: then the picture does not give the answer away. */
  readonly asked: boolean;
}

/** A link to the step, as high as the picture, with its shape and a line to the lane that it is about. */
export function renderMark({ step, index, width, lane, about, asked }: Mark): Html {
  const x = (index + 0.5) * width;
  const number = stepNumber(index);
  const title = asked ? "what will happen?" : `${step.lane}: ${step.title}`;
  const reach =
    about === lane ? [] : html`<path class="reach" d="M${x} ${yOf(lane)}V${yOf(about)}"/>`;
  const question = asked ? html`<text x="${x}" y="11">?</text>` : [];
  return html`<a href="#step=${number}" tabindex="-1" class="k-${step.kind}${asked ? " asked" : ""}"><title>${number} ${plain(title, 100)}</title><rect class="hit" x="${index * width}" width="${width}" height="100%"/>${reach}<use href="#k-${step.kind}" x="${x}" y="${yOf(lane)}"/>${question}</a>
`;
}

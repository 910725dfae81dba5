import type { VNode } from "preact";
import { STATE_NAMES } from "../../../proc.ts";
import type { StepKind } from "../../../recording.ts";
import { KINDS, STAGED } from "../../../tell.ts";
import { arch, recording } from "./book.ts";
import { State } from "./text.tsx";

/** A shape for each kind of step, around (0, 0): nobody has to distinguish colours. */
const SHAPES: Readonly<Record<StepKind, string>> = {
  instruction: "M-1.5 0a1.5 1.5 0 1 0 3 0a1.5 1.5 0 1 0-3 0",
  syscall: "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0",
  ptrace: "M-3.5-3.5h7v7h-7z",
  signal: "M0-5L5 3.5h-10z",
  stop: "M-4-4.5h3v9h-3zM1-4.5h3v9h-3z",
  clone: "M0-5.5L5 0L0 5.5L-5 0z",
  exit: "M-4-4l8 8m0-8l-8 8",
  note: "M-3 0a3 3 0 1 0 6 0a3 3 0 1 0-6 0",
};

/** Those that are drawn as lines. */
const LINES = new Set<StepKind>(["exit", "note"]);

interface GlyphProps {
  readonly kind: StepKind;
  /** Whether an unobserved run does not have the step: then it is only outlined. */
  readonly staged?: boolean;
  readonly x: number;
  readonly y: number;
}

export function Glyph({ kind, staged = false, x, y }: GlyphProps) {
  const type = staged ? "glyph staged" : LINES.has(kind) ? "glyph line" : "glyph";
  return <path class={type} d={SHAPES[kind]} transform={`translate(${x} ${y})`} />;
}

const kinds = new Set(recording.steps.map(({ kind }) => kind));
const arrows = new Set(recording.arrows.map(({ kind }) => kind));
const anyStaged = recording.steps.find(({ staged }) => staged);

/** What a shape, a line or a letter stands for, as far as the recording has it. */
export function Legend() {
  return (
    <ul class="legend">
      {[...kinds].map((kind) => (
        <Entry key={kind} name={KINDS[kind].name} drawn={<Glyph kind={kind} x={7} y={7} />} />
      ))}
      {anyStaged && (
        <Entry name={STAGED} drawn={<Glyph kind={anyStaged.kind} staged x={7} y={7} />} />
      )}
      {[...arrows].map((kind) => (
        <Entry key={kind} name={kind} drawn={<path class={`arrow a-${kind}`} d="M1 7H22" />} />
      ))}
      {kinds.has("instruction") && (
        <li>
          <span class="state used">{arch.RESULT}</span>
          operand of the instruction
        </li>
      )}
      {(["R", "t", "T", "Z", "X"] as const).map((state) => (
        <li key={state}>
          <State letter={state} />
          {STATE_NAMES[state]}
        </li>
      ))}
    </ul>
  );
}

function Entry({ name, drawn }: { readonly name: string; readonly drawn: VNode }) {
  return (
    <li>
      <svg height="14" aria-hidden="true">
        {drawn}
      </svg>
      {name}
    </li>
  );
}

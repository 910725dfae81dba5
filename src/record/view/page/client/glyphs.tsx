import type { Arrow, StepKind } from "../../../recording.ts";
import { KINDS, STATE_NAMES } from "../../told.ts";

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

export function Glyph({ kind, x, y }: { kind: StepKind; x: number; y: number }) {
  const type = LINES.has(kind) ? "glyph line" : "glyph";
  return <path class={type} d={SHAPES[kind]} transform={`translate(${x} ${y})`} />;
}

/** The shapes of the kinds that a recording has, and of its arrows, with their names. */
export function Legend({
  kinds,
  arrows,
}: {
  kinds: ReadonlySet<StepKind>;
  arrows: ReadonlySet<Arrow["kind"]>;
}) {
  return (
    <ul class="legend">
      {[...kinds].map((kind) => (
        <li key={kind}>
          <svg width="14" height="14" aria-hidden="true">
            <Glyph kind={kind} x={7} y={7} />
          </svg>
          {KINDS[kind].name}
        </li>
      ))}
      {[...arrows].map((kind) => (
        <li key={`arrow ${kind}`}>
          <svg width="26" height="14" aria-hidden="true">
            <path class={`arrow a-${kind}`} d="M1 7H22" />
          </svg>
          {kind}
        </li>
      ))}
      {(["R", "t", "T", "Z"] as const).map((state) => (
        <li key={state}>
          <span class={`state s-${state}`}>{state}</span>
          {STATE_NAMES[state]}
        </li>
      ))}
    </ul>
  );
}

// What a step is, and what it is for, in the words that all views use: they only lay the blocks out.

import type { Annotator, KernelRow, MeaningRow } from "./annotate.ts";
import type { Moments } from "./moment.ts";
import type { Arrow, Call, StepKind } from "./recording.ts";

/** One thing that is told of a step. */
export type Block =
  | {
      readonly kind: "title";
      readonly text: string;
      /** The lane that acts, and the one that it acts on. */
      readonly lane: string;
      readonly about: string;
      readonly step: StepKind;
      readonly microseconds: number;
      readonly staged: boolean;
    }
  /** What the step is for. */
  | { readonly kind: "prose"; readonly text: string }
  /** What a kernel engineer would say. */
  | { readonly kind: "detail"; readonly text: string }
  /** The call in the words that went through the registers. */
  | { readonly kind: "call"; readonly text: string }
  /** What the observer did. */
  | { readonly kind: "observer"; readonly text: string }
  /** A register that the step changed. */
  | ({ readonly kind: "value" } & MeaningRow)
  /** What /proc says that it did not say before. */
  | { readonly kind: "news"; readonly rows: readonly KernelRow[] }
  /** The memory map, if the step changed it. */
  | { readonly kind: "memory"; readonly mappings: readonly string[] }
  /** The other end of an arrow, which may be a later step that the reader does not know yet. */
  | {
      readonly kind: "link";
      readonly arrow: Arrow["kind"];
      readonly way: "from" | "to";
      readonly label: string;
      /** The index of that step, and its lane. */
      readonly step: number;
      readonly lane: string;
    };

/** The blocks of a step, in the order in which they are read; none for an index without a step. */
export function tell(moments: Moments, annotator: Annotator, index: number): readonly Block[] {
  const { steps } = moments.recording;
  const step = steps[index];
  if (step === undefined) return [];
  const { lane, about, title, why, detail, kind, microseconds, call, observer, kernel } = step;
  const blocks: Block[] = [
    { kind: "title", text: title, lane, about, step: kind, microseconds, staged: step.staged },
  ];
  if (why !== "") blocks.push({ kind: "prose", text: why });
  if (detail !== null) blocks.push({ kind: "detail", text: detail });
  const words = call === null ? null : callInWords(call);
  if (words !== null) blocks.push({ kind: "call", text: words });
  for (const row of annotator.changes(moments.at(index))) blocks.push({ kind: "value", ...row });
  const known = annotator.kernelRows(moments.lane(about, index), index);
  const rows = kernel === null ? [] : known.filter(({ value, before }) => value !== before);
  if (rows.length > 0) blocks.push({ kind: "news", rows });
  if (kernel?.memory) blocks.push({ kind: "memory", mappings: kernel.memory });
  // What the observer does at many steps is told at the first of them only.
  if (observer !== null && moments.firstWith(observer) === index)
    blocks.push({ kind: "observer", text: observer });
  for (const { kind: arrow, from, to, label } of moments.arrowsOf(index)) {
    const [way, other] = to === index ? (["from", from] as const) : (["to", to] as const);
    const lane = steps[other]?.lane ?? "";
    blocks.push({ kind: "link", arrow, way, label, step: other, lane });
  }
  return blocks;
}

/** The new fields of /proc in a line. */
export function tellNews(rows: readonly KernelRow[]): string {
  return rows.map(({ term, value }) => `${term} ${value}`).join("; ");
}

/** People count steps from 1. */
export function stepNumber(index: number): number {
  return index + 1;
}

/** "kill(0x16a9, 0x13) = 0x0"; null if that says nothing more than the call's title. */
export function callInWords({ name, arguments: passed, result }: Call): string | null {
  const told = [...passed, ...(result === null ? [] : [result])];
  if (told.every(({ word, told }) => word === null || word === told)) return null;
  const words = passed.map(({ word }) => word ?? "?").join(", ");
  return `${name}(${words})${result === null ? "" : ` = ${result.word}`}`;
}

/** The kinds of steps: in words, and as the character that stands for one in a terminal. */
export const KINDS: Readonly<Record<StepKind, { readonly name: string; readonly mark: string }>> = {
  instruction: { name: "instruction", mark: "·" },
  syscall: { name: "system call", mark: "c" },
  ptrace: { name: "ptrace request", mark: "p" },
  signal: { name: "signal", mark: "!" },
  stop: { name: "stop", mark: "#" },
  clone: { name: "birth", mark: "+" },
  exit: { name: "end", mark: "x" },
  note: { name: "note", mark: "i" },
};

/** What is said of a step that an unobserved run does not have. */
export const STAGED = "only in the recording";

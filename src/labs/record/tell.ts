// What a step is, and what it is for, in the words that all views use: they only lay the blocks out.

import type { Annotator, KernelRow, MeaningRow } from "./annotate.ts";
import { tellDiscarded, tellFact } from "./fact.ts";
import { isOld, type Known, type Moment, type Moments } from "./moment.ts";
import { tellState } from "./proc.ts";
import type { Arrow, Call, Lane, Recording, StepKind } from "./recording.ts";

/** A part of the description of a step, of the introduction, or of the end. */
export type Block =
  | {
      /**
       * An item is one of several texts. Of a step: what it is for, what a kernel engineer would say, the call in the
       * words that went through the registers, and what the observer did.
       */
      readonly kind: "heading" | "paragraph" | "item" | "prose" | "detail" | "call" | "observer";
      readonly text: string;
    }
  /** Its pid is null as long as it does not exist. */
  | ({ readonly kind: "lane"; readonly pid: number | null } & Omit<Lane, "pid">)
  | { readonly kind: "fact"; readonly text: string; readonly held: boolean }
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
  /** A register that changed. */
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

/**
 * The blocks of a step, in the order in which they are read; none for an index without a step.
 *
 * @param since the first of the steps whose changes are told
 */
export function tell(
  moments: Moments,
  annotator: Annotator,
  index: number,
  since = index,
): readonly Block[] {
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
  for (const row of annotator.changes(moments.at(index, since)))
    blocks.push({ kind: "value", ...row });
  const rows = annotator
    .kernelRows(about, index, since)
    .filter(({ before, changed }) => changed || (kernel !== null && before === null));
  if (rows.length > 0) blocks.push({ kind: "news", rows });
  if (kernel?.memory) blocks.push({ kind: "memory", mappings: kernel.memory });
  // What the observer does at many steps appears at the first of them only.
  if (observer !== null && moments.firstWith(observer) === index)
    blocks.push({ kind: "observer", text: observer });
  for (const { kind: arrow, from, to, label } of moments.arrowsOf(index)) {
    const [way, other] = to === index ? (["from", from] as const) : (["to", to] as const);
    const lane = steps[other]?.lane ?? "";
    blocks.push({ kind: "link", arrow, way, label, step: other, lane });
  }
  return blocks;
}

/** What a reader needs before the first step. */
export function tellIntroduction(recording: Recording): readonly Block[] {
  const { title, scenario, machine, stublab, encoder, introduction, lanes, observed } = recording;
  const made = `recorded by stublab ${stublab} on Linux ${machine.kernel}, ${machine.arch}`;
  return [
    { kind: "heading", text: title },
    ...introduction.map((text) => ({ kind: "paragraph", text }) as const),
    { kind: "paragraph", text: `Lesson ${scenario}, encoder ${encoder}; ${made}.` },
    { kind: "heading", text: "Lanes" },
    ...lanes.map((lane) => {
      return { kind: "lane", ...lane, pid: lane.terminal ? null : lane.pid } as const;
    }),
    ...(observed.length === 0 ? [] : [{ kind: "heading", text: OBSERVED } as const]),
    ...observed.map((text) => ({ kind: "item", text }) as const),
  ];
}

const OBSERVED = "What the observer changed";

/** What must be true in the end, and what the kernel reported. */
export function tellEnd(recording: Recording): readonly Block[] {
  const { end, discarded } = recording;
  if (end.length + discarded.length === 0) return [];
  return [
    { kind: "heading", text: "The end" },
    ...tellDiscarded(recording).map((text) => ({ kind: "paragraph", text }) as const),
    ...end.map((fact) => ({ kind: "fact", text: tellFact(fact), held: fact.held }) as const),
  ];
}

/** How wide the labels of a step's blocks are, and those of lanes. */
const LABEL = 10;
const MEMBER = 18;

/** How many lines of a memory map are told: that of a big program would bury the rest. */
const MOST_MAPPINGS = 12;

/** A row of what belongs to a step. */
export const labelled = (label: string, text: string) =>
  [[`${label.padEnd(LABEL - 2)}  `, text]] as const;

/** A block as lines of text, each after a label. @param index of its step */
export function rowsOf(
  block: Block,
  index = 0,
): readonly (readonly [label: string, text: string])[] {
  switch (block.kind) {
    case "heading":
    case "paragraph":
    case "prose":
      return [["", block.text]];
    case "item":
      return [["- ", block.text]];
    case "lane":
      return labelled(`${block.id} ${block.pid ?? ""}`.padEnd(MEMBER), block.role);
    case "fact":
      return [[block.held ? "ok    " : "FAIL  ", block.text]];
    case "title":
      return [[`${String(stepNumber(index)).padStart(4)}  ${block.lane}: `, block.text]];
    case "value": {
      const meaning = block.meaning === null ? "" : ` (${block.meaning})`;
      return labelled(block.name, `${block.before} -> ${block.after}${meaning}`);
    }
    case "news":
      return labelled("/proc", block.rows.map(({ name, after }) => `${name} ${after}`).join("; "));
    case "memory": {
      const rest = block.mappings.length - MOST_MAPPINGS;
      const shown = block.mappings.slice(0, MOST_MAPPINGS);
      const all = rest > 0 ? [...shown, `and ${rest} more`] : shown;
      return all.flatMap((mapping, i) => labelled(i === 0 ? "memory" : "", mapping));
    }
    case "link":
      return labelled(block.arrow, `${block.label} (${block.way} step ${stepNumber(block.step)})`);
    default:
      return labelled(block.kind, block.text);
  }
}

/** When values were reported, if that was not with this step; and what the process does meanwhile. */
export function tellAge({ known, index }: Moment, value: Known<unknown>): string {
  if (value.step === index) return "";
  const step = `step ${stepNumber(value.step)}`;
  if (!isOld(known, value, index)) return `as of ${step}`;
  return `now ${tellState(known.state ?? "")}; values of ${step}`;
}

/** People count steps from 1. */
export function stepNumber(index: number): number {
  return index + 1;
}

/** "kill(0x16a9, 0x13) = 0x0"; null if that says nothing more than the call's title. */
function callInWords({ name, arguments: passed, result }: Call): string | null {
  const told = [...passed, ...(result === null ? [] : [result])];
  if (told.every(({ word, told }) => word === null || word === told)) return null;
  const words = passed.map(({ word }) => word ?? "?").join(", ");
  return `${name}(${words})${result === null ? "" : ` = ${result.word}`}`;
}

/** The kinds of steps in words. */
export const KINDS: Readonly<Record<StepKind, string>> = {
  instruction: "instruction",
  syscall: "system call",
  ptrace: "ptrace request",
  signal: "signal",
  stop: "stop",
  clone: "birth",
  exit: "end",
  note: "note",
};

/** What is said of a step that an unobserved run does not have. */
export const STAGED = "only in the recording";

// What all views tell of a step, in the same words.

import { signalName } from "../../../core/encoder/names.ts";
import type { Call, KernelView, StepKind } from "../recording.ts";

/** People count steps from 1. */
export function stepNumber(index: number): number {
  return index + 1;
}

/** One register before and after a step. */
export interface RegisterRow {
  readonly name: string;
  readonly before: string;
  readonly after: string;
  readonly changed: boolean;
}

/** A call in the words that went through the registers: "kill(0x16a9, 0x13) = 0x0"; null where they tell nothing more. */
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

/** What became of a question, and the sign for it: undefined if it is open, null if the answer was only shown. */
export function signOf(
  choice: number | null | undefined,
  answer: number,
): readonly [sign: string, outcome: "open" | "right" | "wrong" | "shown"] {
  if (choice === undefined) return ["?", "open"];
  if (choice === null) return ["·", "shown"];
  return choice === answer ? ["✓", "right"] : ["✗", "wrong"];
}

/** The letters of /proc/PID/stat: man 5 proc. */
export const STATE_NAMES: Readonly<Record<string, string>> = {
  R: "running",
  S: "sleeping",
  D: "in an uninterruptible sleep",
  T: "stopped by a signal",
  t: "stopped by its tracer",
  Z: "a zombie: ended, not waited for",
  X: "gone",
};

/** "R (running)". A recording may have letters without a name. */
export function tellState(letter: string): string {
  return Object.hasOwn(STATE_NAMES, letter) ? `${letter} (${STATE_NAMES[letter]})` : letter;
}

/** The fields of /proc, and the members of a kernel view that have them. */
export const KERNEL_FIELDS = {
  State: "state",
  PPid: "parentPid",
  TracerPid: "tracerTid",
  Sid: "session",
  // SigPnd and ShdPnd together.
  Pending: "pending",
  SigBlk: "blocked",
  SigIgn: "ignored",
  Resident: "residentBytes",
} as const satisfies Record<string, keyof KernelView>;

export type KernelField = keyof typeof KERNEL_FIELDS;

/** What /proc said, as terms and their values. */
export function kernelRows(
  view: KernelView,
  constants: ReadonlyMap<string, bigint>,
): (readonly [term: KernelField, value: string])[] {
  const tracer = view.tracerTid === 0 ? "0 (nobody)" : `${view.tracerTid}`;
  return [
    ["State", tellState(view.state)],
    ["PPid", `${view.parentPid}`],
    ["TracerPid", tracer],
    ["Sid", `${view.session}`],
    ["Pending", tellSignals(view.pending, constants)],
    ["SigBlk", tellSignals(view.blocked, constants)],
    ["SigIgn", tellSignals(view.ignored, constants)],
    ["Resident", `${Math.round(view.residentBytes / 1024)} kB`],
  ];
}

/** A set of signals by their names; of more than half of them, by those that it lacks. */
function tellSignals(set: string, constants: ReadonlyMap<string, bigint>): string {
  const word = BigInt(set);
  const inSet = (signal: number) => ((word >> BigInt(signal - 1)) & 1n) === 1n;
  const all = Array.from({ length: 64 }, (_, i) => i + 1);
  const members = all.filter(inSet);
  if (members.length === 0) return "none";
  if (members.length === 64) return "all";
  const full = members.length > 32;
  const named = full ? all.filter((signal) => !inSet(signal)) : members;
  const names = named.map((signal) => signalName(signal, constants)).join(" ");
  return full ? `all but ${names}` : names;
}

// What /proc says of a process, in words.

import { signalName } from "../../lib/names.ts";
import { rowsOf } from "../../lib/rows.ts";
import { record, text } from "../../lib/shape.ts";
import type { KernelView } from "./recording.ts";
import LINES from "./states.jsonl";

/** The letters of /proc/PID/stat (man 5 proc), what the glossary explains, and the kernel's words: task_state_array. */
const STATES = rowsOf(LINES, record({ letter: text, name: text, kernel: text }));
type Words = Readonly<Record<string, string>>;
const wordsOf = (column: "name" | "kernel"): Words =>
  Object.fromEntries(STATES.map((state) => [state.letter, state[column]]));
export const STATE_NAMES = wordsOf("name");
const KERNEL_STATES = wordsOf("kernel");

/** A letter with its words, "t (tracing stop)". A recording may have letters without any. */
export function tellState(letter: string, words = STATE_NAMES): string {
  return Object.hasOwn(words, letter) ? `${letter} (${words[letter]})` : letter;
}

/** The fields of /proc/PID/status, and the members of a kernel view that have them. */
const KERNEL_FIELDS = {
  State: "state",
  PPid: "parentPid",
  TracerPid: "tracerTid",
  NSsid: "session",
  // SigPnd and ShdPnd together.
  "Sig+ShdPnd": "pending",
  SigBlk: "blocked",
  SigIgn: "ignored",
  VmRSS: "residentBytes",
} as const satisfies Record<string, keyof KernelView>;

export type KernelField = keyof typeof KERNEL_FIELDS;

/** What /proc said, as terms and their values. */
export function kernelRows(
  view: KernelView,
  constants: ReadonlyMap<string, bigint>,
): (readonly [term: KernelField, value: string])[] {
  const tracer = view.tracerTid === 0 ? "0 (nobody)" : `${view.tracerTid}`;
  return [
    ["State", tellState(view.state, KERNEL_STATES)],
    ["PPid", `${view.parentPid}`],
    ["TracerPid", tracer],
    ["NSsid", `${view.session}`],
    ["Sig+ShdPnd", tellSignals(view.pending, constants)],
    ["SigBlk", tellSignals(view.blocked, constants)],
    ["SigIgn", tellSignals(view.ignored, constants)],
    ["VmRSS", `${Math.round(view.residentBytes / 1024)} kB`],
  ];
}

/** The names of the signals in a set; of more than half of them, of those that it lacks. */
export function signalsOf(
  set: bigint,
  constants: ReadonlyMap<string, bigint>,
): { readonly isInverse: boolean; readonly names: readonly string[] } {
  const all = Array.from({ length: 64 }, (_, i) => i + 1);
  const inSet = (signal: number) => ((set >> BigInt(signal - 1)) & 1n) === 1n;
  const isInverse = all.filter(inSet).length > 32;
  const named = all.filter((signal) => inSet(signal) !== isInverse);
  return { isInverse, names: named.map((signal) => signalName(signal, constants)) };
}

function tellSignals(set: string, constants: ReadonlyMap<string, bigint>): string {
  const { isInverse, names } = signalsOf(BigInt(set), constants);
  const listed = names.join(" ");
  if (isInverse) return listed === "" ? "all" : `all but ${listed}`;
  return listed || "none";
}

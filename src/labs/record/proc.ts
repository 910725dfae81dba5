// What /proc says of a process, in words.

import { signalName } from "../../core/encoder/names.ts";
import type { KernelView } from "./recording.ts";

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

/** The field that a reader names, in whatever case; undefined if there is no such field. */
export function fieldOf(name: string): KernelField | undefined {
  const isField = (key: string): key is KernelField => Object.hasOwn(KERNEL_FIELDS, key);
  const same = (key: string) => key.toLowerCase() === name.toLowerCase();
  return Object.keys(KERNEL_FIELDS).filter(isField).find(same);
}

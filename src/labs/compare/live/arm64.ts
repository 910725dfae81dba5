// What judges require of arm64: see amd64.ts.

import { SLOTS } from "./slots.ts";
import type { View } from "./view.ts";

/** 64 kB behind the code: the largest size of a page. */
export const DATA = 0x1001_0000n;
export const PART = 0x1_0000;

export const LEAVES = "x19";
export const KEPT = "x20";

export const MARK = "x9";

/** TRAP_BRKPT */
export const TRAP_CODE = 1;

export const IDLE = {};

export const REFUSES = "EINVAL";

export const STORED = [
  ["pc", SLOTS.start] as const,
  ...Array.from({ length: 31 }, (_, i) => [`x${i}`, SLOTS.general + 8 * i] as const),
  ["sp", SLOTS.stackPointer] as const,
  ["pstate", SLOTS.flags] as const,
];
export const UNSEEN = [];

/** N, Z, C and V. */
const FLAGS = 0xf000_0000n;

/** Only flags, which are all of pstate that every processor shows. */
export function fit(view: View): void {
  view.put("pstate", view.get("pstate") & FLAGS);
}

/** The TLS comes before the address of the child's tid. */
export function cloneArguments(word: bigint, parentTid: bigint, childTid: bigint) {
  return [word, 0n, parentTid, 0n, childTid];
}

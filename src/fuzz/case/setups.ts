/* The records of setups and their outcomes, which lie side by side in memory, as fast code accesses them. */

import { halvesOf, numbersOf } from "./layout.ts";
import { FROM, ON, OUTCOME_RECORD, REGISTERS, SETUP_RECORD, WANT, WAY } from "./records.ts";

export { FRAME_REGISTERS, REGISTERS } from "./records.ts";

export const FROMS = FROM.values.map(([name]) => name);
export type From = (typeof FROMS)[number];

/** The request that writes the registers. With SIGRETURN the stub does it itself. */
export const WAYS = WAY.values.map(([name]) => name);
export type Way = (typeof WAYS)[number];

export const ONS = ON.values.map(([name]) => name);
export type On = (typeof ONS)[number];

export const { WRITTEN: WANT_WRITTEN, INFO: WANT_INFO, FRAME: WANT_FRAME } = numbersOf(WANT);

/** The index of a register in a block. @throws RangeError */
export function indexOf(register: string): number {
  const index = REGISTERS.indexOf(register);
  if (index < 0) throw new RangeError(`unknown register "${register}"`);
  return index;
}

export const SETUP_SIZE = SETUP_RECORD.size;
export const OUTCOME_SIZE = OUTCOME_RECORD.size;

/** Setups side by side, as halves, as words and as bytes: three views of the same memory. */
export interface SetupViews {
  readonly setups: Uint32Array;
  readonly setupWords: BigUint64Array;
  readonly setupBytes: Uint8Array;
}

/** Offsets in a setup, in halves. `kinds` is from, way, on and wants, a byte each from the lowest. */
export const SETUP = { ...halvesOf(SETUP_RECORD), kinds: SETUP_RECORD.offsets.from / 4 };

/** Offsets in an outcome, in halves. */
export const OUTCOME = halvesOf(OUTCOME_RECORD);

/** The index of a case's first half in `setups`, and in `outcomes`. */
export const setupAt = (i: number): number => (i * SETUP_SIZE) / 4;
export const outcomeAt = (i: number): number => (i * OUTCOME_SIZE) / 4;

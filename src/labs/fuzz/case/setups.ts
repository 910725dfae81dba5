/* The records of setups and their outcomes, which lie side by side in memory, as fast code accesses them. */

import { FROM, type From, WAY, type Way } from "./arch.ts";
import { halvesOf, namesOf, numbersOf } from "./layout.ts";
import { ON, OUTCOME_RECORD, SETUP_RECORD, WANT } from "./records.ts";

export const FROMS: readonly From[] = namesOf(FROM);
/** The requests that write. With SIGRETURN the stub does it itself. */
export const WAYS: readonly Way[] = namesOf(WAY);

export const ONS = namesOf(ON);
export type On = (typeof ONS)[number];

export const { WRITTEN: WANT_WRITTEN, INFO: WANT_INFO, FRAME: WANT_FRAME } = numbersOf(WANT);

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

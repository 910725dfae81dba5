/*
 * The kind of a case's outcome: two cases have the same signature if the same rules decide them, and they end alike
 * (assembly/fuzz/signature.ts).
 */

import type { Batch } from "../case/batch.ts";
import { fuzzModule } from "../case/module.ts";
import { OUTCOME_SIZE, SETUP_SIZE } from "../case/records.ts";

/** How an outcome compares with its prediction; numbers from DIFFERS on say how it differs. */
export const AGREES = 0;
export const UNPREDICTED = 1;
export const DIFFERS = 2;

/** The signature of case `i`, which was predicted last: an integer below 2^53. */
export function signatureOf({ setups, outcomes }: Batch, i: number, agreement: number): number {
  const [setup, outcome] = [i * SETUP_SIZE, i * OUTCOME_SIZE];
  const at = [setups.byteOffset + setup, outcomes.byteOffset + outcome] as const;
  return Number(fuzzModule().sign(...at, agreement));
}

/** A signature in the name of a file. */
export function formatSignature(signature: number): string {
  return signature.toString(16).padStart(14, "0");
}

const MASK = 2n ** 64n - 1n;

/**
 * Signatures as one word, whatever their order: the sum of their hashes (the last steps of MurmurHash3, 64 bits). The
 * probe computes the same (shim/probe/fuzz.c).
 */
export function digestOf(signatures: readonly number[]): bigint {
  return signatures.map(hash).reduce((sum, each) => (sum + each) & MASK, 0n);
}

function hash(signature: number): bigint {
  let word = BigInt(signature);
  word = ((word ^ (word >> 33n)) * 0xff51_afd7_ed55_8ccdn) & MASK;
  word = ((word ^ (word >> 33n)) * 0xc4ce_b9fe_1a85_ec53n) & MASK;
  return word ^ (word >> 33n);
}

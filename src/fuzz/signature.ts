/*
 * What kind of outcome a case has: a number that two cases share if the kernel did the same things to their registers
 * (assembly/fuzz/signature.ts).
 */

import type { Batch } from "./batch.ts";
import { fuzzModule } from "./module.ts";
import { OUTCOME_SIZE, SETUP_SIZE } from "./setups.ts";

/** What is said of an outcome beside a prediction; a number from DIFFERS on says how it differs. */
export const AGREES = 0;
export const UNPREDICTED = 1;
export const DIFFERS = 2;

/**
 * Writes the signatures of `count` cases from number `i` of a batch on, whole numbers below 2^53, into its `signatures`.
 * Its `agreements` are a part of them, and `decided` says what else may be.
 */
export function sign(batch: Batch, i: number, count: number): void {
  const { setups, outcomes, agreements, decided, signatures, capacity } = batch;
  if (i < 0 || i + count > capacity) throw new RangeError(`there is no case ${i + count - 1}`);
  fuzzModule().sign(
    setups.byteOffset + i * SETUP_SIZE,
    outcomes.byteOffset + i * OUTCOME_SIZE,
    agreements.byteOffset + 8 * i,
    decided.byteOffset + 4 * i,
    signatures.byteOffset + 8 * i,
    count,
  );
}

/** The signature of one case. @param decided the registers at the stop that it decides, a bit each */
export function signatureOf(
  batch: Batch,
  i: number,
  agreement: number,
  decided = 0xffff_ffff,
): number {
  batch.agreements[i] = agreement;
  batch.decided[i] = decided;
  sign(batch, i, 1);
  return batch.signatures[i] ?? 0;
}

/** A signature as files have it in their names. */
export function formatSignature(signature: number): string {
  return signature.toString(16).padStart(14, "0");
}

/*
 * The kind of a case's outcome: two cases have the same signature if the kernel did the same to their registers
 * (assembly/fuzz/signature.ts).
 */

import type { Batch } from "../case/batch.ts";
import { fuzzModule } from "../case/module.ts";
import { OUTCOME_SIZE, SETUP_SIZE } from "../case/setups.ts";

/** How an outcome compares with its prediction; numbers from DIFFERS on tell how it differs. */
export const AGREES = 0;
export const UNPREDICTED = 1;
export const DIFFERS = 2;

/**
 * Writes the signatures of `count` cases of a batch, from case `i` on, to its `signatures`: integers below 2^53. They
 * depend on its `agreements`, and on the registers in its `decided` only.
 */
export function sign(batch: Batch, i: number, count: number): void {
  const { setups, outcomes, agreements, decided, signatures, capacity } = batch;
  if (i < 0 || i + count > capacity) throw new RangeError(`no case ${i + count - 1} in the batch`);
  fuzzModule().sign(
    setups.byteOffset + i * SETUP_SIZE,
    outcomes.byteOffset + i * OUTCOME_SIZE,
    agreements.byteOffset + 8 * i,
    decided.byteOffset + 4 * i,
    signatures.byteOffset + 8 * i,
    count,
  );
}

/** The signature of one case. @param decided the registers at the stop that it determines, a bit each */
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

/** A signature in the name of a file. */
export function formatSignature(signature: number): string {
  return signature.toString(16).padStart(14, "0");
}

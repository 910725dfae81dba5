/*
 * The kind of a case's outcome: two cases have the same signature if the same rules decide them, and they end alike
 * (assembly/fuzz/signature.ts).
 */

/** A signature in the name of a file. */
export function formatSignature(signature: number): string {
  return signature.toString(16).padStart(14, "0");
}

const MASK = 2n ** 64n - 1n;

/**
 * Signatures as one word, whatever their order: the sum of their hashes (the last steps of MurmurHash3, 64 bits). The
 * probe computes the same (shim/probe/rounds.c).
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

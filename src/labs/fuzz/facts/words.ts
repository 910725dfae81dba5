/* Words of registers, for facts. */

/** Words by their register; negative ones are cut to 64 bits. */
export type Words = Readonly<Record<string, bigint>>;

/** A word in hex, for names. */
export function show(word: bigint): string {
  return word < 10n ? String(word) : `0x${word.toString(16)}`;
}

export function unsigned(word: bigint): bigint {
  return BigInt.asUintN(64, word);
}

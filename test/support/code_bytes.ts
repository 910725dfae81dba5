/** One or more instructions. */
export type Code = readonly number[];

/** The bytes of a word, the lowest first. */
export function littleEndian(word: bigint, bytes: number): number[] {
  return Array.from({ length: bytes }, (_, i) => Number((word >> BigInt(8 * i)) & 0xffn));
}

/** The bytes of a program. */
export function program(...code: readonly Code[]): Uint8Array {
  return Uint8Array.from(code.flat());
}

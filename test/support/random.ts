const MASK = 2n ** 64n - 1n;

/** splitmix64: returns a function that returns the next 64-bit word of the sequence of `seed`. */
export function randomWords(seed: bigint): () => bigint {
  let state = seed & MASK;
  return () => {
    state = (state + 0x9e3779b97f4a7c15n) & MASK;
    let word = state;
    word = ((word ^ (word >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK;
    word = ((word ^ (word >> 27n)) * 0x94d049bb133111ebn) & MASK;
    return word ^ (word >> 31n);
  };
}

/** Words around every power of two at which a field, a sign or a page could end. */
export const BOUNDARIES: readonly bigint[] = [0, 1, 7, 8, 12, 16, 31, 32, 47, 63, 64]
  .flatMap((bit) => [2n ** BigInt(bit) - 1n, 2n ** BigInt(bit), 2n ** BigInt(bit) + 1n])
  .flatMap((word) => [word, MASK + 1n - word])
  .map((word) => word & MASK);

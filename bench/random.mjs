// Seeded numbers for programs that have no library at hand.

/** A function that returns numbers from 0 up to and without `below` (xorshift). */
export function generator(seed) {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

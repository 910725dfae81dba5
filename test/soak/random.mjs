// Seeded random numbers for programs that run without a bundler.

/** Returns a function that draws a number from 0 to `below` - 1 (xorshift). */
export function generator(seed) {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/**
 * The smallest words near `words` of which `holds` is still true: word by word to 0, then bit by bit, until
 * nothing can be taken away.
 *
 * @param places the indices of the words that may change
 * @param holds is asked about the array itself, and must not keep it; true for what it is first given
 */
export async function shrink(
  words: BigUint64Array,
  places: readonly number[],
  holds: (words: BigUint64Array) => boolean | Promise<boolean>,
): Promise<void> {
  let smaller = true;
  while (smaller) {
    smaller = false;
    for (const at of places) smaller = (await tryWord(words, at, 0n, holds)) || smaller;
    for (const at of places) smaller = (await clearBits(words, at, holds)) || smaller;
  }
}

/** Takes each bit of a word away, from the top, if it can be spared. */
async function clearBits(
  words: BigUint64Array,
  at: number,
  holds: (words: BigUint64Array) => boolean | Promise<boolean>,
): Promise<boolean> {
  let smaller = false;
  for (let bit = 1n << 63n; bit !== 0n; bit >>= 1n) {
    const word = words[at] ?? 0n;
    if ((word & bit) === 0n) continue;
    smaller = (await tryWord(words, at, word & ~bit, holds)) || smaller;
  }
  return smaller;
}

async function tryWord(
  words: BigUint64Array,
  at: number,
  word: bigint,
  holds: (words: BigUint64Array) => boolean | Promise<boolean>,
): Promise<boolean> {
  const before = words[at] ?? 0n;
  if (before === word) return false;
  words[at] = word;
  if (await holds(words)) return true;
  words[at] = before;
  return false;
}

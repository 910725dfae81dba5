/** Whether words still show what they are to show; asked about the array itself, which it must not keep. */
type Holds = (words: BigUint64Array) => boolean | Promise<boolean>;

/**
 * The smallest words near `words` of which `holds` is still true: word by word to 0, then bit by bit, then by
 * halves, until nothing can be taken away.
 *
 * @param places the indices of the words that may change
 * @param holds true for what it is first given
 * @param flags the indices of words in which each bit means something else: those are not halved
 */
export async function shrink(
  words: BigUint64Array,
  places: readonly number[],
  holds: Holds,
  flags: ReadonlySet<number> = new Set(),
): Promise<void> {
  let smaller = true;
  while (smaller) {
    smaller = false;
    for (const at of places) smaller = (await tryWord(words, at, 0n, holds)) || smaller;
    for (const at of places) smaller = (await clearBits(words, at, holds)) || smaller;
    for (const at of places) {
      const half = () => tryWord(words, at, (words[at] ?? 0n) >> 1n, holds);
      while (!flags.has(at) && (await half())) smaller = true;
    }
  }
}

/** Takes each bit of a word away, from the top, if it can be spared. */
async function clearBits(words: BigUint64Array, at: number, holds: Holds): Promise<boolean> {
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
  holds: Holds,
): Promise<boolean> {
  const before = words[at] ?? 0n;
  if (before === word) return false;
  words[at] = word;
  if (await holds(words)) return true;
  words[at] = before;
  return false;
}

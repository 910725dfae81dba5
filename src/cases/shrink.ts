/** Whether words still show the effect. It gets the array that is being shrunk, and must not keep it. */
type Holds = (words: BigUint64Array) => boolean | Promise<boolean>;

/** Indices of words that have the same value and change together. */
type Group = readonly number[];

/**
 * Shrinks `words` in place while `holds` stays true: sets each word to 0, clears single bits, halves it, moves bits to
 * lower places, and repeats until nothing changes. Equal words are also tried together.
 *
 * @param places the indices of the words that may change
 * @param holds must be true for the initial words
 * @param flags the indices of words whose bits are flags: those words only lose bits
 */
export async function shrink(
  words: BigUint64Array,
  places: readonly number[],
  holds: Holds,
  flags: ReadonlySet<number> = new Set(),
): Promise<void> {
  const alone = places.map((at): Group => [at]);
  let smaller = true;
  while (smaller) {
    smaller = false;
    const groups = [...alone, ...equals(words, places)];
    const numbers = groups.filter((group) => group.every((at) => !flags.has(at)));
    for (const group of groups) smaller = (await tryWord(words, group, 0n, holds)) || smaller;
    for (const group of groups) smaller = (await clearBits(words, group, holds)) || smaller;
    for (const group of numbers) smaller = (await halve(words, group, holds)) || smaller;
    for (const group of numbers) smaller = (await lowerBits(words, group, holds)) || smaller;
  }
}

/** The groups of equal words that are not 0. */
function equals(words: BigUint64Array, places: readonly number[]): Group[] {
  const groups = new Map<bigint, number[]>();
  for (const at of places) {
    const word = words[at] ?? 0n;
    const group = groups.get(word);
    if (group !== undefined) group.push(at);
    else if (word !== 0n) groups.set(word, [at]);
  }
  return [...groups.values()].filter(({ length }) => length > 1);
}

/** Clears each bit, from the top, if `holds` stays true. */
async function clearBits(words: BigUint64Array, group: Group, holds: Holds): Promise<boolean> {
  let smaller = false;
  for (let bit = 1n << 63n; bit !== 0n; bit >>= 1n) {
    const word = wordOf(words, group);
    if ((word & bit) === 0n) continue;
    smaller = (await tryWord(words, group, word & ~bit, holds)) || smaller;
  }
  return smaller;
}

async function halve(words: BigUint64Array, group: Group, holds: Holds): Promise<boolean> {
  let smaller = false;
  while (await tryWord(words, group, wordOf(words, group) >> 1n, holds)) smaller = true;
  return smaller;
}

/** Moves each bit, from the top, to the lowest free place at which `holds` stays true. */
async function lowerBits(words: BigUint64Array, group: Group, holds: Holds): Promise<boolean> {
  let smaller = false;
  for (let bit = 1n << 63n; bit !== 0n; bit >>= 1n) {
    const word = wordOf(words, group);
    if ((word & bit) === 0n) continue;
    for (let lower = 1n; lower < bit; lower <<= 1n) {
      if ((word & lower) !== 0n) continue;
      if (!(await tryWord(words, group, (word & ~bit) | lower, holds))) continue;
      smaller = true;
      break;
    }
  }
  return smaller;
}

function wordOf(words: BigUint64Array, [at = 0]: Group): bigint {
  return words[at] ?? 0n;
}

/** Sets a group to a smaller word; returns false, and changes nothing, if `holds` would not stay true. */
async function tryWord(
  words: BigUint64Array,
  group: Group,
  word: bigint,
  holds: Holds,
): Promise<boolean> {
  const before = group.map((at) => words[at] ?? 0n);
  // Words that were equal when the groups were made may differ by now.
  if (before.some((each) => each <= word)) return false;
  for (const at of group) words[at] = word;
  if (await holds(words)) return true;
  for (const [i, at] of group.entries()) words[at] = before[i] ?? 0n;
  return false;
}

/** A changed copy of the words: the new values by index. */
type Change = readonly (readonly [at: number, word: bigint])[];

/**
 * Tries copies of the words that lie one after the other, from the first on; returns the index of the first that shows
 * the effect, or undefined.
 */
export type FirstOf = (copies: BigUint64Array) => number | undefined | Promise<number | undefined>;

export interface ShrinkOptions {
  /** The words whose bits are flags, by index, with the bits that have a name: those are removed, but never moved. */
  readonly flags?: ReadonlyMap<number, bigint>;
  /** How many of the smallest numbers are all tried for each word in the end. */
  readonly scan?: number;
  /** Of how many words at most each one and each two are first tried alone. */
  readonly alone?: number;
}

/**
 * Shrinks `words` in place while they show the effect. Each round has copies in the order in which a reader would want
 * them: fewer words, then smaller numbers. The first that shows the effect is kept, until a round has none. Equal words
 * are also changed together.
 *
 * @param words must show the effect
 * @param places the indices of the words that may change
 */
export async function shrink(
  words: BigUint64Array,
  places: readonly number[],
  firstOf: FirstOf,
  { flags = new Map(), scan = 64, alone = 64 }: ShrinkOptions = {},
): Promise<void> {
  const rounds = [
    () => fewerWords(words, places, alone),
    () => groupsOf(words, places).flatMap((group) => smallerWords(words, group, flags)),
    () => groupsOf(words, places).flatMap((group) => smallestWords(words, group, flags, scan)),
  ];
  for (let round = 0; round < rounds.length; ) {
    const changes = rounds[round]?.() ?? [];
    const copies = new BigUint64Array(changes.length * words.length);
    for (const [i, change] of changes.entries()) {
      copies.set(words, i * words.length);
      for (const [at, word] of change) copies[i * words.length + at] = word;
    }
    const found = changes.length === 0 ? undefined : await firstOf(copies);
    for (const [at, word] of changes[found ?? -1] ?? []) words[at] = word;
    round = found === undefined ? round + 1 : 0;
  }
}

/** Tries each copy by itself. */
export function oneByOne(
  words: number,
  holds: (words: BigUint64Array) => boolean | Promise<boolean>,
): FirstOf {
  return async (copies) => {
    for (let i = 0; i * words < copies.length; i++) {
      if (await holds(copies.subarray(i * words, (i + 1) * words))) return i;
    }
    return undefined;
  };
}

/** Only a few words keep their value: none, one, two; then all but half of them, a quarter and so on. */
function fewerWords(words: BigUint64Array, places: readonly number[], most: number): Change[] {
  const set = places.filter((at) => words[at] !== 0n);
  const changes: Change[] = [];
  const clear = (cleared: readonly number[]) => {
    if (cleared.length > 0) changes.push(cleared.map((at) => [at, 0n]));
  };
  clear(set);
  const tried = set.length > most ? [] : set;
  for (const kept of tried) clear(set.filter((at) => at !== kept));
  for (const [i, one] of tried.entries()) {
    for (const other of tried.slice(0, i)) clear(set.filter((at) => at !== one && at !== other));
  }
  for (let size = set.length >> 1; size > 0; size >>= 1) {
    for (let from = 0; from < set.length; from += size) clear(set.slice(from, from + size));
  }
  return changes;
}

/** Indices of words that have the same value and change together: each word that is not 0, and all that are equal. */
function groupsOf(words: BigUint64Array, places: readonly number[]): number[][] {
  const equal = new Map<bigint, number[]>();
  for (const at of places) {
    const word = words[at] ?? 0n;
    if (word !== 0n) equal.set(word, [...(equal.get(word) ?? []), at]);
  }
  const groups = [...equal.values()];
  return [...groups.filter(({ length }) => length > 1), ...groups.flat().map((at) => [at])];
}

type Flags = ReadonlyMap<number, bigint>;

function smallerWords(words: BigUint64Array, group: readonly number[], flags: Flags): Change[] {
  const word = words[group[0] ?? 0] ?? 0n;
  const masks = group.flatMap((at) => flags.get(at) ?? []);
  const smaller = masks.length === 0 ? smallerNumbers(word) : smallerSets(word, masks);
  return smaller.map((each) => group.map((at) => [at, each]));
}

/** Numbers below one that are like it: fewer bits, lower bits, a difference of a power of two, a boundary. */
function smallerNumbers(word: bigint): bigint[] {
  const numbers = new Set<bigint>();
  for (let bit = 1n; bit <= word; bit <<= 1n) {
    for (const near of [bit - 1n, bit, bit + 1n, word - bit, word / bit]) numbers.add(near);
    if ((word & bit) === 0n) continue;
    const rest = word ^ bit;
    numbers.add(rest).add(bit);
    for (let lower = 1n; lower < bit; lower <<= 1n) numbers.add(rest | lower);
  }
  return [...numbers].filter((each) => each < word).sort((a, b) => (a < b ? -1 : 1));
}

/** Fewer flags, and lower ones in the place of those without a name. */
function smallerSets(word: bigint, named: readonly bigint[]): bigint[] {
  const bits = Array.from({ length: 64 }, (_, bit) => 1n << BigInt(bit));
  const isNamed = (bit: bigint) => named.some((mask) => (mask & bit) !== 0n);
  const set = bits.filter((bit) => (word & bit) !== 0n);
  const alone = set.length > 1 ? set : [];
  const moved = set
    .filter((bit) => !isNamed(bit))
    .flatMap((bit) =>
      bits
        .filter((lower) => lower < bit && (word & lower) === 0n && !isNamed(lower))
        .map((lower) => (word ^ bit) | lower),
    );
  return [...alone, ...set.map((bit) => word ^ bit).reverse(), ...moved];
}

function smallestWords(
  words: BigUint64Array,
  group: readonly number[],
  flags: Flags,
  scan: number,
): Change[] {
  if (group.some((at) => flags.has(at))) return [];
  const word = words[group[0] ?? 0] ?? 0n;
  const count = Number(word < BigInt(scan) ? word : BigInt(scan));
  return Array.from({ length: count }, (_, number) => group.map((at) => [at, BigInt(number)]));
}

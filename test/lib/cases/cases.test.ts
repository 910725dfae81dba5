import { FlagSpace, PairCoverage } from "../../../src/lib/cases/flags.ts";
import { Random } from "../../../src/lib/cases/random.ts";
import { oneByOne, type ShrinkOptions, shrink } from "../../../src/lib/cases/shrink.ts";
import { BOUNDARIES, classOf, WordTable } from "../../../src/lib/cases/words.ts";

const numbers = suite("cases: random numbers");

function draw(random: Random, stream: number, index: number): number[] {
  random.start(stream, index);
  return Array.from({ length: 8 }, () => random.next());
}

numbers("a case does not depend on earlier draws", () => {
  const [one, other] = [new Random(7n), new Random(7n)];
  const expected = draw(one, 3, 41);
  for (let i = 0; i < 40; i++) draw(other, 3, i);
  assert.equal(draw(other, 3, 41), expected);
});

numbers("different seeds, streams and indices draw different numbers", () => {
  const keys: [bigint, number, number][] = [
    [1n, 0, 0],
    [2n, 0, 0],
    [1n << 32n, 0, 0],
    [1n, 1, 0],
    [1n, 0, 1],
    [1n, 0, 2 ** 32],
    [1n, 0, 2 ** 32 + 1],
  ];
  const drawn = keys.map(([seed, stream, index]) => draw(new Random(seed), stream, index).join());
  assert.is(new Set(drawn).size, keys.length);
});

numbers("every bit is set in about half of the numbers", () => {
  const random = new Random(99n);
  const set = new Array<number>(32).fill(0);
  for (let i = 0; i < 10_000; i++) {
    random.start(0, i);
    const number = random.next();
    for (let bit = 0; bit < 32; bit++) set[bit] = (set[bit] ?? 0) + ((number >>> bit) & 1);
  }
  for (const [bit, count] of set.entries()) {
    assert.ok(Math.abs(count - 5000) < 250, `bit ${bit}: ${count} of 10000`);
  }
});

numbers("below(n) reaches every number below n, and no other", () => {
  const random = new Random(5n);
  const seen = new Set(Array.from({ length: 1000 }, () => random.below(7)));
  assert.equal([...seen].sort(), [0, 1, 2, 3, 4, 5, 6]);
});

const words = suite("cases: words");

words("boundaries are distinct words, powers of two and their neighbours, with both signs", () => {
  assert.is(new Set(BOUNDARIES).size, BOUNDARIES.length);
  for (const word of [
    0n,
    1n,
    2n ** 31n - 1n,
    2n ** 31n,
    2n ** 53n + 1n,
    2n ** 63n,
    2n ** 64n - 1n,
  ]) {
    assert.ok(BOUNDARIES.includes(word), `${word}`);
  }
  for (const word of BOUNDARIES) assert.ok(word >= 0n && word < 2n ** 64n);
});

words("a table writes complete words", () => {
  const table = new WordTable(BOUNDARIES);
  const to = new BigUint64Array(1);
  for (const [i, word] of BOUNDARIES.entries()) {
    table.copy(i, new Uint32Array(to.buffer), 0);
    assert.is(to[0], word);
  }
});

words("a class is the sign and the bit length", () => {
  const ofWord = (word: bigint) => {
    const halves = new Uint32Array(BigUint64Array.of(BigInt.asUintN(64, word)).buffer);
    return classOf(halves[0] ?? 0, halves[1] ?? 0);
  };
  assert.equal([0n, 1n, 2n, 3n, 2n ** 32n, 2n ** 63n - 1n].map(ofWord), [0, 1, 2, 2, 33, 63]);
  assert.equal([-1n, -2n, -(2n ** 32n) - 1n, -(2n ** 63n)].map(ofWord), [64, 65, 97, 127]);
});

const flags = suite("cases: flags");

const space = new FlagSpace(new Map([3, 8, 31, 33].map((bit) => [bit, `F${bit}`])));

flags("pairs are the empty set, every flag and every two of them, each once", () => {
  const to = new BigUint64Array(1);
  const seen = new Set<bigint>();
  for (let i = 0; i < space.pairs; i++) {
    space.pair(i, new Uint32Array(to.buffer), 0);
    seen.add(to[0] ?? 0n);
  }
  const bits = [3n, 8n, 31n, 33n].map((bit) => 1n << bit);
  const expected = [0n, ...bits.flatMap((a, i) => bits.slice(0, i + 1).map((b) => a | b))];
  assert.equal([...seen].sort(), expected.sort());
  assert.is(space.pairs, 11);
});

flags("coverage counts bits and pairs that were set together", () => {
  const coverage = new PairCoverage();
  coverage.add((1 << 3) | (1 << 8), 0);
  coverage.add(1 << 31, 2);
  assert.equal(coverage.count([3, 8, 31, 33]), { bits: 4, pairs: 2 });
  assert.equal(coverage.count([3, 31]), { bits: 2, pairs: 0 });
});

flags("drawn sets cover all pairs, and include bits that are not flags", () => {
  const random = new Random(11n);
  const coverage = new PairCoverage();
  const to = new Uint32Array(2);
  let others = 0;
  for (let i = 0; i < 2000; i++) {
    random.start(0, i);
    space.draw(random, to, 0);
    coverage.add(to[0] ?? 0, to[1] ?? 0);
    if (((to[0] ?? 0) & ~0x8000_0108) !== 0) others++;
  }
  assert.equal(coverage.count([3, 8, 31, 33]), { bits: 4, pairs: 6 });
  assert.ok(others > 20);
});

const shrinking = suite("cases: shrinking");

type Holds = Parameters<typeof oneByOne>[1];

async function shrinkWhile(
  input: BigUint64Array,
  places: readonly number[],
  holds: Holds,
  options?: ShrinkOptions,
): Promise<void> {
  await shrink(input, places, oneByOne(input.length, holds), options);
}

shrinking("clears every word and every bit that does not matter", async () => {
  const input = BigUint64Array.of(0xffff_ffff_ffff_ffffn, 77n, 0xabcn);
  await shrinkWhile(input, [0, 1, 2], (it) => ((it[0] ?? 0n) & 0x1_0000_0010n) === 0x1_0000_0010n);
  assert.equal([...input], [0x1_0000_0010n, 0n, 0n]);
});

shrinking("repeats until nothing can be cleared, even if one word depends on another", async () => {
  // The second may be 0 only once the first is.
  const input = BigUint64Array.of(1n, 1n, 8n);
  await shrinkWhile(input, [1, 0, 2], ([a = 0n, b = 0n, c = 0n]) => b >= a && c === 8n);
  assert.equal([...input], [0n, 0n, 8n]);
});

shrinking("halves numbers, but not sets of flags", async () => {
  const large = ([a = 0n]: BigUint64Array) => a > 0xffff_ffffn;
  const number = BigUint64Array.of(1n << 50n);
  await shrinkWhile(number, [0], large);
  assert.equal([...number], [1n << 32n]);
  const flags = BigUint64Array.of(1n << 50n);
  await shrinkWhile(flags, [0], large, { flags: new Map([[0, 1n << 50n]]) });
  assert.equal([...flags], [1n << 50n]);
  // A bit without a name takes the lowest place that no name has.
  await shrinkWhile(flags, [0], large, { flags: new Map([[0, 1n << 32n]]) });
  assert.equal([...flags], [1n << 33n]);
});

shrinking("moves the remaining bits of a number to the lowest places", async () => {
  const input = BigUint64Array.of(0x281n);
  await shrinkWhile(input, [0], ([a = 0n]) => (a & 0xffn) === 0x81n && a > 0xffn);
  assert.equal([...input], [0x181n]);
});

shrinking("changes words together that must be equal", async () => {
  const input = BigUint64Array.of(0x8000_0000_0000_2001n, 7n, 0x8000_0000_0000_2001n);
  await shrinkWhile(input, [0, 1, 2], ([a, , c]) => a !== 0n && a === c);
  assert.equal([...input], [1n, 0n, 1n]);
});

shrinking("does not change words outside the given places", async () => {
  const input = BigUint64Array.of(5n, 6n);
  await shrinkWhile(input, [1], () => true);
  assert.equal([...input], [5n, 0n]);
});

shrinking("finds the smallest number at a limit, and of scattered numbers", async () => {
  const limit = BigUint64Array.of(0xffff_ffff_ffff_ffffn);
  await shrinkWhile(limit, [0], ([a = 0n]) => a > 1_234_567n);
  assert.equal([...limit], [1_234_568n]);
  const scattered = BigUint64Array.of(0x4000n);
  await shrinkWhile(scattered, [0], ([a = 0n]) => a === 0x4000n || a === 0x235n, { scan: 1024 });
  assert.equal([...scattered], [0x235n]);
});

shrinking("waits for asynchronous results", async () => {
  const input = BigUint64Array.of(0xf0n);
  await shrinkWhile(input, [0], async ([a = 0n]) => a >= 0x80n);
  assert.equal([...input], [0x80n]);
});

import { Random } from "../../src/lib/cases/random.ts";
import { BOUNDARIES, classOf, WordTable } from "../../src/lib/cases/words.ts";

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

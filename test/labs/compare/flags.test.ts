import { FlagSpace, PairCoverage } from "../../../src/labs/compare/flags.ts";
import { Random } from "../../../src/lib/cases/random.ts";

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

import { oneByOne, type ShrinkOptions, shrink } from "../../../src/labs/compare/shrink.ts";

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

// The same generator as src/lib/cases/random.ts, which documents it. test/labs/fuzz/fuzz_generate.test.ts has a
// digest of the cases that are generated with it.

/** The streams of numbers, and the first word of the state of each, which is that of all its cases. */
export const TRACED: u32 = 0;
export const RETURNED: u32 = 1;
let traced: u32 = 0;
let returned: u32 = 0;
let a: u32 = 0;
let b: u32 = 0;
let c: u32 = 0;
let d: u32 = 0;

/** Sets the seed, as two halves. */
export function seed(low: u32, high: u32): void {
  traced = mix(mix(low) ^ high);
  returned = mix(mix(low ^ 0x9e3779b9) ^ high);
}

/** What is drawn for a case: the case itself; whether it is near another; what of that other is changed; its further steps. */
export const ITSELF: u32 = 0;
export const CHOICE: u32 = 1;
export const CHANGE: u32 = 2;
export const STEPS: u32 = 3;

/** Moves to the beginning of what is drawn for case `index` of a stream. */
export function start(stream: u32, index: u64, what: u32): void {
  a = (stream == TRACED ? traced : returned) + 0x9e3779b9 * what;
  b = mix(a ^ u32(index));
  c = mix(b ^ u32(index >> 32));
  d = mix(c) | 1;
}

function mix(word: u32): u32 {
  let mixed = word + 0x6d2b79f5;
  mixed = (mixed ^ (mixed >> 16)) * 0x85ebca6b;
  mixed = (mixed ^ (mixed >> 13)) * 0xc2b2ae35;
  return mixed ^ (mixed >> 16);
}

/** Any 32 bits. */
export function next(): u32 {
  const result = rotl<u32>(b * 5, 7) * 9;
  const shifted = b << 9;
  c ^= a;
  d ^= b;
  b ^= c;
  a ^= d;
  c ^= shifted;
  d = rotl<u32>(d, 11);
  return result;
}

/** 0 to `count` - 1. */
export function below(count: u32): u32 {
  return u32((u64(next()) * count) >> 32);
}

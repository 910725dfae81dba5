// Parameters that src/labs/fuzz/case/module.ts writes before cases are generated.
// src/labs/fuzz/draw/ARCH/tables.jsonl has them under the same names. A table is a word: its address in the low half,
// its length in words in the high half.

import { below } from "./random";

/** Stops, ways, resumes and registers by number, each repeated according to its weight. */
export let froms: u64 = 0;
export let ways: u64 = 0;
export let ons: u64 = 0;
export let registers: u64 = 0;

export let boundaries: u64 = 0;
export let results: u64 = 0;
export let selectors: u64 = 0;
export let usableSelectors: u64 = 0;
export let bases: u64 = 0;
export let addresses: u64 = 0;
export let stores: u64 = 0;
export let stacks: u64 = 0;
export let codes: u64 = 0;
export let otherPlaces: u64 = 0;
export let vsyscalls: u64 = 0;
export let calls: u64 = 0;
export let oddCalls: u64 = 0;
export let restarts: u64 = 0;
export let oddOffsets: u64 = 0;
export let controls: u64 = 0;

/** The address and number of the setups that a run begins with, and how many of them cases are made from. */
export let seeds: usize = 0;
export let seedCount: u32 = 0;
export let seedParents: u32 = 0;

/** Address of the first word of a table. */
export function wordsOf(table: u64): usize {
  return usize(table);
}

/** One of its words. */
export function pick(table: u64): u64 {
  return load<u64>(usize(table) + 8 * below(u32(table >> 32)));
}

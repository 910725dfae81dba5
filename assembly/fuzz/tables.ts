// What cases are drawn from. The build writes tables from src/labs/fuzz/draw/ARCH/tables.jsonl, which has them under the
// same names. A table is a word: its address in the low half, its length in words in the high half. Stops, ways, resumes
// and registers are numbers there, each repeated according to its weight.

import { below } from "./random";

export * from "../../build/tables";

/**
 * The address and number of the setups that a run begins with, and how many of them cases are made from. The host writes
 * them before cases are generated (src/labs/fuzz/case/module.ts).
 */
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

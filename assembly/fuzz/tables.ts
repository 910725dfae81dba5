// What cases are drawn from. The build writes tables from src/labs/fuzz/draw/**/tables.jsonl, which have them under the
// same names. A table is a word: its address in the low half, its length in words in the high half. Stops, ways, resumes
// and registers are numbers there, each repeated according to its weight.

import { below, next } from "./random";

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

/** A boundary, a small number, or anything. */
export function drawWord(): u64 {
  const kind = below(8);
  if (kind < 3) return pick(boundaries);
  if (kind == 3) return below(4096);
  const low = next();
  return (u64(next()) << 32) | low;
}

/** A word that a system call could return. */
export function drawResult(): u64 {
  const kind = below(4);
  if (kind == 0) return pick(results);
  // Every errno and a little more.
  if (kind == 1) return 0xffff_ffff_0000_0000 | u64(0 - below(4200));
  return drawWord();
}

// What src/fuzz/module.ts writes here before anything is made. What it is stands in src/fuzz/tables.ts, under the same
// names. A table is a word: its address, and above 32 bits how many words it has.

import { below } from "./random";

/** The registers of the baseline. */
export let baseline: u64 = 0;
/** Numbers of stops, ways, resumes and registers, each as often as its weight. */
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

/** Addresses that more is known of: pieces of code, then pages. */
export let placeSpin: u32 = 0;
export let placeStore: u32 = 0;
export let placeLoad: u32 = 0;
export let placeStack: u32 = 0;
export let placeSyscall: u32 = 0;
export let placeHandler: u32 = 0;
export let pageConstants: u32 = 0;
export let pageScratch: u32 = 0;
export let endOfScratch: u32 = 0;

/** The setups that a run begins with: their address and how many they are. */
export let seeds: usize = 0;
export let seedCount: u32 = 0;

/** Address of the first word of a table. */
export function wordsOf(table: u64): usize {
  return usize(table);
}

/** One of its words. */
export function pick(table: u64): u64 {
  return load<u64>(usize(table) + 8 * below(u32(table >> 32)));
}

// x86_fsbase_read_task and x86_gsbase_read_task, arch/x86/kernel/process_64.c: the bases that a tracer reads

import { REG_fs, REG_fs_base, REG_gs, REG_gs_base } from "../../amd64/registers";
import { use } from "../rule";

/**
 * Without FSGSBASE fs_base reads as 0 while fs is not 0, and so does gs_base while gs is not: the base is that of the
 * segment.
 * @source x86_fsbase_read_task, save_base_legacy, arch/x86/kernel/process_64.c, 6.12
 * @needs !fsgsbase
 */
export let W75: u32 = 0;

/** Makes the bases of a block what a tracer reads. Returns which registers are known: bit n is register n. */
export function readBases(words: usize, known: u32): u32 {
  return readBase(words, readBase(words, known, REG_fs, REG_fs_base), REG_gs, REG_gs_base);
}

function readBase(words: usize, known: u32, selector: i32, base: i32): u32 {
  const isKnown = ((known >> (selector >> 3)) & 1) != 0;
  if ((isKnown && load<u64>(words + selector) == 0) || !use(W75)) return known;
  const bit: u32 = 1 << (base >> 3);
  if (!isKnown) return known & ~bit;
  store<u64>(words + base, 0);
  return known | bit;
}

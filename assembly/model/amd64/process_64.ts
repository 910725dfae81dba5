// x86_fsbase_read_task and __switch_to, arch/x86/kernel/process_64.c

import { REG_ds, REG_fs, REG_fs_base, REG_gs, REG_gs_base } from "../../amd64/registers";
import { get, set } from "../prediction";
import { use } from "../rule";

/**
 * Without FSGSBASE fs_base reads as 0 while fs is not 0, and so does gs_base while gs is not: the base is that of the
 * segment.
 * @source x86_fsbase_read_task, save_base_legacy, arch/x86/kernel/process_64.c, 6.12
 * @needs !fsgsbase
 */
export let W75: u32 = 0;

/**
 * x86_fsbase_read_task, x86_gsbase_read_task: makes the bases of a block what a tracer reads. Returns which registers
 * are known: bit n is register n.
 */
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

/**
 * ds, es, fs and gs above {null} that name no readable segment ({code32}, {data}, {code64}, {cpunode}, with any
 * privilege level) become 0 when the task is scheduled.
 * @source __switch_to, arch/x86/kernel/process_64.c; loadsegment, arch/x86/include/asm/segment.h, 6.12
 */
export let R25: u32 = 0;
export let R25_null: u64 = 3;
export let R25_code32: u64 = 0x23;
export let R25_data: u64 = 0x2b;
export let R25_code64: u64 = 0x33;
export let R25_cpunode: u64 = 0x7b;

/** The bits of a selector that ask for a privilege level. */
const LEVEL: u64 = 3;

/** __switch_to: the task is scheduled after its tracer has resumed it. */
export function switchTo(): void {
  for (let register = REG_ds; register <= REG_gs; register += 8) {
    if (get(register) <= R25_null) continue;
    const selector = get(register) | LEVEL;
    if (selector == R25_data) continue;
    if (selector == R25_code32 || selector == R25_code64 || selector == R25_cpunode) continue;
    if (use(R25)) set(register, 0);
  }
}

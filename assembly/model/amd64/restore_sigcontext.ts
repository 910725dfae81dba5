// restore_sigcontext, arch/x86/kernel/signal_64.c: rt_sigreturn takes the registers of struct sigcontext. The
// other bits of uc_flags change no register, and neither does floating point, unless it is refused
// (fpu_restore_sig.ts).

import {
  REG_cs,
  REG_ds,
  REG_eflags,
  REG_fs_base,
  REG_orig_rax,
  REG_ss,
  REGISTERS_SIZE,
} from "../../amd64/registers";
import { Setup } from "../../fuzz/setup";
import { get, loadRegisters, put, saveRegisters } from "../registers";
import { use } from "../rule";
import { kept } from "./target";
import { startTask } from "./task";

/**
 * The general registers and rip are taken as they are.
 * @source restore_sigcontext, arch/x86/kernel/signal_64.c, 6.12
 */
export let S1: u32 = 0;

/**
 * cs and ss are 16 bits in the frame ({mask}), and {level} is or-ed to both: no privilege level is refused.
 * @source restore_sigcontext, arch/x86/kernel/signal_64.c, 6.12
 */
export let S2: u32 = 0;
export let S2_mask: u64 = 0xffff;
export let S2_level: u64 = 3;

/**
 * Of eflags only CF, PF, AF, ZF, SF, TF, DF, OF, RF and AC are taken ({FIX_EFLAGS}), but not NT as by ptrace; all other
 * bits stay as in the handler ({flags}).
 * @source FIX_EFLAGS, arch/x86/include/asm/sighandling.h, 6.12
 */
export let S4: u32 = 0;
export let S4_FIX_EFLAGS: u64 = 0x5_0dd5;
export let S4_flags: u64 = 0x202;

/**
 * orig_rax becomes {none}: no system call is restarted.
 * @source restore_sigcontext, arch/x86/kernel/signal_64.c, 6.12
 */
export let S5: u32 = 0;
export let S5_none: i64 = -1;

/**
 * fs_base and gs_base are not in the frame: they stay.
 * @source struct sigcontext, arch/x86/include/uapi/asm/sigcontext.h, 6.12
 */
export let S6: u32 = 0;

/**
 * ds and es are not in the frame, and the members for fs and gs are ignored: the selectors stay.
 * @source struct sigcontext, arch/x86/include/uapi/asm/sigcontext.h, 6.12
 */
export let S7: u32 = 0;

/**
 * If cs is then that of 64-bit code ({code64}) and uc_flags lacks UC_STRICT_RESTORE_SS ({flag}), an ss other than a
 * writable data segment of user space, such as {data}, becomes {data}.
 * @source force_valid_ss, arch/x86/kernel/signal_64.c, 6.12
 */
export let S3: u32 = 0;
export let S3_code64: u64 = 0x33;
export let S3_flag: u32 = 4;
export let S3_data: u64 = 0x2b;

export function restoreSigcontext(setup: Setup): void {
  const words = setup.words;
  if (use(S1)) loadRegisters(words, 0, REG_fs_base);
  put(REG_cs, forcedLevel(load<u64>(words, REG_cs)));
  put(REG_ss, forcedLevel(load<u64>(words, REG_ss)));
  const flags = load<u64>(words, REG_eflags);
  put(REG_eflags, use(S4) ? (flags & S4_FIX_EFLAGS) | (S4_flags & ~S4_FIX_EFLAGS) : flags);
  put(REG_orig_rax, use(S5) ? u64(S5_none) : load<u64>(words, REG_orig_rax));
  loadRegisters(use(S6) ? usize(kept) : words, REG_fs_base, REG_ds);
  loadRegisters(use(S7) ? usize(kept) : words, REG_ds, REGISTERS_SIZE);
  const lenient = (setup.ucFlags & S3_flag) == 0;
  if (get(REG_cs) == S3_code64 && lenient && get(REG_ss) != S3_data && use(S3))
    put(REG_ss, S3_data);
}

function forcedLevel(selector: u64): u64 {
  return use(S2) ? (selector & S2_mask) | S2_level : selector;
}

/** Writes the registers that rt_sigreturn gives to a setup to an address. */
export function putReturned(setup: usize, block: usize): void {
  startTask();
  restoreSigcontext(changetype<Setup>(setup));
  saveRegisters(block);
}

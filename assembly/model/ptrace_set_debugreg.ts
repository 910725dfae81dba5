// ptrace_set_debugreg, arch/x86/kernel/ptrace.c: PTRACE_POKEUSER at offsets from that of u_debugreg on

import { EINVAL, EIO } from "../linux/errno";
import { giveUp } from "./prediction";
import { use } from "./rule";

export let W39: u32 = 0;
export const W39_text =
  "Debug registers 0 to 3, from {begin} to before {end}, accept an address below {limit}, otherwise {errno}. Without debug register 7 an address has no effect.";
export const W39_source =
  "hw_breakpoint_parse, kernel/events/hw_breakpoint.c; arch_check_bp_in_kernelspace, arch/x86/kernel/hw_breakpoint.c, 6.12";
export let W39_begin: u64 = 848;
export let W39_end: u64 = 880;
export let W39_limit: u64 = 0x7fff_ffff_f000;
export const W39_limit_la57: u64 = 0xff_ffff_ffff_f000;
export let W39_errno: i32 = EINVAL;

export let W38: u32 = 0;
export const W38_text = "Debug register 6, at {at}, accepts any word, which has no visible effect.";
export const W38_source = "ptrace_set_debugreg, arch/x86/kernel/ptrace.c: virtual_dr6, 6.12";
export let W38_at: u64 = 896;

export let U4: u32 = 0;
export const U4_text =
  "Debug register 7, from {begin} to before {end}, is written: the meaning of its bits depends on the processor.";
export const U4_source = "ptrace_set_debugreg, arch/x86/kernel/ptrace.c, 6.12";
export let U4_begin: u64 = 904;
export let U4_end: u64 = 912;

export let W13: u32 = 0;
export const W13_text = "Debug registers 4 and 5 do not exist: {errno}.";
export const W13_source = "ptrace_set_debugreg, arch/x86/kernel/ptrace.c, 6.12";
export let W13_errno: i32 = EIO;

/** Writes a debug register. Returns the errno. */
export function ptraceSetDebugreg(offset: u64, word: u64): i32 {
  if (offset >= W39_begin && offset < W39_end) return word >= W39_limit && use(W39) ? W39_errno : 0;
  if (offset == W38_at && use(W38)) return 0;
  if (giveUp(U4, offset >= U4_begin && offset < U4_end)) return 0;
  return use(W13) ? W13_errno : 0;
}

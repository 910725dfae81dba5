// What system calls return in a target, whose filter (src/labs/fuzz/case/pieces.ts) allows few of them. The number of
// a call is the low half of orig_rax.

import { SYS_uretprobe } from "../../../build/calls";
import { REG_orig_rax, REG_rax, REG_rip } from "../../amd64/registers";
import { SI_KERNEL } from "../../linux/siginfo";
import { SIGILL } from "../../linux/signal";
import { harmlessCall, R30, R30_result } from "../harmless_calls";
import { forget, get, knows, set } from "../prediction";
import { use } from "../rule";
import { forceSignal } from "../send_signal";

/**
 * The filter does not see uprobe ({call}), which returns {result} (-ENXIO) outside of a probe.
 * @source seccomp_uprobe_exception, kernel/seccomp.c; uprobe, arch/x86/kernel/uprobes.c, 6.18
 * @needs uprobe
 * @since 6.18
 */
export let R68: u32 = 0;
export let R68_call: u32 = 336;
export let R68_result: i64 = -6;

/**
 * The filter does not see uprobe ({call}), which returns {result} (-EPROTO) outside of a probe.
 * @source seccomp_uprobe_exception, kernel/seccomp.c; uprobe, arch/x86/kernel/uprobes.c, 7.2
 * @needs uprobe_eproto
 * @since 7.2
 */
export let R105: u32 = 0;
export let R105_call: u32 = 336;
export let R105_result: i64 = -71;

/**
 * The filter does not see uretprobe ({call}), which outside of a probe sends {signal}, si_code {code} (SI_KERNEL),
 * and returns {result}.
 * @source seccomp_uprobe_exception, kernel/seccomp.c; uretprobe, arch/x86/kernel/uprobes.c, 6.14
 * @needs uretprobe
 * @since 6.14
 */
export let R70: u32 = 0;
export let R70_call: u32 = SYS_uretprobe;
export let R70_signal: u32 = SIGILL;
export let R70_code: i32 = SI_KERNEL;
export let R70_result: i64 = -1;

/**
 * The filter refuses all calls from addresses whose upper half is {half}: functions of the vsyscall page write to
 * their arguments.
 * @source the target's filter
 */
export let R75: u32 = 0;
export let R75_half: u64 = 0xffff_ffff;

/** Executes the call that orig_rax names. */
export function targetCall(): void {
  if (!knows(REG_orig_rax)) {
    forget(REG_rax);
    return;
  }
  const nr = u32(get(REG_orig_rax));
  const open = get(REG_rip) >> 32 != R75_half || !use(R75);
  if (nr == R68_call && use(R68)) set(REG_rax, u64(R68_result));
  else if (nr == R105_call && use(R105)) set(REG_rax, u64(R105_result));
  else if (nr == R70_call && use(R70)) {
    forceSignal(R70_signal, R70_code, 0);
    set(REG_rax, u64(R70_result));
  } else if (open) harmlessCall(nr);
  else if (use(R30)) set(REG_rax, u64(R30_result));
}

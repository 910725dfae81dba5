// entry_SYSCALL_64, arch/x86/entry/entry_64.S, and do_int80_emulation and do_syscall_64, arch/x86/entry/common.c: system
// calls; whether one returns by SYSRET, and null selectors at a return by IRET

import {
  REG_cs,
  REG_ds,
  REG_eflags,
  REG_gs,
  REG_orig_rax,
  REG_r11,
  REG_rax,
  REG_rcx,
  REG_rip,
  REG_ss,
} from "../../amd64/registers";
import { copy, forget, get, put, set } from "../prediction";
import { applies, use } from "../rule";
import { syscallExitWork, syscallTraceEnter } from "./syscall_work";
import { isAmong } from "./target";
import { targetCall } from "./target_calls";
import { clearFlags, hasFlags, task } from "./task";
import { generalProtection } from "./traps";

/**
 * SYSCALL copies rip to rcx.
 * @source SYSCALL, SDM volume 2
 * @needs !fred
 * @asked amd intel
 */
export let R37: u32 = 0;

/**
 * The kernel copies rax to orig_rax at a SYSCALL.
 * @source entry_SYSCALL_64, arch/x86/entry/entry_64.S, 6.12
 */
export let R126: u32 = 0;

/**
 * SYSCALL copies eflags without RF ({without}) to r11, including the TF of a single-step, and the task returns with
 * these flags.
 * @source SYSCALL, SDM volume 2
 * @needs !fred
 * @asked amd intel
 */
export let R38: u32 = 0;
export let R38_without: u64 = 0x1_0000;

/** SYSCALL, with `next` as the address after it. Returns whether the task has stopped. */
export function syscall(next: u64): bool {
  task.inCall = true;
  put(REG_rip, next);
  if (use(R37)) copy(REG_rip, REG_rcx);
  if (use(R126)) copy(REG_rax, REG_orig_rax);
  if (use(R38)) {
    clearFlags(R38_without);
    copy(REG_eflags, REG_r11);
  }
  if (syscallTraceEnter()) return true;
  targetCall();
  if (syscallExitWork(false)) return true;
  returnToUser();
  return false;
}

/**
 * INT 0x80 is a 32-bit call: orig_rax is the low half of rax, and the filter lets it return {result} (-ENOSYS).
 * @source do_int80_emulation, arch/x86/entry/common.c, 6.12
 * @needs ia32
 */
export let R58: u32 = 0;
export let R58_result: i64 = -38;

/** Executes a 32-bit call. */
export function call32(): void {
  if (use(R58)) set(REG_rax, u64(R58_result));
}

/** INT 0x80. Returns whether the task has stopped. */
export function int80(next: u64): bool {
  if (!use(R58)) return generalProtection();
  task.in32 = true;
  put(REG_rip, next);
  copy(REG_rax, REG_orig_rax);
  put(REG_orig_rax, u64(u32(get(REG_orig_rax))));
  set(REG_rax, u64(R58_result));
  if (syscallTraceEnter() || syscallExitWork(false)) return true;
  returnToUser();
  return false;
}

/**
 * With rcx = rip, r11 = eflags, cs = {cs}, ss = {ss}, no TF and RF ({flags}), and rip below {TASK_SIZE_MAX} a call
 * returns by SYSRET, which keeps selectors.
 * @source do_syscall_64, arch/x86/entry/common.c, 6.12
 * @needs sysret_limit
 * @since 6.7
 */
export let R67: u32 = 0;
export let R67_cs: u64 = 0x33;
export let R67_ss: u64 = 0x2b;
export let R67_flags: u64 = 0x1_0100;
export let R67_TASK_SIZE_MAX: u64 = 0x7fff_ffff_f000;
export const R67_TASK_SIZE_MAX_la57: u64 = 0xff_ffff_ffff_f000;

/**
 * With rcx = rip, r11 = eflags, cs = {cs}, ss = {ss}, no TF and RF ({flags}), and any rip a call returns by SYSRET,
 * which keeps selectors.
 * @source entry_SYSCALL_64_after_hwframe, arch/x86/entry/entry_64.S, 5.10, 6.1
 * @needs !sysret_limit
 */
export let R104: u32 = 0;
export let R104_cs: u64 = 0x33;
export let R104_ss: u64 = 0x2b;
export let R104_flags: u64 = 0x1_0100;

/** The task is in user mode next, so rip is canonical. */
function isSysret(): bool {
  if (get(REG_rcx) != get(REG_rip) || get(REG_r11) != get(REG_eflags)) return false;
  const keeps = has(R67_cs, R67_ss, R67_flags) && get(REG_rip) < R67_TASK_SIZE_MAX && use(R67);
  return keeps || (has(R104_cs, R104_ss, R104_flags) && use(R104));
}

function has(cs: u64, ss: u64, without: u64): bool {
  return get(REG_cs) == cs && get(REG_ss) == ss && !hasFlags(without);
}

/**
 * ds, es, fs and gs (in this order, a bit each: {set}) up to {null} become 0 at a return by IRET.
 * @source IRET, SDM volume 2
 * @asked amd intel
 */
export let R63: u32 = 0;
export let R63_null: u64 = 3;
export let R63_set: u32 = 0xf;

/**
 * A null selector that SYSRET has kept stays until the next interrupt returns by IRET: that selector alone is not
 * predicted.
 * @source IRET, SDM volume 2
 */
export let U11: u32 = 0;

/** arch_exit_to_user_mode_prepare: the task is in no call from now on. */
export function forgetCall(): void {
  task.inCall = false;
  task.in32 = false;
  task.poked32 = false;
}

/** Returns to user mode by SYSRET, which a system call may use, or by IRET: the segment registers. */
export function returnToUser(): void {
  const bySysret = task.inCall && isSysret();
  forgetCall();
  for (let register = REG_ds; register <= REG_gs; register += 8) {
    const selector = get(register);
    if (selector == 0 || selector > R63_null) continue;
    if (applies(U11, bySysret)) forget(register);
    else if (!bySysret && isAmong((register - REG_ds) >> 3, R63_set) && use(R63)) set(register, 0);
  }
}

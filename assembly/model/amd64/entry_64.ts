// entry_SYSCALL_64, arch/x86/entry/entry_64.S, and do_int80_emulation, arch/x86/entry/common.c: system calls

import {
  REG_eflags,
  REG_orig_rax,
  REG_r11,
  REG_rax,
  REG_rcx,
  REG_rip,
} from "../../amd64/registers";
import { copy, get, put, set } from "../prediction";
import { use } from "../rule";
import { returnToUser } from "./do_syscall_64";
import { syscallExitWork, syscallTraceEnter } from "./syscall_work";
import { targetCall } from "./target_calls";
import { clearFlags, task } from "./task";
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

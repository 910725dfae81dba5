// What harmless system calls return in a target, whose filter (src/labs/fuzz/case/pieces.ts) allows no others, on
// each architecture.

import {
  SYS_getegid,
  SYS_geteuid,
  SYS_getgid,
  SYS_getpid,
  SYS_getppid,
  SYS_gettid,
  SYS_getuid,
  SYS_restart_syscall,
  SYS_sched_yield,
} from "../../build/calls";
import { forget, put, set } from "./prediction";
import { use } from "./rule";
import { RESULT } from "./task";

/**
 * sched_yield ({call}) returns {result}.
 * @source sched_yield, kernel/sched/syscalls.c, 6.12
 */
export let R31: u32 = 0;
export let R31_call: u32 = SYS_sched_yield;
export let R31_result: i64 = 0;

/**
 * restart_syscall ({call}) returns {result} (-EINTR) if there is no call to restart.
 * @source do_no_restart_syscall, kernel/signal.c, 6.12
 */
export let R32: u32 = 0;
export let R32_call: u32 = SYS_restart_syscall;
export let R32_result: i64 = -4;

/**
 * getpid ({getpid}), gettid ({gettid}), getppid ({getppid}), getuid ({getuid}), getgid ({getgid}), geteuid
 * ({geteuid}) and getegid ({getegid}) return numbers of the task, which are not predicted.
 * @source kernel/sys.c, 6.12
 */
export let R76: u32 = 0;
export let R76_getpid: u32 = SYS_getpid;
export let R76_gettid: u32 = SYS_gettid;
export let R76_getppid: u32 = SYS_getppid;
export let R76_getuid: u32 = SYS_getuid;
export let R76_getgid: u32 = SYS_getgid;
export let R76_geteuid: u32 = SYS_geteuid;
export let R76_getegid: u32 = SYS_getegid;

/**
 * The filter lets all other calls return {result} (-ENOSYS).
 * @source the target's filter
 */
export let R30: u32 = 0;
export let R30_result: i64 = -38;

/** Stands for a number of the task: it is no error. */
export const SOME_ID: u64 = 1;

/** Executes the call with this number, or has it refused. */
export function harmlessCall(nr: u32): void {
  if (nr == R31_call && use(R31)) set(RESULT, u64(R31_result));
  else if (nr == R32_call && use(R32)) set(RESULT, u64(R32_result));
  else if (isOwn(nr) && use(R76)) {
    put(RESULT, SOME_ID);
    forget(RESULT);
  } else if (use(R30)) set(RESULT, u64(R30_result));
}

function isOwn(nr: u32): bool {
  return (
    nr == R76_getpid ||
    nr == R76_gettid ||
    nr == R76_getppid ||
    nr == R76_getuid ||
    nr == R76_getgid ||
    nr == R76_geteuid ||
    nr == R76_getegid
  );
}

import { number } from "./constants.ts";
import type { Memory } from "./memory.ts";

/** Results from -4095 to -1 are errnos (MAX_ERRNO in include/linux/err.h). */
const LEAST_ERROR = -4095n;

/** The errno that makes the kernel continue with restart_syscall(2) instead of the call itself. */
export const RESTART_BLOCK = number("ERESTART_RESTARTBLOCK");

const RESTARTS: readonly number[] = [
  number("ERESTARTSYS"),
  number("ERESTARTNOINTR"),
  number("ERESTARTNOHAND"),
  RESTART_BLOCK,
];

/** The errno of a result, signed or unsigned, or 0. */
export function syscallErrno(result: bigint): number {
  const value = BigInt.asIntN(64, result);
  return value < 0n && value >= LEAST_ERROR ? -Number(value) : 0;
}

/** 1 for the errnos that make the kernel restart the call, else 0. */
export function restartsSyscall(errno: number): number {
  return RESTARTS.includes(errno | 0) ? 1 : 0;
}

/** The errno of the result in a word if it makes the kernel restart the call, else 0. */
export function pendingRestart(memory: Memory, index: number): number {
  const errno = -memory.low(index);
  return memory.high(index) === -1 && restartsSyscall(errno) === 1 ? errno : 0;
}

// The result of a system call: one word, which is a value or, from -4095 to -1, an error.

import { ERESTART_RESTARTBLOCK, ERESTARTNOHAND, ERESTARTNOINTR, ERESTARTSYS } from "./errno";

/** The largest errno that a system call returns: MAX_ERRNO in the kernel's include/linux/err.h. */
const MAX_ERRNO: u64 = 4095;

/** The errno of a system call's result (-4095 to -1), or 0 if it is a value. */
export function syscallErrno(result: u64): i32 {
  const negated: u64 = 0 - result;
  return negated - 1 < MAX_ERRNO ? i32(negated) : 0;
}

/**
 * 1 for the kernel's four requests to restart the call, which only a tracer sees (the kernel's
 * include/linux/errno.h); 0 for any other errno.
 */
export function restartsSyscall(errno: i32): i32 {
  return i32(
    errno == ERESTARTSYS ||
      errno == ERESTARTNOINTR ||
      errno == ERESTARTNOHAND ||
      errno == ERESTART_RESTARTBLOCK,
  );
}

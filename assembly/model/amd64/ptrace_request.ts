// ptrace_request, kernel/ptrace.c: PTRACE_SETSIGMASK

import { Setup } from "../../fuzz/setup";
import { EINVAL } from "../../linux/errno";
import { known, outcome, wrote } from "../prediction";
import { use } from "../rule";
import { task } from "./task";

/**
 * The size for PTRACE_SETSIGMASK must be {size}, otherwise {errno}.
 * @source ptrace_request, kernel/ptrace.c, 6.12
 */
export let W25: u32 = 0;
export let W25_size: u32 = 8;
export let W25_errno: i32 = EINVAL;

/**
 * SIGKILL and SIGSTOP are removed from the mask ({never}).
 * @source ptrace_request, kernel/ptrace.c, 6.12
 */
export let W26: u32 = 0;
export let W26_never: u64 = 0x40100;

/** Returns the errno. */
export function setSigmask(setup: Setup): i32 {
  let errno = 0;
  if (setup.length != W25_size && use(W25)) errno = W25_errno;
  else {
    const mask = load<u64>(setup.words);
    task.blocked = use(W26) ? mask & ~W26_never : mask;
  }
  wrote(errno, -1);
  store<u64>(outcome.written, task.blocked);
  known.written = 1;
  return errno;
}

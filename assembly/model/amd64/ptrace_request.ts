// ptrace_regset and ptrace_request, kernel/ptrace.c: PTRACE_SETREGSET with NT_PRSTATUS, and PTRACE_SETSIGMASK

import { REG_cs, REGISTERS_SIZE } from "../../amd64/registers";
import { Setup } from "../../fuzz/setup";
import { EINVAL } from "../../linux/errno";
import { get, known, outcome } from "../prediction";
import { use } from "../rule";
import { genregs32Set, W81, W81_cs } from "./genregs32_set";
import { genregsSet } from "./ptrace";
import { task } from "./task";

/**
 * The length for NT_PRSTATUS must be a multiple of {size}, otherwise {errno}.
 * @source ptrace_regset, kernel/ptrace.c, 6.12
 */
export let W8: u32 = 0;
export let W8_size: u32 = 8;
export let W8_errno: i32 = EINVAL;

/**
 * NT_PRSTATUS writes the words that the length covers, and not more than {most} bytes.
 * @source ptrace_regset, kernel/ptrace.c, 6.12
 */
export let W9: u32 = 0;
export let W9_most: u32 = 216;

/** Writes the block of a setup as NT_PRSTATUS. Returns the errno. */
export function ptraceRegset(setup: Setup): i32 {
  const length = setup.length;
  if (get(REG_cs) != W81_cs && use(W81)) return genregs32Set(setup.words, length);
  if (length % W8_size != 0 && use(W8)) return W8_errno;
  const size = use(W9) ? min(length, W9_most) : REGISTERS_SIZE;
  return genregsSet(setup.words, min(size, REGISTERS_SIZE) & ~7);
}

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
  store<u64>(outcome.written, task.blocked);
  known.written = 1;
  return errno;
}

// ptrace_regset, kernel/ptrace.c: PTRACE_SETREGSET

import { REGISTERS_SIZE } from "../../amd64/registers";
import { Setup } from "../../fuzz/setup";
import { EINVAL } from "../../linux/errno";
import { wrote } from "../prediction";
import { use } from "../rule";
import { genregsSet } from "./genregs_set";

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
  if (length % W8_size != 0 && use(W8)) {
    wrote(W8_errno, -1);
    return W8_errno;
  }
  const size = use(W9) ? min(length, W9_most) : REGISTERS_SIZE;
  return genregsSet(setup.words, min(size, REGISTERS_SIZE) & ~7);
}

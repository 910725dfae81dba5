// arch_ptrace, arch/x86/kernel/ptrace.c: PTRACE_POKEUSER, which the fuzzer repeats for several words

import { REGISTERS_SIZE } from "../../amd64/registers";
import { Setup } from "../../fuzz/setup";
import { EIO } from "../../linux/errno";
import { outcome } from "../prediction";
import { use } from "../rule";
import { ptraceSetDebugreg } from "./ptrace_debugreg";
import { putreg } from "./putreg";

/**
 * The offset for POKEUSER must be a multiple of {size}, otherwise {errno}.
 * @source arch_ptrace, arch/x86/kernel/ptrace.c, 6.12
 */
export let W10: u32 = 0;
export let W10_size: u64 = 8;
export let W10_errno: i32 = EIO;

/**
 * Of struct user POKEUSER writes only the registers and, from {begin} to before {end}, the debug registers: {errno}.
 * @source arch_ptrace, arch/x86/kernel/ptrace.c, 6.12
 */
export let W12: u32 = 0;
export let W12_begin: u64 = 848;
export let W12_end: u64 = 912;
export let W12_errno: i32 = EIO;

/**
 * A series of POKEUSER ends at the first that is refused; it has that index.
 * @source arch_ptrace, arch/x86/kernel/ptrace.c, 6.12
 */
export let W14: u32 = 0;

/** Pokes the pairs of a setup. Returns the errno. */
export function archPtrace(setup: Setup): i32 {
  const count = setup.count;
  for (let k: u32 = 0; k < count; k++) {
    const pair = setup.words + 16 * k;
    const errno = pokeUser(load<u64>(pair), load<u64>(pair, 8));
    if (errno == 0) continue;
    if (use(W14)) outcome.refusedAt = k;
    return errno;
  }
  return 0;
}

function pokeUser(offset: u64, word: u64): i32 {
  if (offset % 8 == 0 && offset < u64(REGISTERS_SIZE)) return putreg(i32(offset), word);
  if (offset % W10_size != 0 && use(W10)) return W10_errno;
  if (offset >= W12_begin && offset < W12_end) return ptraceSetDebugreg(offset, word);
  return use(W12) ? W12_errno : 0;
}

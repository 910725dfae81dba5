// ptrace_write_dr7, ptrace_get_debugreg and ptrace_set_debugreg, arch/x86/kernel/ptrace.c: PTRACE_POKEUSER and
// PTRACE_PEEKUSER of debug registers

import { REGISTERS, Setup } from "../../fuzz/setup";
import { EIO } from "../../linux/errno";
import { known, outcome } from "../prediction";
import { use } from "../rule";
import {
  addressOf,
  BREAKPOINTS,
  exists,
  keepBreakpoints,
  kindOf,
  lengthOf,
  restoreBreakpoints,
  setBreakpoint,
} from "./hw_breakpoint";
import { task } from "./task";

/**
 * Debug register 7 has two bits for each breakpoint, of which one enables it, and from bit {shift} on two bits for
 * its kind (0: execution, 1: writes, 3: accesses) and two for its length. They are checked for one that is enabled,
 * or whose address was written; all other bits have no effect.
 * @source ptrace_write_dr7, arch/x86/kernel/ptrace.c: decode_dr7, 6.12
 */
export let W62: u32 = 0;
export let W62_shift: u64 = 16;

/**
 * If one breakpoint is refused, all are changed back; those that were not enabled stay disabled, and are for execution
 * of 1 byte.
 * @source ptrace_write_dr7, arch/x86/kernel/ptrace.c: second_pass, 6.12
 */
export let W80: u32 = 0;

function writeDr7(word: u64): i32 {
  keepBreakpoints();
  for (let k: u32 = 0; k < BREAKPOINTS; k++) {
    const isEnabled = ((word >> (2 * k)) & 3) != 0;
    if (!exists(k) && !isEnabled) continue;
    const fields = u32(word >> (W62_shift + 4 * k)) & 15;
    const errno = setBreakpoint(k, addressOf(k), fields & 3, fields >> 2, isEnabled);
    if (errno == 0) continue;
    if (use(W80)) restoreBreakpoints();
    return errno;
  }
  return 0;
}

/** offsetof(struct user, u_debugreg), and its end: there the shim reads back. */
const BEGIN: u64 = 848;
const END: u64 = 912;
/** Debug registers in `written`: they are after the others. */
const PLACE: usize = 8 * usize(REGISTERS);
const ALL_KNOWN: u32 = u32(-1) << REGISTERS;

/**
 * A debug register reads as the last word that it has accepted, whatever its bits mean; without one as 0, and 6 as
 * {DR6_RESERVED}.
 * @source ptrace_get_debugreg, arch/x86/kernel/ptrace.c: virtual_dr6 ^ DR6_RESERVED, ptrace_dr7, 6.12
 */
export let W76: u32 = 0;
export let W76_DR6_RESERVED: u64 = 0xffff_0ff0;

function pokesDebugRegisters(setup: Setup): bool {
  const end = setup.words + 16 * setup.count;
  for (let pair = setup.words; pair < end; pair += 16) {
    const offset = load<u64>(pair);
    if (offset % 8 == 0 && offset >= BEGIN && offset < END) return true;
  }
  return false;
}

/** The debug registers are read back if one was to be poked. */
export function ptraceGetDebugregs(setup: Setup): void {
  if (!pokesDebugRegisters(setup)) return;
  const words = outcome.written + PLACE;
  const holds = use(W76);
  for (let k: u32 = 0; k < BREAKPOINTS; k++) {
    store<u64>(words + 8 * k, holds ? addressOf(k) : 0);
  }
  store<u64>(words, holds ? task.debugStatus ^ W76_DR6_RESERVED : 0, 32);
  store<u64>(words, holds ? task.debugControl : 0, 40);
  known.written |= ALL_KNOWN;
}

/**
 * Debug registers 0 to 3 are from {begin} to before {end}, and 7 is at {control}.
 * @source arch_ptrace, arch/x86/kernel/ptrace.c: u_debugreg, 6.12
 */
export let W63: u32 = 0;
export let W63_begin: u64 = 848;
export let W63_end: u64 = 880;
export let W63_control: u64 = 904;

/**
 * Debug register 6, at {at}, accepts any word, on which nothing else depends: the kernel sets it anew at each debug
 * exception.
 * @source ptrace_set_debugreg, arch/x86/kernel/ptrace.c; exc_debug_user, arch/x86/kernel/traps.c: virtual_dr6, 6.12
 */
export let W38: u32 = 0;
export let W38_at: u64 = 896;

/**
 * Debug registers 4 and 5 do not exist: {errno}.
 * @source ptrace_set_debugreg, arch/x86/kernel/ptrace.c, 6.12
 */
export let W13: u32 = 0;
export let W13_errno: i32 = EIO;

/** Writes a debug register. Returns the errno. */
export function ptraceSetDebugreg(offset: u64, word: u64): i32 {
  if (offset >= W63_begin && offset < W63_end && use(W63)) {
    const k = u32(offset - W63_begin) / 8;
    return setBreakpoint(k, word, kindOf(k), lengthOf(k), ((task.armed >> k) & 1) != 0);
  }
  if (offset == W38_at && use(W38)) {
    task.debugStatus = word ^ W76_DR6_RESERVED;
    return 0;
  }
  if (offset == W63_control && use(W63)) {
    const errno = use(W62) ? writeDr7(word) : 0;
    if (errno == 0) task.debugControl = word;
    return errno;
  }
  return use(W13) ? W13_errno : 0;
}

// arch_bp_generic_fields, hw_breakpoint_arch_parse and arch_check_bp_in_kernelspace, arch/x86/kernel/hw_breakpoint.c:
// which breakpoints are accepted, in this order, and when the processor reports them. Between two cases a task has
// none.

import { copyWords } from "../../fuzz/records";
import { EINVAL } from "../../linux/errno";
import { use } from "../rule";
import { task } from "./task";

/** The number of breakpoints: HBP_NUM. */
export const BREAKPOINTS: u32 = 4;

/** What a breakpoint is for, as in debug register 7. */
const EXECUTE: u32 = 0;
export const WRITE: u32 = 1;

@unmanaged
class Breakpoint {
  address: u64;
  kind: u32;
  /** Two bits: 1, 2, 8 or 4 bytes. */
  length: u32;
}

const SIZE: usize = offsetof<Breakpoint>();
const breakpoints = memory.data(96, 8);

function at(k: u32): Breakpoint {
  return changetype<Breakpoint>(breakpoints + SIZE * k);
}

export function exists(k: u32): bool {
  return ((task.breakpoints >> k) & 1) != 0;
}

export function addressOf(k: u32): u64 {
  return exists(k) ? at(k).address : 0;
}

export function kindOf(k: u32): u32 {
  return exists(k) ? at(k).kind : WRITE;
}

export function lengthOf(k: u32): u32 {
  return exists(k) ? at(k).length : 0;
}

function bytesOf(length: u32): u64 {
  return length == 2 ? 8 : u64(length) + 1;
}

/**
 * The kind of a breakpoint must not be {io} (I/O), and the length of one for execution must be {length} (1 byte),
 * otherwise {errno}.
 * @source arch_bp_generic_fields, arch/x86/kernel/hw_breakpoint.c, 6.12
 */
export let W60: u32 = 0;
export let W60_io: u32 = 2;
export let W60_length: u32 = 0;
export let W60_errno: i32 = EINVAL;

/**
 * The address of a breakpoint for data must be a multiple of its length, otherwise {errno}.
 * @source hw_breakpoint_arch_parse, arch/x86/kernel/hw_breakpoint.c, 6.12
 */
export let W61: u32 = 0;
export let W61_errno: i32 = EINVAL;

/**
 * Debug registers 0 to 3 accept an address below {TASK_SIZE_MAX}, otherwise {errno}. Without debug register 7 an
 * address has no effect.
 * @source hw_breakpoint_parse, kernel/events/hw_breakpoint.c; arch_check_bp_in_kernelspace,
 * arch/x86/kernel/hw_breakpoint.c, 6.12
 */
export let W39: u32 = 0;
export let W39_TASK_SIZE_MAX: u64 = 0x7fff_ffff_f000;
export const W39_TASK_SIZE_MAX_la57: u64 = 0xff_ffff_ffff_f000;
export let W39_errno: i32 = EINVAL;

/** Changes breakpoint `k`, or makes it, if that is allowed. Returns the errno. */
export function setBreakpoint(k: u32, address: u64, kind: u32, length: u32, isEnabled: bool): i32 {
  const isBad = kind == W60_io || (kind == EXECUTE && length != W60_length);
  if (isBad && use(W60)) return W60_errno;
  if (kind != EXECUTE && address % bytesOf(length) != 0 && use(W61)) return W61_errno;
  if (address >= W39_TASK_SIZE_MAX && use(W39)) return W39_errno;
  const breakpoint = at(k);
  breakpoint.address = address;
  breakpoint.kind = kind;
  breakpoint.length = length;
  const bit: u32 = 1 << k;
  task.breakpoints |= bit;
  task.armed = isEnabled ? task.armed | bit : task.armed & ~bit;
  return 0;
}

const kept = memory.data(96, 8);
let keptArmed: u32 = 0;

/** Keeps what breakpoints are, before all are changed. */
export function keepBreakpoints(): void {
  copyWords(kept, breakpoints, SIZE * BREAKPOINTS);
  keptArmed = task.armed;
}

/** Changes all back: those that were not enabled are for execution now, at their address; none goes away. */
export function restoreBreakpoints(): void {
  task.armed = keptArmed;
  for (let k: u32 = 0; k < BREAKPOINTS; k++) {
    if (((keptArmed >> k) & 1) != 0) copyWords(breakpoints + SIZE * k, kept + SIZE * k, SIZE);
    else {
      at(k).kind = EXECUTE;
      at(k).length = 0;
    }
  }
}

/**
 * A breakpoint for execution is not reported on the instruction after MOV SS.
 * @source MOV, SDM volume 2; SDM volume 3, 7.8.3
 * @asked intel
 * @needs !movss_breakpoint
 */
export let R115: u32 = 0;

/** The breakpoints that report an instruction at an address before it is executed, a bit each. */
export function breaksAt(address: u64): u32 {
  let hit: u32 = 0;
  for (let k: u32 = 0; k < BREAKPOINTS; k++) {
    const breakpoint = at(k);
    const isArmed = ((task.armed >> k) & 1) != 0;
    if (isArmed && breakpoint.kind == EXECUTE && breakpoint.address == address) hit |= 1 << k;
  }
  return hit;
}

/** Notes an access of the program, if it is reported after the instruction. */
export function watch(address: u64, size: u64, write: bool): void {
  for (let k: u32 = 0; k < BREAKPOINTS; k++) {
    const breakpoint = at(k);
    const isArmed = ((task.armed >> k) & 1) != 0;
    if (!isArmed || breakpoint.kind == EXECUTE || (breakpoint.kind == WRITE && !write)) continue;
    const begin = breakpoint.address;
    if (begin < address + size && address < begin + bytesOf(breakpoint.length))
      task.watched |= 1 << k;
  }
}

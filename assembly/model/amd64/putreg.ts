// set_segment_reg, get_flags, set_flags and putreg, arch/x86/kernel/ptrace.c: the registers that a tracer reads and
// writes

import {
  REG_cs,
  REG_ds,
  REG_eflags,
  REG_fs,
  REG_fs_base,
  REG_gs,
  REG_gs_base,
  REG_rsp,
  REG_ss,
} from "../../amd64/registers";
import { EIO } from "../../linux/errno";
import { get, set } from "../registers";
import { use } from "../rule";
import { TRAP_FLAG, task } from "./task";

/**
 * A selector is cut to the bits {mask}.
 * @source set_segment_reg, arch/x86/kernel/ptrace.c, 6.12
 */
export let W2: u32 = 0;
export let W2_mask: u64 = 0xffff;

/**
 * A selector other than 0 must have the privilege level {level} in the bits {bits}, otherwise {errno}.
 * @source invalid_selector, arch/x86/kernel/ptrace.c, 6.12
 */
export let W3: u32 = 0;
export let W3_level: u64 = 3;
export let W3_bits: u64 = 3;
export let W3_errno: i32 = EIO;

/**
 * cs and ss must not be 0, otherwise {errno}.
 * @source set_segment_reg, arch/x86/kernel/ptrace.c, 6.12
 */
export let W4: u32 = 0;
export let W4_errno: i32 = EIO;

/**
 * fs and gs are written without their bases, which stay.
 * @source set_segment_reg, arch/x86/kernel/ptrace.c, 6.12
 */
export let W79: u32 = 0;

function setSegmentReg(register: i32, word: u64): i32 {
  const value = use(W2) ? word & W2_mask : word;
  if (value != 0 && (value & W3_bits) != W3_level && use(W3)) return W3_errno;
  if (value == 0 && register < REG_ds && use(W4)) return W4_errno;
  set(register, value);
  if (register >= REG_fs && get(baseOf(register)) != 0 && !use(W79)) set(baseOf(register), 0);
  return 0;
}

/** The base of fs or gs. */
function baseOf(selector: i32): i32 {
  return selector == REG_fs ? REG_fs_base : REG_gs_base;
}

/**
 * TF ({flag}) that a single-step set, and not the task or its tracer, does not show.
 * @source get_flags, arch/x86/kernel/ptrace.c: TIF_FORCED_TF, 6.12
 */
export let R41: u32 = 0;
export let R41_flag: u64 = 0x100;

/** Makes the flags of a block what a tracer reads. */
export function getFlags(words: usize): void {
  if (!task.forcedTf || !use(R41)) return;
  store<u64>(words + REG_eflags, load<u64>(words + REG_eflags) & ~R41_flag);
}

/**
 * Of eflags only CF, PF, AF, ZF, SF, TF, DF, OF, NT, RF and AC are written ({FLAG_MASK}); all other bits stay.
 * @source set_flags, arch/x86/kernel/ptrace.c: FLAG_MASK, 6.12
 */
export let W7: u32 = 0;
export let W7_FLAG_MASK: u64 = 0x54dd5;

/**
 * TF that is written is the task's own from then on; if it is not written, that of a single-step stays.
 * @source set_flags, arch/x86/kernel/ptrace.c: TIF_FORCED_TF, 6.12
 */
export let W84: u32 = 0;

function setFlags(word: u64): i32 {
  let value = word;
  if (task.forcedTf && use(W84)) {
    if ((value & TRAP_FLAG) != 0) task.forcedTf = false;
    else value |= TRAP_FLAG;
  }
  set(REG_eflags, use(W7) ? (get(REG_eflags) & ~W7_FLAG_MASK) | (value & W7_FLAG_MASK) : value);
  return 0;
}

/**
 * fs_base and gs_base must be below {TASK_SIZE_MAX}, otherwise {errno}.
 * @source putreg, arch/x86/kernel/ptrace.c: TASK_SIZE_MAX, 6.12
 */
export let W5: u32 = 0;
export let W5_TASK_SIZE_MAX: u64 = 0x7fff_ffff_f000;
export const W5_TASK_SIZE_MAX_la57: u64 = 0xff_ffff_ffff_f000;
export let W5_errno: i32 = EIO;

/**
 * fs_base and gs_base are written without their selectors, which stay.
 * @source putreg, arch/x86/kernel/ptrace.c: x86_fsbase_write_task, 6.12
 */
export let W78: u32 = 0;

function setBase(base: i32, word: u64): i32 {
  if (word >= W5_TASK_SIZE_MAX && use(W5)) return W5_errno;
  set(base, word);
  const selector = base == REG_fs_base ? REG_fs : REG_gs;
  if (get(selector) != 0 && !use(W78)) set(selector, 0);
  return 0;
}

/** Writes one register. Returns the errno. */
export function putreg(register: i32, word: u64): i32 {
  if (register < REG_cs || register == REG_rsp) set(register, word);
  else if (register == REG_cs || register == REG_ss || register >= REG_ds)
    return setSegmentReg(register, word);
  else if (register == REG_eflags) return setFlags(word);
  else if (register == REG_fs_base || register == REG_gs_base) return setBase(register, word);
  else set(register, word);
  return 0;
}

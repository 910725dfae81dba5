// set_segment_reg, get_flags, set_flags, putreg, genregs_set and arch_ptrace, arch/x86/kernel/ptrace.c: the registers
// that a tracer reads and writes

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
  REGISTERS_SIZE,
} from "../../amd64/registers";
import { Setup } from "../../fuzz/setup";
import { EIO } from "../../linux/errno";
import { bit, get, know, loadRegisters, outcome, set } from "../prediction";
import { use } from "../rule";
import { ptraceSetDebugreg } from "./ptrace_debugreg";
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

/**
 * Words are written one after the other, r15 first. At the first word that is refused the request ends; the words
 * before it stay written.
 * @source genregs_set, arch/x86/kernel/ptrace.c, 6.12
 */
export let W1: u32 = 0;

/** Writes the first `size` bytes of a block. Returns the errno. */
export function genregsSet(block: usize, size: i32): i32 {
  // putreg accepts any word of these.
  const plain = min(size, REG_cs);
  loadRegisters(block, 0, plain);
  know(bit(plain) - 1);
  let errno = 0;
  for (let register = plain; register < size; register += 8) {
    const word = load<u64>(block + register);
    // Most words are there already, and writing them changes nothing but TIF_FORCED_TF. But a program can load a
    // selector that is refused.
    const isForced = register == REG_eflags && task.forcedTf;
    const isLoaded = register >= REG_ds && word != 0 && (word & W3_bits) != W3_level;
    if (word == get(register) && !isForced && !isLoaded) continue;
    const refused = putreg(register, word);
    if (refused == 0) continue;
    errno = refused;
    if (use(W1)) break;
  }
  return errno;
}

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

// The write of a setup: the regsets of arch/arm64/kernel/ptrace.c, and valid_user_regs, which says what NT_PRSTATUS takes

import { SYS_getpid } from "../../../build/calls";
import { REG_pc, REG_pstate, REG_x0, REG_x7, REG_x8, REGISTERS_SIZE } from "../../arm64/registers";
import * as setups from "../../fuzz/setup";
import { Setup } from "../../fuzz/setup";
import { EINVAL } from "../../linux/errno";
import { givenByte, readWord } from "../pairs";
import { bit, forget, get, know, put, readBack, wrote } from "../prediction";
import { applies, use } from "../rule";
import { AT_ENTRY, AT_EXIT, AT_GROUP, AT_SIGNAL, AT_SYSEMU } from "../stops";
import { placeSvc } from "./target";
import { REG_syscallno, REG_tls, task } from "./task";

/**
 * A length that is not a multiple of {size} bytes is refused: {errno}.
 * @source ptrace_regset, kernel/ptrace.c, 6.12
 */
export let W201: u32 = 0;
export let W201_size: u32 = 8;
export let W201_errno: i32 = EINVAL;

/**
 * NT_PRSTATUS refuses pstate with any of the bits {mask}: {errno}, and no register changes.
 * @source valid_native_regs, arch/arm64/kernel/ptrace.c, 6.12
 */
export let W202: u32 = 0;
/** The mode, PSR_MODE32_BIT, and the masks of exceptions: PSR_F_BIT, PSR_I_BIT, PSR_A_BIT, PSR_D_BIT. */
export let W202_mask: u64 = 0x3df;
export let W202_errno: i32 = EINVAL;

/**
 * The bits {cleared} of pstate, which are reserved, become 0.
 * @source SPSR_EL1_AARCH64_RES0_BITS, arch/arm64/kernel/ptrace.c, 6.12
 */
export let W203: u32 = 0;
export let W203_cleared: u64 = (u64(0xffff_ffff) << 32) | 0x0cdf_e020;

/**
 * PSTATE.SS ({bit}) is not written: it becomes that of the last resume, 0 unless that was a single-step; it does so, too,
 * when a handler is entered.
 * @source user_regs_reset_single_step, arch/arm64/kernel/debug-monitors.c, 6.12
 */
export let W204: u32 = 0;
export let W204_bit: u64 = 0x20_0000;

/**
 * At the entry of a call x0 is also its first argument, with which it is restarted (orig_x0).
 * @source update_syscall_orig_x0_after_ptrace, arch/arm64/kernel/ptrace.c, 6.12.118
 * @needs orig_x0
 */
export let W205: u32 = 0;

/** Writes the first bytes of a block. Returns the errno. */
export function gprSet(words: usize, length: u32): i32 {
  if (length % W201_size != 0 && use(W201)) return W201_errno;
  const size = min(length, u32(REGISTERS_SIZE)) & ~7;
  const pstate = size > u32(REG_pstate) ? load<u64>(words, REG_pstate) : get(REG_pstate);
  const reserved = (pstate & W203_cleared) != 0;
  const kept = reserved && use(W203) ? pstate & ~W203_cleared : pstate;
  if ((kept & W202_mask) != 0 && use(W202)) return W202_errno;
  for (let k: u32 = 0; k < size; k += 8) {
    const at = i32(k);
    put(at, load<u64>(words + k));
    know(bit(k));
  }
  put(REG_pstate, resetSingleStep(kept));
  updateFirst();
  return 0;
}

/** user_regs_reset_single_step: pstate with the bit of a single-step. */
export function resetSingleStep(pstate: u64): u64 {
  const steps = task.singlestep ? W204_bit : 0;
  return (pstate & W204_bit) != steps && use(W204) ? pstate ^ W204_bit : pstate;
}

/** The call may be restarted with another argument. */
export function updateFirst(): void {
  if ((task.stop == AT_ENTRY || task.stop == AT_SYSEMU) && use(W205)) task.first = get(REG_x0);
}

/**
 * At the entry of a call x7 reads {entry}, and at its exit {exit}; what is written to it is lost when the task goes
 * on.
 * @source report_syscall, arch/arm64/kernel/ptrace.c, 6.12
 */
export let W206: u32 = 0;
export let W206_entry: u64 = 0;
export let W206_exit: u64 = 1;

/** report_syscall, before a stop of a call. */
export function showCall(isExit: bool): void {
  task.x7 = get(REG_x7);
  if (use(W206)) put(REG_x7, isExit ? W206_exit : W206_entry);
}

/** Brings the task to the stop at which it is written to. */
function arrive(from: u32): void {
  if (from == setups.FROM_LAST) return;
  task.stop = from;
  if (task.stop == AT_SIGNAL || task.stop == AT_GROUP) return;
  put(REG_pc, placeSvc + 4);
  put(REG_x8, SYS_getpid);
  put(REG_syscallno, SYS_getpid);
  const isExit = task.stop == AT_EXIT;
  showCall(isExit);
  // The result is the pid.
  if (isExit) forget(REG_x0);
}

/** Writes a setup. Returns the errno. */
export function write(setup: Setup): i32 {
  arrive(setup.from);
  const way: u32 = setup.way;
  const errno = way == setups.WAY_PRFPREG ? fprSet(setup) : writeRegset(setup, way);
  wrote(errno);
  const reads = errno != 0 || (setup.wants & setups.WANT_WRITTEN) != 0;
  if (reads && way != setups.WAY_PRFPREG) readBack();
  return errno;
}

function writeRegset(setup: Setup, way: u32): i32 {
  const words = setup.words;
  if (way == setups.WAY_PRSTATUS) return gprSet(words, setup.length);
  if (way == setups.WAY_SYSTEM_CALL) return systemCallSet(words, setup.length);
  if (way == setups.WAY_TLS) return tlsSet(words, setup.length);
  const errno = gprSet(words, REGISTERS_SIZE);
  if (errno != 0) return errno;
  systemCallSet(words + REG_syscallno, 4);
  return tlsSet(words + REG_tls, 8);
}

/**
 * NT_ARM_SYSTEM_CALL takes a length of 0, which changes nothing, and multiples of {size} bytes, of which the first
 * {size} count; other lengths are refused: {errno}.
 * @source system_call_set, arch/arm64/kernel/ptrace.c; ptrace_regset, kernel/ptrace.c, 6.12
 */
export let W207: u32 = 0;
export let W207_size: u32 = 4;
export let W207_errno: i32 = EINVAL;

function systemCallSet(words: usize, length: u32): i32 {
  if (length % W207_size != 0 && use(W207)) return W207_errno;
  if (length == 0) return 0;
  put(REG_syscallno, load<u32>(words));
  updateFirst();
  return 0;
}

/**
 * NT_ARM_TLS takes a length of 0, which changes nothing, and multiples of {size} bytes, of which the first {size} are
 * TPIDR_EL0; other lengths are refused: {errno}.
 * @source tls_set, arch/arm64/kernel/ptrace.c; ptrace_regset, kernel/ptrace.c, 6.12
 */
export let W208: u32 = 0;
export let W208_size: u32 = 8;
export let W208_errno: i32 = EINVAL;

function tlsSet(words: usize, length: u32): i32 {
  if (length % W208_size != 0 && use(W208)) return W208_errno;
  if (length != 0) put(REG_tls, load<u64>(words));
  return 0;
}

/**
 * NT_PRFPREG takes multiples of {size} bytes, and other lengths are refused: {errno}. What it takes reads back, but
 * the words behind fpsr and fpcr read 0.
 * @source fpr_set, arch/arm64/kernel/ptrace.c; ptrace_regset, kernel/ptrace.c, 6.12
 */
export let W209: u32 = 0;
export let W209_size: u32 = 4;
export let W209_errno: i32 = EINVAL;

/** Bytes of struct user_fpsimd_state, and where fpsr and fpcr are; the rest is reserved. */
const FPSIMD_SIZE: u64 = 528;
const CONTROLS: u64 = 512;

/**
 * Words of the vector registers read back as they were written.
 * @source fpr_set, arch/arm64/kernel/ptrace.c, 6.12
 */
export let W210: u32 = 0;

/** How many bytes the write under way has taken. */
let taken: u64 = 0;

function fprSet(setup: Setup): i32 {
  const errno = setup.length % W209_size != 0 && use(W209) ? W209_errno : 0;
  taken = errno != 0 ? 0 : u64(min(setup.length, u32(FPSIMD_SIZE)));
  for (let k: u32 = 0; k < setup.count; k++) readPair(setup, k);
  return errno;
}

/**
 * A further step writes less than all vector registers: what reads back of the others is that of the steps before it.
 * @source the model
 */
export let U204: u32 = 0;

/** The word at the offset of a pair. Those of fpsr and fpcr are not predicted. */
function readPair(setup: Setup, k: u32): void {
  const offset = load<u64>(setup.words + 16 * k);
  if (offset >= CONTROLS - 7) return;
  if (applies(U204, setup.from == setups.FROM_LAST && taken < offset + 8)) return;
  if (use(W210)) readWord(setup, k, offset, byteAt);
}

function byteAt(setup: Setup, offset: u64): i32 {
  return offset < taken ? max(givenByte(setup, offset), 0) : 0;
}

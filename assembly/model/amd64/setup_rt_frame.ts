// get_sigframe, arch/x86/kernel/signal.c; __unsafe_setup_sigcontext and x64_setup_rt_frame,
// arch/x86/kernel/signal_64.c: the entry of a signal handler. On the stack, from above:
//
//   rsp             at the signal
//   red zone        128 bytes
//   XSAVE area      aligned to 64, with FP_XSTATE_MAGIC2 at its end; without XSAVE that of FXSAVE
//   rt_sigframe     the address of the restorer, then struct ucontext and siginfo_t; rsp of the handler

import {
  REG_cs,
  REG_rax,
  REG_rdi,
  REG_rdx,
  REG_rip,
  REG_rsi,
  REG_rsp,
  REG_ss,
} from "../../amd64/registers";
import { EFAULT } from "../../linux/errno";
import { SI_KERNEL } from "../../linux/siginfo";
import { SIGSEGV } from "../../linux/signal";
import { frameLength } from "../machine";
import { get, known, knows, outcome, set } from "../prediction";
import { use } from "../rule";
import { pageAt, placeHandler, SCRATCH_PAGE } from "./target";
import { task } from "./task";

/**
 * A frame leaves the red zone of {zone} bytes below rsp untouched.
 * @source get_sigframe, arch/x86/kernel/signal.c, 6.12
 */
export let R16: u32 = 0;
export let R16_zone: u64 = 128;

/**
 * Below it is the XSAVE area with the components that a process has without a request, and {FP_XSTATE_MAGIC2_SIZE}
 * bytes more, aligned to {alignment}; without XSAVE it is the 512 bytes of FXSAVE.
 * @source xstate_sigframe_size, fpu__alloc_mathframe, arch/x86/kernel/fpu/signal.c, 6.12
 */
export let R17: u32 = 0;
export let R17_FP_XSTATE_MAGIC2_SIZE: u64 = 4;
export let R17_alignment: u64 = 64;

/**
 * Below that is struct rt_sigframe of {size} bytes, aligned to {alignment}, minus {less}.
 * @source get_sigframe, arch/x86/kernel/signal.c, 6.12
 */
export let R18: u32 = 0;
export let R18_size: u64 = 440;
export let R18_alignment: u64 = 16;
export let R18_less: u64 = 8;

/** The end of the last frame. */
let frameEnd: u64 = 0;

function getSigframe(): u64 {
  let sp = get(REG_rsp) - (use(R16) ? R16_zone : 0);
  const length = floatingPointLength();
  sp = down(sp - length, use(R17) ? R17_alignment : 1);
  frameEnd = sp + length;
  return use(R18) ? down(sp - R18_size, R18_alignment) - R18_less : sp;
}

/** struct fxregs_state */
const FXSAVE_LENGTH: u64 = 512;

function floatingPointLength(): u64 {
  if (frameLength == 0) return FXSAVE_LENGTH;
  return frameLength + (use(R17) ? R17_FP_XSTATE_MAGIC2_SIZE : 0);
}

function down(address: u64, alignment: u64): u64 {
  return address - (address % alignment);
}

/**
 * The frame has the registers as they were, with cs and ss at bits 0 and {shift} of a word and 0 for fs and gs, and
 * the blocked signals.
 * @source __unsafe_setup_sigcontext, arch/x86/kernel/signal_64.c, 6.12
 */
export let R23: u32 = 0;
export let R23_shift: u64 = 48;

/**
 * r8 to r15, rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip and eflags, as in struct sigcontext: their places in a
 * block.
 */
const SAVED = memory.data<u8>([9, 8, 7, 6, 3, 2, 1, 0, 14, 13, 4, 5, 12, 10, 11, 19, 16, 18]);
/** The words after them. err, trapno and cr2 are those of the last exception. */
const SELECTORS = 18;
const OLDMASK = 21;

function setupSigcontext(): void {
  const frame = outcome.frame;
  memory.fill(frame, 0, 8 * (OLDMASK + 2));
  known.frame = ((1 << (SELECTORS + 1)) - 1) | (1 << OLDMASK);
  if (!use(R23)) return;
  for (let k = 0; k < SELECTORS; k++) {
    const register = 8 * i32(load<u8>(SAVED + k));
    store<u64>(frame + 8 * k, get(register));
    if (!knows(register)) known.frame &= ~(1 << k);
  }
  store<u64>(frame, get(REG_cs) | (get(REG_ss) << R23_shift), 8 * SELECTORS);
  store<u64>(frame, task.blocked, 8 * OLDMASK);
}

/**
 * If the frame cannot be written, the signal is {signal} instead, si_code {code} (SI_KERNEL).
 * @source signal_setup_done, kernel/signal.c, 6.12
 */
export let R19: u32 = 0;
export let R19_signal: u32 = SIGSEGV;
export let R19_code: i32 = SI_KERNEL;

/**
 * A handler is entered with rsp = the frame, rdi = the signal, rsi = the frame + {info}, rdx = the frame + {context},
 * and rax = 0.
 * @source x64_setup_rt_frame, arch/x86/kernel/signal_64.c, 6.12
 */
export let R20: u32 = 0;
export let R20_info: u64 = 312;
export let R20_context: u64 = 8;

/**
 * A handler is entered with cs = {cs}, and with ss = {ss} if ss was not a data segment.
 * @source x64_setup_rt_frame, force_valid_ss, arch/x86/kernel/signal_64.c, 6.12
 */
export let R21: u32 = 0;
export let R21_cs: u64 = 0x33;
export let R21_ss: u64 = 0x2b;

/**
 * Writes the frame of a signal, and enters its handler. Returns the errno: whether the frame cannot be written.
 *
 * @param wantsFrame whether the registers in the frame are read at the stop
 */
export function setupRtFrame(signal: u32, wantsFrame: bool): i32 {
  const frame = getSigframe();
  if (!isWritable(frame, frameEnd) && use(R19)) return EFAULT;
  if (wantsFrame) setupSigcontext();
  set(REG_rip, placeHandler);
  if (use(R20)) {
    set(REG_rsp, frame);
    set(REG_rdi, signal);
    set(REG_rsi, frame + R20_info);
    set(REG_rdx, frame + R20_context);
    set(REG_rax, 0);
  }
  if (use(R21)) {
    set(REG_cs, R21_cs);
    // A task with another data segment is not possible.
    set(REG_ss, R21_ss);
  }
  return 0;
}

function isWritable(begin: u64, end: u64): bool {
  if (end < begin) return false;
  return pageAt(begin) == SCRATCH_PAGE && pageAt(end - 1) == SCRATCH_PAGE;
}

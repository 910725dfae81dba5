// setup_rt_frame, get_sigframe and setup_return, arch/arm64/kernel/signal.c

import {
  REG_pc,
  REG_pstate,
  REG_sp,
  REG_x0,
  REG_x1,
  REG_x2,
  REG_x29,
  REG_x30,
  REGISTERS_SIZE,
} from "../../arm64/registers";
import { SIGTRAP } from "../../linux/signal";
import { get, giveUp, known, knownRegisters, outcome, put, set } from "../prediction";
import { use } from "../rule";
import { AT_HANDLER } from "../stops";
import { stopByNotice } from "./force_sig";
import { goOn } from "./instructions";
import { pageAt, placeHandler, SCRATCH_PAGE } from "./target";
import { task } from "./task";
import { resetSingleStep } from "./write";

/**
 * A handler is entered with the number of the signal in x0, its siginfo in x1 and its context in x2, below sp: the
 * frame is {size} bytes long, its context {context} bytes inside, and above it is a frame record of {record} bytes,
 * to which x29 points. x30 is sa_restorer.
 * @source setup_rt_frame, arch/arm64/kernel/signal.c, 6.12
 */
export let R216: u32 = 0;
export let R216_size: u64 = 4688;
export let R216_context: u64 = 128;
export let R216_record: u64 = 16;

/**
 * In a handler TCO ({cleared}) of pstate is 0.
 * @source setup_return, arch/arm64/kernel/signal.c, 6.12
 */
export let R217: u32 = 0;
export let R217_cleared: u64 = 0x200_0000;

/**
 * A handler is entered with BTYPE ({mask}) of pstate = {type}.
 * @source setup_return, arch/arm64/kernel/signal.c, 6.12
 * @needs bti
 */
export let R233: u32 = 0;
export let R233_mask: u64 = 0xc00;
export let R233_type: u64 = 0x800;

/**
 * A single-step into a handler stops before its first instruction: SIGTRAP, with the si_code {code} of a notice.
 * @source signal_setup_done, kernel/signal.c, 6.12
 */
export let R218: u32 = 0;
export let R218_code: i32 = SIGTRAP;

/**
 * A handler is entered, and the frame is not in the scratch pages: SIGSEGV ends the process, or stops it first.
 * @source the model
 */
export let U201: u32 = 0;

/** Enters the handler of a signal. */
export function setupRtFrame(signal: u32, wantsFrame: bool): void {
  const top = (get(REG_sp) - R216_record) & ~15;
  const frame = top - R216_size;
  const lies = pageAt(frame) == SCRATCH_PAGE && pageAt(get(REG_sp) - 1) == SCRATCH_PAGE;
  if (giveUp(U201, !lies || !use(R216))) return;
  if (wantsFrame) {
    memory.copy(outcome.frame + 8, outcome.stopped, REGISTERS_SIZE);
    // fault_address is that of the last fault.
    known.frame = knownRegisters << 1;
    if (knownRegisters >> 30 != 3) known.frame &= ~(1 << 31);
  }
  set(REG_x0, signal);
  set(REG_x1, frame);
  set(REG_x2, frame + R216_context);
  set(REG_x29, top);
  set(REG_x30, placeHandler);
  put(REG_sp, frame);
  put(REG_pc, placeHandler);
  if (use(R217)) put(REG_pstate, get(REG_pstate) & ~R217_cleared);
  if (use(R233)) put(REG_pstate, (get(REG_pstate) & ~R233_mask) | R233_type);
  put(REG_pstate, resetSingleStep(get(REG_pstate)));
  if (task.singlestep && use(R218)) stopByNotice(SIGTRAP, R218_code, AT_HANDLER);
  else goOn();
}

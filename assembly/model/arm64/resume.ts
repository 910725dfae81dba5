// ptrace_resume, kernel/ptrace.c: where the task continues from each kind of stop

import { REG_pstate, REG_x7 } from "../../arm64/registers";
import * as setups from "../../fuzz/setup";
import { Setup } from "../../fuzz/setup";
import { killsAtOnce } from "../actions";
import { harmlessCall } from "../harmless_calls";
import { ended, get, put } from "../prediction";
import { isSinglestep, R7, R118, refusesSignal, request } from "../ptrace_resume";
import { use } from "../rule";
import { AT_ENTRY, AT_EXIT, AT_GROUP, AT_HANDLER, AT_SIGNAL } from "../stops";
import { sendAtCall } from "./do_signal";
import { deliver } from "./get_signal";
import { goOn } from "./instructions";
import { traceExit } from "./syscall";
import { REG_syscallno, task } from "./task";
import { W206 } from "./write";

/**
 * A single-step after another resume sets PSTATE.SS ({bit}), which shows at the stop.
 * @source user_enable_single_step, single_step_handler, arch/arm64/kernel/debug-monitors.c, 6.12
 */
export let R215: u32 = 0;
export let R215_bit: u64 = 0x20_0000;

/** Resumes the task as the setup requests. */
export function resume(setup: Setup): void {
  const signal = setup.signal;
  if (refusesSignal(signal)) return;
  request(setup.on);
  const stepped = task.singlestep;
  task.singlestep = isSinglestep(setup.on);
  if (task.singlestep && !stepped && use(R215)) put(REG_pstate, get(REG_pstate) | R215_bit);
  const wantsFrame = (setup.wants & setups.WANT_FRAME) != 0;
  if (task.stop == AT_SIGNAL) deliver(signal, wantsFrame);
  else if (task.stop == AT_GROUP) deliver(use(R7) ? 0 : signal, false);
  else if (task.stop == AT_HANDLER) {
    if (use(R118)) goOn();
    else deliver(signal, wantsFrame);
  } else leaveCall(signal);
}

/**
 * A call that SYSEMU stopped is not executed, however the task is resumed: x0 stays.
 * @source syscall_trace_enter, arch/arm64/kernel/ptrace.c, 6.12
 */
export let R33: u32 = 0;

/** From a stop of a call to the way out of the kernel. */
function leaveCall(signal: u32): void {
  if (killsAtOnce(signal)) {
    ended(signal);
    return;
  }
  if (use(W206)) put(REG_x7, task.x7);
  sendAtCall(signal);
  if (task.stop != AT_EXIT) {
    if (task.stop == AT_ENTRY || !use(R33)) harmlessCall(u32(get(REG_syscallno)));
    if (traceExit()) return;
  }
  goOn();
}

// ptrace_resume, kernel/ptrace.c: where the task continues from each kind of stop

import { REG_pstate, REG_x7 } from "../../arm64/registers";
import * as setups from "../../fuzz/setup";
import { Setup } from "../../fuzz/setup";
import { killsAtOnce } from "../actions";
import { harmlessCall } from "../harmless_calls";
import { ended } from "../prediction";
import { isSinglestep, R7, refusesSignal, request } from "../ptrace_resume";
import { get, put } from "../registers";
import { use } from "../rule";
import { stopBySent } from "./do_signal";
import { deliver } from "./get_signal";
import { run } from "./instructions";
import { traceExit } from "./syscall";
import { baseline } from "./target";
import { REG_syscallno, task } from "./task";
import { W206 } from "./write";

/**
 * A single-step sets PSTATE.SS ({bit}), which shows at the stop.
 * @source user_enable_single_step, single_step_handler, arch/arm64/kernel/debug-monitors.c, 6.12
 */
export let R215: u32 = 0;
export let R215_bit: u64 = 0x20_0000;

/** Resumes the task as the setup requests. */
export function resume(setup: Setup): void {
  const signal = setup.signal;
  if (refusesSignal(signal)) return;
  request(setup.on);
  task.singlestep = isSinglestep(setup.on);
  if (task.singlestep && use(R215)) put(REG_pstate, get(REG_pstate) | R215_bit);
  const from: u32 = setup.from;
  if (from == setups.FROM_SIGNAL) deliver(signal, (setup.wants & setups.WANT_FRAME) != 0);
  else if (from == setups.FROM_GROUP) deliver(use(R7) ? 0 : signal, false);
  else leaveCall(from, signal);
}

/**
 * A call that SYSEMU stopped is not executed, however the task is resumed: x0 stays.
 * @source syscall_trace_enter, arch/arm64/kernel/ptrace.c, 6.12
 */
export let R33: u32 = 0;

/** From a stop of a call to the way out of the kernel. */
function leaveCall(from: u32, signal: u32): void {
  if (killsAtOnce(signal)) {
    ended(signal);
    return;
  }
  if (use(W206)) put(REG_x7, load<u64>(usize(baseline), REG_x7));
  if (from == setups.FROM_EXIT) {
    if (!stopBySent(signal)) run();
    return;
  }
  if (from == setups.FROM_ENTRY || !use(R33)) harmlessCall(u32(get(REG_syscallno)));
  if (!traceExit(signal)) run();
}

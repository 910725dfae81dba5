// The resume of a setup: ptrace_resume, kernel/ptrace.c, and where the task continues from each kind of stop

import { REG_pstate, REG_x7 } from "../../arm64/registers";
import {
  FROM_ENTRY,
  FROM_EXIT,
  FROM_GROUP,
  FROM_SIGNAL,
  ON_SINGLESTEP,
  ON_SYSCALL,
  ON_SYSEMU,
  ON_SYSEMU_SINGLESTEP,
  Setup,
  WANT_FRAME,
} from "../../fuzz/setup";
import { EIO } from "../../linux/errno";
import { killsAtOnce } from "../actions";
import { harmlessCall } from "../harmless_calls";
import { ended, info, resumed } from "../prediction";
import { get, put } from "../registers";
import { use } from "../rule";
import { stopBySent } from "./do_signal";
import { deliver } from "./get_signal";
import { run } from "./instructions";
import { traceExit } from "./syscall";
import { baseline } from "./target";
import { REG_syscallno, task } from "./task";
import { W206 } from "./write";

export let R1: u32 = 0;
export const R1_text = "A request that resumes refuses a signal above {most}: {errno}.";
export const R1_source = "ptrace_resume, kernel/ptrace.c: valid_signal, 6.12";
export let R1_most: u32 = 64;
export let R1_errno: i32 = EIO;

export let R7: u32 = 0;
export const R7_text = "The signal given at a group-stop is ignored.";
export const R7_source = "do_jobctl_trap, kernel/signal.c, 6.12";

export let R215: u32 = 0;
export const R215_text = "A single-step sets PSTATE.SS ({bit}), which shows at the stop.";
export const R215_source =
  "user_enable_single_step, single_step_handler, arch/arm64/kernel/debug-monitors.c, 6.12";
export let R215_bit: u64 = 0x20_0000;

/** Resumes the task as the setup requests. */
export function resume(setup: Setup): void {
  const signal = setup.signal;
  if (signal > R1_most && use(R1)) {
    resumed(R1_errno, 0);
    info(0, 0, 0);
    return;
  }
  const on: u32 = setup.on;
  task.traces = on == ON_SYSCALL;
  task.emulates = on == ON_SYSEMU || on == ON_SYSEMU_SINGLESTEP;
  task.stepping = on == ON_SINGLESTEP || on == ON_SYSEMU_SINGLESTEP;
  if (task.stepping && use(R215)) put(REG_pstate, get(REG_pstate) | R215_bit);
  const from: u32 = setup.from;
  if (from == FROM_SIGNAL) deliver(signal, (setup.wants & WANT_FRAME) != 0);
  else if (from == FROM_GROUP) deliver(use(R7) ? 0 : signal, false);
  else leaveCall(from, signal);
}

export let R33: u32 = 0;
export const R33_text =
  "A call that SYSEMU stopped is not executed, however the task is resumed: x0 stays.";
export const R33_source = "syscall_trace_enter, arch/arm64/kernel/ptrace.c, 6.12";

/** From a stop of a call to the way out of the kernel. */
function leaveCall(from: u32, signal: u32): void {
  if (killsAtOnce(signal)) {
    ended(signal);
    return;
  }
  if (use(W206)) put(REG_x7, load<u64>(usize(baseline), REG_x7));
  if (from == FROM_EXIT) {
    if (!stopBySent(signal)) run();
    return;
  }
  if (from == FROM_ENTRY || !use(R33)) harmlessCall(u32(get(REG_syscallno)));
  if (!traceExit(signal)) run();
}

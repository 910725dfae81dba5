// ptrace_resume, kernel/ptrace.c: where the task continues from each kind of stop

import * as setups from "../../fuzz/setup";
import { Setup } from "../../fuzz/setup";
import { SI_KERNEL } from "../../linux/siginfo";
import { isIn } from "../actions";
import { isSinglestep, R7, refusesSignal, request } from "../ptrace_resume";
import { use } from "../rule";
import { archDoSignalOrRestart } from "./arch_do_signal_or_restart";
import { call32 } from "./entry_64";
import { isSynchronous, stopBySignal } from "./force_sig";
import { completeSignal, keepPending } from "./get_signal";
import { iret } from "./iret";
import { switchTo } from "./process_64";
import { userDisableSingleStep, userEnableSingleStep } from "./step";
import { syscallExitWork } from "./syscall_work";
import { targetCall } from "./target_calls";
import { task } from "./task";

/** Resumes the task as the setup requests. */
export function resume(setup: Setup): void {
  const signal = setup.signal;
  if (refusesSignal(signal)) return;
  request(setup.on);
  if (!isSinglestep(setup.on)) userDisableSingleStep();
  else if (userEnableSingleStep()) return;
  switchTo();
  const from: u32 = setup.from;
  if (from != setups.FROM_SIGNAL && from != setups.FROM_GROUP && from != setups.FROM_STEP32) {
    leaveCall(from, signal);
    return;
  }
  const given = from == setups.FROM_GROUP && use(R7) ? 0 : signal;
  if (!archDoSignalOrRestart(given, (setup.wants & setups.WANT_FRAME) != 0)) iret();
}

/**
 * A call that SYSEMU stopped is not executed, however the task is resumed: rax stays.
 * @source syscall_trace_enter, kernel/entry/common.c, 6.12
 */
export let R33: u32 = 0;

/**
 * The signal given at a stop of a call is sent: the task stops by it, si_code {code} (SI_KERNEL), before it executes
 * anything.
 * @source ptrace_report_syscall, include/linux/ptrace.h, 6.12
 */
export let R8: u32 = 0;
export let R8_code: i32 = SI_KERNEL;

/** From a stop of a call to the way out of the kernel. */
function leaveCall(from: u32, signal: u32): void {
  if (completeSignal(signal)) return;
  if (from == setups.FROM_ENTRY || (from == setups.FROM_SYSEMU && !use(R33))) targetCall();
  else if (from == setups.FROM_ENTRY32) call32();
  task.inCall = !task.in32;
  const blocked = signal != 0 && isIn(signal, task.blocked);
  if (blocked) keepPending(signal, true);
  const sent = signal != 0 && !blocked;
  const isExit = from == setups.FROM_EXIT || from == setups.FROM_EXIT32;
  if (syscallExitWork(isExit, sent && isSynchronous(signal))) return;
  if (sent && use(R8)) stopBySignal(signal, R8_code, 0);
  else iret();
}

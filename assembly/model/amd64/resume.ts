// ptrace_resume, kernel/ptrace.c: where the task continues from each kind of stop

import * as setups from "../../fuzz/setup";
import { Setup } from "../../fuzz/setup";
import { SI_KERNEL } from "../../linux/siginfo";
import { isSinglestep, R7, R118, refusesSignal, request } from "../ptrace_resume";
import { use } from "../rule";
import { sendSignal } from "../send_signal";
import { AT_ENTRY, AT_EXIT, AT_GROUP, AT_HANDLER, AT_SIGNAL, AT_SYSEMU } from "../stops";
import { archDoSignalOrRestart } from "./arch_do_signal_or_restart";
import { call32 } from "./entry_64";
import { stopByPending } from "./force_sig";
import { runFpstate } from "./fpstate";
import { completeSignal } from "./get_signal";
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
  runFpstate();
  const isGroup = task.stop == AT_GROUP;
  if (task.stop == AT_HANDLER && use(R118)) {
    if (!stopByPending()) iret();
  } else if (task.stop == AT_SIGNAL || task.stop == AT_HANDLER || isGroup) {
    const given = isGroup && use(R7) ? 0 : signal;
    if (!archDoSignalOrRestart(given, (setup.wants & setups.WANT_FRAME) != 0)) iret();
  } else leaveCall(signal);
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
function leaveCall(signal: u32): void {
  if (completeSignal(signal)) return;
  if (signal != 0 && use(R8)) sendSignal(signal, R8_code, 0);
  if (task.stop == AT_ENTRY || (task.stop == AT_SYSEMU && !use(R33))) {
    if (task.in32) call32();
    else targetCall();
  }
  if (!syscallExitWork(task.stop == AT_EXIT)) iret();
}

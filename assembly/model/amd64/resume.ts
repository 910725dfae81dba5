// The resume of a setup: ptrace_resume, kernel/ptrace.c, and where the task continues from each kind of stop

import { REG_rip } from "../../amd64/registers";
import {
  FROM_ENTRY,
  FROM_ENTRY32,
  FROM_EXIT,
  FROM_EXIT32,
  FROM_GROUP,
  FROM_SIGNAL,
  FROM_STEP32,
  FROM_SYSEMU,
  Setup,
  WANT_FRAME,
} from "../../fuzz/setup";
import { SI_KERNEL } from "../../linux/siginfo";
import { isIn } from "../actions";
import { giveUp } from "../prediction";
import { R7, refusesSignal, request } from "../ptrace_resume";
import { get } from "../registers";
import { use } from "../rule";
import { call32 } from "./do_syscall_64";
import { loadSegments } from "./exit_to_user_mode";
import { isSynchronous, stopBySignal } from "./force_sig";
import { complete, deliver, keepPending, resumeWithout } from "./get_signal";
import { iret } from "./iret";
import { syscallExitWork } from "./syscall_work";
import { isAmong, pageAt, SCRATCH_PAGE, STUB_PAGE } from "./target";
import { targetCall } from "./target_calls";
import { hasFlags, setFlags, task } from "./task";

const TRAP_FLAG: u64 = 0x100;

/**
 * A single-step begins in memory that programs may have written, or in the stub code (kinds of pages, a bit each:
 * {pages}): if there is a POPF or an IRET, TF shows at the stop.
 * @source is_setting_trap_flag, arch/x86/kernel/step.c, 6.12
 */
export let U7: u32 = 0;
export let U7_pages: u32 = (1 << SCRATCH_PAGE) | (1 << STUB_PAGE);

/** Resumes the task as the setup requests. */
export function resume(setup: Setup): void {
  const signal = setup.signal;
  if (refusesSignal(signal)) return;
  request(setup.on);
  startStepping();
  const page = pageAt(get(REG_rip));
  if (giveUp(U7, task.forced && isAmong(page, U7_pages))) return;
  loadSegments();
  const from: u32 = setup.from;
  if (from != FROM_SIGNAL && from != FROM_GROUP && from != FROM_STEP32) leaveCall(from, signal);
  else if (from == FROM_GROUP && use(R7)) resumeWithout();
  else deliver(signal, (setup.wants & WANT_FRAME) != 0);
}

/**
 * At a stop by a single-step TF that is written, and cleared again, comes back at the next one, and shows.
 * @source enable_single_step, arch/x86/kernel/step.c: TIF_SINGLESTEP, 6.12
 */
export let R85: u32 = 0;

/** user_enable_single_step */
function startStepping(): void {
  if (!task.stepping) return;
  const isOwn = task.stepped && task.wroteTrapFlag && use(R85);
  task.forced = !hasFlags(TRAP_FLAG) && !isOwn;
  setFlags(TRAP_FLAG);
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
  if (complete(signal)) return;
  if (from == FROM_ENTRY || (from == FROM_SYSEMU && !use(R33))) targetCall();
  else if (from == FROM_ENTRY32) call32();
  task.inCall = !task.in32;
  const blocked = signal != 0 && isIn(signal, task.blocked);
  if (blocked) keepPending(signal, true);
  const sent = signal != 0 && !blocked;
  if (syscallExitWork(from == FROM_EXIT || from == FROM_EXIT32, sent && isSynchronous(signal)))
    return;
  if (sent && use(R8)) stopBySignal(signal, R8_code, 0);
  else iret();
}

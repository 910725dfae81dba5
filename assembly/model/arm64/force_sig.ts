// force_sig_info_to_task, kernel/signal.c, and report_syscall, arch/arm64/kernel/ptrace.c: how the task stops

import { SIGTRAP } from "../../linux/signal";
import { info, infoWithoutAddress, known, knownRegisters, resumed } from "../prediction";
import { dequeueSignal, forceSignal, lastAddress, lastCode, lastSignal } from "../send_signal";
import { statusOf } from "../stops";
import { task } from "./task";

/** A stop with this signal number in its status word, whose siginfo is not predicted yet. */
export function stop(signal: u32): void {
  resumed(0, statusOf(signal));
  known.stopped = knownRegisters;
}

/** A signal that an instruction raises: the task stops by it, or by another that is pending. */
export function forceSig(signal: u32, code: i32, address: u64): void {
  forceSignal(signal, code, address);
  stopByPending();
}

/** Whether a signal that is pending has stopped the task. */
export function stopByPending(): bool {
  if (!dequeueSignal()) return false;
  stop(lastSignal);
  info(lastSignal, lastCode, lastAddress);
  return true;
}

/** A stop of ptrace_notify, AT_..., which reports the pid of the task itself in the field of si_addr. */
export function stopByNotice(signal: u32, code: i32, at: u32): void {
  stop(signal);
  task.stop = at;
  infoWithoutAddress(SIGTRAP, code);
}

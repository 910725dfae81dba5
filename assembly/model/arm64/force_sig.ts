// force_sig_info_to_task, kernel/signal.c, and report_syscall, arch/arm64/kernel/ptrace.c: how the task stops

import { SIGTRAP } from "../../linux/signal";
import { info, infoWithoutAddress, known, resumed } from "../prediction";
import { knownRegisters } from "../registers";

/** The low byte of the status word of a stop. */
const STOPPED: u32 = 0x7f;

/** A stop with this signal number in its status word, whose siginfo is not predicted yet. */
export function stop(signal: u32): void {
  resumed(0, (signal << 8) | STOPPED);
  known.stopped = knownRegisters;
}

/** A stop by a signal. */
export function stopBySignal(signal: u32, code: i32, address: u64): void {
  stop(signal);
  info(signal, code, address);
}

/** A stop of ptrace_notify, which reports the pid of the task itself in the field of si_addr. */
export function stopByNotice(signal: u32, code: i32): void {
  stop(signal);
  infoWithoutAddress(SIGTRAP, code);
}

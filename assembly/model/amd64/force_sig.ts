// force_sig_info_to_task and ptrace_notify, kernel/signal.c: how the task stops.
// Functions that stop it, and do nothing else, return true: the task has stopped.

import { REG_orig_rax } from "../../amd64/registers";
import { SI_USER } from "../../linux/siginfo";
import { SIGTRAP } from "../../linux/signal";
import {
  info,
  infoWithoutAddress,
  known,
  knownRegisters,
  outcome,
  resumed,
  set,
} from "../prediction";
import { use } from "../rule";
import { dequeueSignal, forceSignal, lastAddress, lastCode, lastSignal } from "../send_signal";
import { isStop, statusOf } from "../stops";
import { readBases } from "./process_64";
import { getFlags } from "./ptrace";
import { setFlags, task } from "./task";

/** A stop with this signal number in its status word, whose siginfo is not predicted yet. */
export function stop(signal: u32): void {
  resumed(0, statusOf(signal));
  getFlags(outcome.stopped);
  known.stopped = readBases(outcome.stopped, knownRegisters);
}

/** Whether the task has stopped, and not ended. */
export function hasStopped(): bool {
  return isStop(outcome.status);
}

/** Whether a signal that is pending and not blocked has stopped the task. */
export function stopByPending(): bool {
  if (!dequeueSignal()) return false;
  stop(lastSignal);
  // Others have the pid of a process there.
  if (lastCode > SI_USER) info(lastSignal, lastCode, lastAddress);
  else infoWithoutAddress(lastSignal, lastCode);
  return true;
}

/** A stop of ptrace_notify, AT_..., which reports the pid of the task itself in the field of si_addr. */
export function stopByNotice(signal: u32, code: i32, at: u32): bool {
  stop(signal);
  infoWithoutAddress(SIGTRAP, code);
  task.stop = at;
  return true;
}

/** A signal that an instruction or a single-step raises: the task stops by it, or by another that is pending. */
export function forceSig(signal: u32, code: i32, address: u64): bool {
  forceSignal(signal, code, address);
  return stopByPending();
}

/**
 * An exception sets orig_rax to {none}: it is not a system call.
 * @source idtentry, arch/x86/entry/entry_64.S, 6.12
 */
export let R53: u32 = 0;
export let R53_none: i64 = -1;

/** A signal of an exception after the instruction. */
export function forceTrap(signal: u32, code: i32, address: u64): bool {
  if (use(R53)) set(REG_orig_rax, u64(R53_none));
  return forceSig(signal, code, address);
}

/**
 * A fault of an instruction sets RF ({flag}).
 * @source SDM volume 3, 18.3.1.1
 * @asked amd intel
 */
export let R51: u32 = 0;
export let R51_flag: u64 = 0x1_0000;

/** A signal of an exception that keeps the instruction from being executed. */
export function forceFault(signal: u32, code: i32, address: u64): bool {
  if (use(R51)) setFlags(R51_flag);
  return forceTrap(signal, code, address);
}

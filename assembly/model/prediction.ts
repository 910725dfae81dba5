// The prediction under way: the predicted outcome (`predicted` in registers.ts), and which of it is known.

import { KNOWS_ADDRESS, KNOWS_ERROR, KNOWS_INFO, KNOWS_STATUS } from "../fuzz/difference";
import { Outcome } from "../fuzz/setup";
import { knownRegisters, knows, predicted, saveRegisters } from "./registers";
import { applies, beginUses } from "./rule";
import { startSignals } from "./send_signal";
import { AT_END, AT_SIGNAL, isStop } from "./stops";
import { PC, startTask, task } from "./task";

@unmanaged
export class Known {
  /** KNOWS_ERROR and so on. */
  fields: u32;
  /** Bit n: word n is known. */
  written: u32;
  stopped: u32;
  frame: u32;
  /** The rule because of which the stop is not predicted; 0 if it is. */
  reason: u32;
}

export const known = changetype<Known>(memory.data(offsetof<Known>(), 8));
export const outcome = changetype<Outcome>(predicted);

/**
 * Begins the prediction of a step. One that goes on stays not predicted if the step before it is not. Returns whether
 * there is a stop to begin at.
 */
export function beginStep(goesOn: bool): bool {
  beginUses(goesOn);
  known.fields = 0;
  known.written = 0;
  known.stopped = 0;
  known.frame = 0;
  outcome.refusedAt = -1;
  if (goesOn) return known.reason == 0 && task.stop != AT_END;
  known.reason = 0;
  startTask();
  startSignals();
  return true;
}

/** The write returns an errno. */
export function wrote(errno: i32): void {
  if (known.reason != 0) return;
  outcome.error = errno;
  known.fields |= KNOWS_ERROR;
}

/** The registers are read back after the write. */
export function readBack(): void {
  if (known.reason != 0) return;
  saveRegisters(outcome.written);
  known.written = knownRegisters;
}

/** The resume returns an errno, or is not tried: -1; or the task stops, by a signal, or ends, with this status word. */
export function resumed(errno: i32, status: u32): void {
  outcome.resumed = errno;
  outcome.status = status;
  if (errno == 0) task.stop = isStop(status) ? AT_SIGNAL : AT_END;
  else info(0, 0, 0);
  known.fields |= KNOWS_STATUS;
}

/** The process ends by a signal. */
export function ended(signal: u32): void {
  resumed(0, signal);
  info(0, 0, 0);
}

/** The siginfo at the stop; signal 0 stands for no siginfo. */
export function info(signal: u32, code: i32, address: u64): void {
  outcome.signal = signal;
  outcome.code = code;
  outcome.address = address;
  // The address may be that of the instruction.
  known.fields |= KNOWS_INFO | (signal != 0 && knows(PC) ? KNOWS_ADDRESS : 0);
}

/** The same if the field of the address has another meaning. */
export function infoWithoutAddress(signal: u32, code: i32): void {
  info(signal, code, 0);
  known.fields &= ~KNOWS_ADDRESS;
}

/** If the rule applies: neither the stop nor anything after it is predicted, because of it. */
export function giveUp(rule: u32, condition: bool): bool {
  if (!applies(rule, condition)) return false;
  known.reason = rule;
  known.fields &= KNOWS_ERROR;
  known.stopped = 0;
  known.frame = 0;
  return true;
}

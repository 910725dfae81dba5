// How a setup is written, from which stop, and how the stub is resumed.

import { SIGRTMAX, SIGSTOP } from "../linux/signal";
import { HANDLED, IGNORED, isIn, SYNCHRONOUS, TTY_STOPS } from "../model/actions";
import { below } from "./random";
import {
  ON_NONE,
  ON_SINGLESTEP,
  ON_SYSEMU_SINGLESTEP,
  Setup,
  WANT_FRAME,
  WANT_INFO,
  WANT_WRITTEN,
} from "./setup";
import { froms, noSignals, ons, pick, ways } from "./tables";

export function drawFrom(): u32 {
  return u32(pick(froms));
}

export function drawWay(): u32 {
  return u32(pick(ways));
}

export function drawOn(): u32 {
  return u32(pick(ons));
}

/** Signals that stop a process, or do nothing in an orphaned process group. */
const STOPPING: u64 = (1 << (SIGSTOP - 1)) | TTY_STOPS;

/** A signal to resume with, mostly none. Whether it may kill is decided elsewhere. */
export function drawSignal(): u32 {
  const kind = below(64);
  if (kind < 50) return 0;
  if (kind < 57) return oneIn(HANDLED);
  if (kind < 59) return oneIn(IGNORED);
  if (kind < 61) return oneIn(STOPPING);
  if (kind < 62) return u32(pick(noSignals));
  return drawFatal();
}

/** One of the signals of a set. */
function oneIn(set: u64): u32 {
  for (let n = below(u32(popcnt(set))); n > 0; n--) set &= set - 1;
  return u32(ctz(set)) + 1;
}

/** A signal that an instruction can raise. */
export function drawRaised(): u32 {
  return oneIn(SYNCHRONOUS);
}

/** Any valid signal. */
export function drawFatal(): u32 {
  return 1 + below(SIGRTMAX);
}

/** Whether targets have a handler for a signal. */
export function isHandled(signal: u32): bool {
  return signal != 0 && isIn(signal, HANDLED);
}

/** Whether the default action of a signal ends a process. */
export function isFatal(signal: u32): bool {
  if (signal < 1 || signal > u32(SIGRTMAX)) return false;
  return !isIn(signal, HANDLED | IGNORED | STOPPING);
}

/** What is read if a case is resumed with a signal. */
export function wantsOf(signal: u32): u8 {
  return u8(WANT_WRITTEN | WANT_INFO | (isHandled(signal) ? WANT_FRAME : 0));
}

/** Resumes a setup that would run forever by a single-step. */
export function stepOnce(setup: Setup): void {
  const on: u32 = setup.on;
  if (on != ON_NONE && on != ON_SYSEMU_SINGLESTEP) setup.on = u8(ON_SINGLESTEP);
}

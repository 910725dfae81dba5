// How a setup is written, from which stop, and how the stub is resumed.

import {
  SIGCHLD,
  SIGCONT,
  SIGKILL,
  SIGRTMAX,
  SIGSTOP,
  SIGTSTP,
  SIGTTIN,
  SIGTTOU,
  SIGURG,
  SIGUSR1,
  SIGUSR2,
  SIGWINCH,
} from "../linux/signal";
import { below } from "./random";
import { FROM_GROUP, FROM_SIGNAL } from "./setup";
import { froms, ons, pick, ways } from "./tables";

export function drawFrom(): u32 {
  return u32(pick(froms));
}

export function drawWay(): u32 {
  return u32(pick(ways));
}

export function drawOn(): u32 {
  return u32(pick(ons));
}

const HANDLED = memory.data<u32>([SIGUSR1, SIGUSR2]);
const IGNORED = memory.data<u32>([SIGCHLD, SIGCONT, SIGURG, SIGWINCH]);
const STOPPING = memory.data<u32>([SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU]);
const NO_SIGNALS = memory.data<u32>([
  65, 66, 127, 128, 0x100, 0x7fff_ffff, 0x8000_000a, 0xffff_ffff,
]);

/** A signal to resume with, mostly none. Whether it may kill is decided elsewhere. */
export function drawSignal(): u32 {
  const kind = below(64);
  if (kind < 50) return 0;
  if (kind < 57) return oneOf(HANDLED, 2);
  if (kind < 59) return oneOf(IGNORED, 4);
  if (kind < 61) return oneOf(STOPPING, 4);
  if (kind < 62) return oneOf(NO_SIGNALS, 8);
  return drawFatal();
}

/** One of the numbers of a list. */
export function oneOf(list: usize, length: u32): u32 {
  return load<u32>(list + 4 * below(length));
}

/** Any valid signal. */
export function drawFatal(): u32 {
  return 1 + below(SIGRTMAX);
}

/** Whether targets have a handler for a signal. */
export function isHandled(signal: u32): bool {
  return has(HANDLED, 2, signal);
}

/**
 * Whether a stub that is resumed with this signal ends. At a stop that is not caused by a signal, the signal first
 * causes its own stop; at a group-stop it is ignored.
 */
export function kills(from: u32, signal: u32): bool {
  if (from == FROM_SIGNAL) return isFatal(signal);
  return from != FROM_GROUP && signal == SIGKILL;
}

/** Whether the default action of a signal ends a process. */
function isFatal(signal: u32): bool {
  if (signal < 1 || signal > u32(SIGRTMAX)) return false;
  return !(isHandled(signal) || has(IGNORED, 4, signal) || has(STOPPING, 4, signal));
}

function has(list: usize, length: u32, number: u32): bool {
  for (let k: u32 = 0; k < length; k++) if (load<u32>(list + 4 * k) == number) return true;
  return false;
}

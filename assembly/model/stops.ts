// Where a task is: at one of the stops at which cases begin, or elsewhere; and the status words of stops.

import { FROM_ENTRY, FROM_EXIT, FROM_GROUP, FROM_SIGNAL, FROM_SYSEMU } from "../fuzz/setup";

export const AT_SIGNAL: u32 = FROM_SIGNAL;
export const AT_GROUP: u32 = FROM_GROUP;
export const AT_ENTRY: u32 = FROM_ENTRY;
export const AT_EXIT: u32 = FROM_EXIT;
/** At the entry of a call that is not executed. */
export const AT_SYSEMU: u32 = FROM_SYSEMU;
/** At the entry of a handler. */
export const AT_HANDLER: u32 = 0x100;
/** It is not at a stop: nothing can go on from there. */
export const AT_END: u32 = 0x101;

/** The low byte of the status word of a stop. */
const STOPPED: u32 = 0x7f;

/** The status word of a stop with a signal number. */
export function statusOf(signal: u32): u32 {
  return (signal << 8) | STOPPED;
}

/** Whether a status word is that of a stop. */
export function isStop(status: u32): bool {
  return (status & 0xff) == STOPPED;
}

/* Signals by their names. */

import { constants } from "node:os";

/** The last two are the kernel's: a libc keeps some for itself. */
const SIGNALS = Object.entries({ ...constants.signals, SIGRTMIN: 32, SIGRTMAX: 64 });

/** "SIGUSR1"; "signal 77" for one without a name. */
export const nameOfSignal = (signal: number): string =>
  SIGNALS.find(([, number]) => number === signal)?.[0] ?? `signal ${signal}`;

/** The number of a signal; undefined for an unknown name. */
export const signalOf = (name: string): number | undefined =>
  SIGNALS.find(([own]) => own === name)?.[1];

/* Signals by their names. */

import { constants } from "node:os";

/** The last two are the kernel's: a libc keeps some for itself. */
export const SIGNALS: readonly (readonly [name: string, number: number])[] = Object.entries({
  ...constants.signals,
  SIGRTMIN: 32,
  SIGRTMAX: 64,
});

/** "SIGUSR1"; "signal 77" for one without a name. */
export const nameOfSignal = (signal: number): string =>
  SIGNALS.find(([, number]) => number === signal)?.[0] ?? `signal ${signal}`;

/*
 * How a setup is put in, from where, and how the stub goes on, drawn: numbers that the shim knows (shim/setups.h), as
 * often as they are worth their time.
 */

import type { Random } from "../cases/random.ts";
import { FROMS, type From, ONS, type On, WAYS, type Way } from "./setups.ts";

/** Numbers, each as often as its weight. */
function weighted<T extends string>(names: readonly T[], weights: Readonly<Record<T, number>>) {
  return Uint8Array.from(
    names.flatMap((name, i) => Array.from({ length: weights[name] }, () => i)),
  );
}

/** Other stops than by a signal have to be made first: they take two and three times as long. */
const FROM = weighted<From>(FROMS, { signal: 24, entry: 3, exit: 2, sysemu: 2, group: 1 });
const WAY = weighted<Way>(WAYS, {
  ...{ SETREGS: 18, SETREGSET: 4, POKEUSER: 4, SETFPREGS: 1 },
  ...{ XSTATE: 1, SYSCALL_INFO: 2, SIGMASK: 2, SIGRETURN: 0 },
});
const ON = weighted<On>(ONS, {
  ...{ NONE: 4, CONT: 5, SYSCALL: 2, SINGLESTEP: 3, SYSEMU: 1, SYSEMU_SINGLESTEP: 1 },
});

export const drawFrom = (random: Random): number => FROM[random.below(FROM.length)] ?? 0;
export const drawWay = (random: Random): number => WAY[random.below(WAY.length)] ?? 0;
export const drawOn = (random: Random): number => ON[random.below(ON.length)] ?? 0;

/** SIGUSR1 and SIGUSR2. */
const HANDLED = Uint32Array.of(10, 12);
/** SIGCHLD, SIGCONT, SIGURG and SIGWINCH. */
const IGNORED = Uint32Array.of(17, 18, 23, 28);
/** SIGSTOP, SIGTSTP, SIGTTIN and SIGTTOU. */
const STOPPING = Uint32Array.of(19, 20, 21, 22);
const NO_SIGNALS = Uint32Array.of(65, 66, 127, 128, 0x100, 0x7fff_ffff, 0x8000_000a, 0xffff_ffff);
const MOST_SIGNALS = 64;

const oneOf = (list: Uint32Array, random: Random): number => list[random.below(list.length)] ?? 0;

/** A signal to go on with, mostly none. Which of them kill is not decided here. */
export function drawSignal(random: Random): number {
  const kind = random.below(64);
  if (kind < 50) return 0;
  if (kind < 57) return oneOf(HANDLED, random);
  if (kind < 59) return oneOf(IGNORED, random);
  if (kind < 61) return oneOf(STOPPING, random);
  if (kind < 62) return oneOf(NO_SIGNALS, random);
  return drawFatal(random);
}

/** Any signal that there is. */
export function drawFatal(random: Random): number {
  return 1 + random.below(MOST_SIGNALS);
}

/** Whether a signal ends a process that does nothing about it. */
export function isFatal(signal: number): boolean {
  if (signal < 1 || signal > MOST_SIGNALS) return false;
  return !(HANDLED.includes(signal) || IGNORED.includes(signal) || STOPPING.includes(signal));
}

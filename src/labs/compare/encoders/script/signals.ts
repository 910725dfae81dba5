import { number } from "./constants.ts";

/** _NSIG, the number of bits of the kernel's sigset_t (signal(7)). */
const LAST_SIGNAL = number("SIGRTMAX");

/** The set of each signal by its number: signal n is bit n - 1. */
const SETS: readonly bigint[] = Array.from({ length: LAST_SIGNAL + 1 }, (_, signal) =>
  signal === 0 ? 0n : 1n << BigInt(signal - 1),
);

/** "It is not possible to block SIGKILL or SIGSTOP" (sigprocmask(2)). */
const BLOCKABLE = ~(signalSet(number("SIGKILL")) | signalSet(number("SIGSTOP")));

/** The set of one signal; empty outside 1 to 64. */
export function signalSet(signal: number): bigint {
  return SETS[signal | 0] ?? 0n;
}

/** `set` without SIGKILL and SIGSTOP, unsigned. */
export function blockableSignals(set: bigint): bigint {
  return BigInt.asUintN(64, set & BLOCKABLE);
}

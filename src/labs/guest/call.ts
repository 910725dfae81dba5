import type { Guest } from "./guest.ts";

/** What a system call returns: a value, or an errno; or the end of the guest with a status. */
export type Answer = bigint | Errno | Exit;

/**
 * An errno by name. It is `refused` if the kernel would have done the call, and stublab does not emulate it, or this use
 * of it.
 */
export type Errno = string | Refusal;
export interface Refusal {
  readonly refused: string;
}
export interface Exit {
  readonly exit: number;
}

/** The six argument registers of a call. */
export type CallArguments = readonly bigint[];

/** Emulates a system call, with the registers of its arguments. */
export type Emulation = (guest: Guest, ...args: bigint[]) => Answer;

export function isRefusal(answer: Answer): answer is Refusal {
  return typeof answer === "object" && "refused" in answer;
}

export function isExit(answer: Answer): answer is Exit {
  return typeof answer === "object" && "exit" in answer;
}

export function nameOf(errno: Errno): string {
  return typeof errno === "string" ? errno : errno.refused;
}

/** An argument of type int. */
export function int(word: bigint): number {
  return Number(BigInt.asIntN(32, word));
}

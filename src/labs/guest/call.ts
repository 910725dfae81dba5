import type { Guest } from "./guest.ts";

/**
 * The result of a call: a value, an errno by name, or the end of the guest with a status. `refused`: the kernel would have
 * done it, and stublab does not emulate it.
 */
export type Answer =
  | { readonly value: bigint }
  | { readonly errno: string; readonly refused?: boolean }
  | { readonly exit: number };

/** The six argument registers of a call. */
export type CallArguments = readonly bigint[];

/** An emulated system call. */
export interface EmulatedCall {
  run(guest: Guest, args: CallArguments): Answer;
  /** The arguments as strace prints them, after the call, where their kinds (signatures.ts) do not say it. */
  show?(guest: Guest, args: CallArguments, answer: Answer): string[];
}

/** The answer to a call, or to a use of it, that is not emulated. */
export const refused = (errno: string): Answer => ({ errno, refused: true });

export function isRefused(answer: Answer): boolean {
  return "errno" in answer && answer.refused === true;
}

export const OK: Answer = { value: 0n };
export const EFAULT: Answer = { errno: "EFAULT" };
export const EBADF: Answer = { errno: "EBADF" };
export const EINVAL: Answer = { errno: "EINVAL" };
export const ENOMEM: Answer = { errno: "ENOMEM" };

/** An argument of type int. */
export function int(word: bigint): number {
  return Number(BigInt.asIntN(32, word));
}

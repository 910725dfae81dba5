/* Cases for facts, in few words. */

import { baselineWith } from "../../case/amd64/baseline.ts";
import { indexOf, REGISTERS } from "../../case/amd64/registers.ts";
import type { Case, Pair } from "../../case/case.ts";
import { unsigned, type Words } from "../words.ts";

/** How a case continues; by default it ends with the write, at a stop by a signal. */
export interface How {
  readonly from?: Case["from"];
  readonly on?: Case["on"];
  readonly signal?: number;
  /** The piece of code that RIP is set to. */
  readonly code?: string;
}

const plain = ({ from = "signal", on = "NONE", signal = 0 }: How) => ({
  ...{ from, on, signal, length: 0 },
  ...{ block: [], pairs: [], words: [] },
});

export function setregs(words: Words, how: How = {}): Case {
  return { ...plain(how), way: "SETREGS", block: baselineWith(words, how.code) };
}

export function setregset(length: number, words: Words, how: How = {}): Case {
  return { ...plain(how), way: "SETREGSET", block: baselineWith(words, how.code), length };
}

/** An offset in struct user, or the register at it. */
export type Place = string | number | bigint;
type Pairs = readonly (readonly [Place, bigint])[];

export function poke(...pairs: Pairs): Case {
  return { ...plain({}), way: "POKEUSER", pairs: pairsOf(pairs) };
}

/** The same at another stop, or resumed. */
export function pokeAt(how: How, ...pairs: Pairs): Case {
  return { ...plain(how), way: "POKEUSER", pairs: pairsOf(pairs) };
}

export function sigmask(mask: bigint, length = 8, how: How = {}): Case {
  return { ...plain(how), way: "SIGMASK", words: [unsigned(mask)], length };
}

/** Words of struct ptrace_syscall_info: op and flags, arch, two pointers, members of the op. */
export function syscallInfo(words: readonly bigint[], length = 88, how: How = {}): Case {
  const all = Array.from({ length: 11 }, (_, i) => unsigned(words[i] ?? 0n));
  return { ...plain(how), way: "SYSCALL_INFO", words: all, length };
}

export function setfpregs(...pairs: Pairs): Case {
  return { ...plain({}), way: "SETFPREGS", pairs: pairsOf(pairs) };
}

/** More bytes than any machine's area has: the kernel ignores the rest. */
const WHOLE = 16 << 10;

export function xstate(...pairs: Pairs): Case {
  return xstateOf(WHOLE, ...pairs);
}

export function xstateOf(length: number, ...pairs: Pairs): Case {
  return { ...plain({}), way: "XSTATE", pairs: pairsOf(pairs), length };
}

/** A return from a signal handler, in a stub that is not traced, with flags of struct ucontext. */
export function sigreturn(words: Words, code: string, ucFlags = 0): Case {
  const block = baselineWith(words, code);
  return { ...plain({ on: "CONT" }), way: "SIGRETURN", block, frame: { ucFlags, fpstate: false } };
}

function pairsOf(pairs: Pairs): Pair[] {
  return pairs.map(([place, word]) => pairOf(place, word));
}

function pairOf(place: Place, word: bigint): Pair {
  const offset = typeof place === "string" ? 8 * indexOf(place) : place;
  return { offset: unsigned(BigInt(offset)), word: unsigned(word) };
}

/** All registers of a block, by name. */
export function allOf(block: readonly bigint[]): Record<string, bigint> {
  return Object.fromEntries(REGISTERS.map((name, i) => [name, block[i] ?? 0n]));
}

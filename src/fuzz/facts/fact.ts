/*
 * A fact about ptrace and registers: one case and its expected outcome, written down and not computed by the model.
 */

import { baselineWith } from "../case/baseline.ts";
import type { Case, Pair } from "../case/case.ts";
import { placeOf } from "../case/code.ts";
import type { Fields } from "../case/fields.ts";
import { indexOf, REGISTERS } from "../case/setups.ts";

/** What a fact needs of the machine; without it, it is skipped. */
export const NEEDS = {
  PTRACE_SET_SYSCALL_INFO: "this kernel does not have the request, which is of Linux 6.16",
  "32-bit calls": "the kernel serves no 32-bit programs",
  FSGSBASE: "the processor, or the kernel, does not let programs read their bases",
  LA57: "page tables have four levels here",
  "no LA57": "page tables have five levels here",
  XSAVE: "there is no XSAVE area",
  AVX: "the XSAVE area has no such component",
} as const;
export type Need = keyof typeof NEEDS;

export interface Fact {
  /** Unique and stable: what is to hold, in a line. */
  readonly name: string;
  readonly group: string;
  /** The id of a rule of the model (docs/model.md), or where the kernel or a manual has it. */
  readonly rule: string;
  readonly needs: readonly Need[];
  readonly it: Case;
  /** The fields that matter, as readFields has them. */
  readonly expected: Fields;
}

/** Words by their register; negative ones are cut to 64 bits. */
export type Words = Readonly<Record<string, bigint>>;

/** What a fact expects. What it does not speak of may be anything. */
export interface Expectation {
  /** The write is refused. */
  readonly error?: ErrorName;
  /** The index of the pair that POKEUSER failed at. */
  readonly refusedAt?: number;
  /** Registers after the write. */
  readonly written?: Words;
  /** What the written pairs, or the mask, read as. */
  readonly reads?: readonly bigint[];
  /** The resume is refused. */
  readonly resumeError?: ErrorName;
  /** The stop: a signal, or that of a system call. */
  readonly stop?: StopName;
  /** It ends by a signal. */
  readonly killedBy?: number;
  /** It does not stop. */
  readonly runs?: true;
  /** si_code and si_addr. */
  readonly code?: number;
  readonly address?: bigint;
  /** Registers at the stop, and in the handler's frame. */
  readonly stopped?: Words;
  readonly frame?: Words;
}

// asm-generic/errno-base.h
const ERRORS = { EIO: 5, EFAULT: 14, EINVAL: 22, ERANGE: 34 } as const;
export type ErrorName = keyof typeof ERRORS;

// asm/signal.h; a system call's stop has the bit of PTRACE_O_TRACESYSGOOD.
const STOPS = {
  SIGILL: 4,
  SIGTRAP: 5,
  SIGBUS: 7,
  SIGFPE: 8,
  SIGUSR1: 10,
  SIGSEGV: 11,
  SIGUSR2: 12,
  SIGTERM: 15,
  SIGSTOP: 19,
  call: 0x85,
} as const;
export type StopName = keyof typeof STOPS;

/** The siginfo codes that facts speak of: asm-generic/siginfo.h. */
export const [SI_KERNEL, SEGV_MAPERR, SEGV_ACCERR, TRAP_BRKPT, TRAP_TRACE] = [128, 1, 2, 1, 2];
export const [ILL_ILLOPN, FPE_INTDIV, BUS_ADRALN] = [2, 1, 1];

/** A fact of a group. */
export type Tell = (
  name: string,
  rule: string,
  it: Case,
  expectation: Expectation,
  ...needs: Need[]
) => Fact;

/** Tells facts of one group. */
export function tellOf(group: string): Tell {
  return (name, rule, it, expectation, ...needs) => ({
    name,
    group,
    rule,
    needs,
    it,
    expected: fieldsOf(it, expectation),
  });
}

function fieldsOf({ way }: Case, it: Expectation): Fields {
  const fields = new Map<string, bigint>();
  const words = (part: string, by: Words = {}) => {
    for (const [name, word] of Object.entries(by)) fields.set(`${part}.${name}`, unsigned(word));
  };
  fields.set("error", BigInt(it.error === undefined ? 0 : ERRORS[it.error]));
  if (it.refusedAt !== undefined) fields.set("refusedAt", BigInt(it.refusedAt));
  words("written", it.written);
  for (const [i, word] of (it.reads ?? []).entries()) {
    fields.set(way === "SIGMASK" ? "written.mask" : `written.${i}`, unsigned(word));
  }
  if (it.resumeError !== undefined) fields.set("resumed", BigInt(ERRORS[it.resumeError]));
  if (it.stop !== undefined) fields.set("status", BigInt((STOPS[it.stop] << 8) | 0x7f));
  if (it.killedBy !== undefined) fields.set("status", BigInt(it.killedBy));
  if (it.runs) fields.set("status", 0n);
  if (it.code !== undefined) fields.set("code", BigInt(it.code));
  if (it.address !== undefined) fields.set("address", unsigned(it.address));
  words("stopped", it.stopped);
  words("frame", it.frame);
  return fields;
}

function unsigned(word: bigint): bigint {
  return BigInt.asUintN(64, word);
}

/** How a case goes on; by default it does not. */
export interface How {
  readonly from?: Case["from"];
  readonly on?: Case["on"];
  readonly signal?: number;
  /** What RIP is set to. */
  readonly code?: string;
}

const plain = ({ from = "signal", on = "NONE", signal = 0 }: How) => ({
  from,
  on,
  signal,
  block: [],
  pairs: [],
  words: [],
  length: 0,
});

export function setregs(words: Words, how: How = {}): Case {
  return { ...plain(how), way: "SETREGS", block: baselineWith(words, how.code) };
}

export function setregset(length: number, words: Words, how: How = {}): Case {
  return { ...plain(how), way: "SETREGSET", block: baselineWith(words, how.code), length };
}

/** An offset in struct user, or the register that lies there. */
export type Place = string | number | bigint;

export function poke(pairs: readonly (readonly [Place, bigint])[], how: How = {}): Case {
  const rip: Pair[] = how.code === undefined ? [] : [pairOf("rip", placeOf(how.code))];
  return {
    ...plain(how),
    way: "POKEUSER",
    pairs: [...rip, ...pairs.map(([place, word]) => pairOf(place, word))],
  };
}

function pairOf(place: Place, word: bigint): Pair {
  const offset = typeof place === "string" ? 8 * indexOf(place) : place;
  return { offset: BigInt(offset), word: unsigned(word) };
}

export function sigmask(mask: bigint, length = 8, how: How = {}): Case {
  return { ...plain(how), way: "SIGMASK", words: [unsigned(mask)], length };
}

/** Words of struct ptrace_syscall_info: op and flags, then arch, two pointers, and what the op has. */
export function syscallInfo(words: readonly bigint[], length = 88, how: How = {}): Case {
  const all = Array.from({ length: 11 }, (_, i) => unsigned(words[i] ?? 0n));
  return { ...plain(how), way: "SYSCALL_INFO", words: all, length };
}

export function setfpregs(pairs: readonly (readonly [number, bigint])[]): Case {
  return { ...plain({}), way: "SETFPREGS", pairs: pairs.map(([at, word]) => pairOf(at, word)) };
}

/** As many bytes as any machine's area has: more than it has are cut. */
const WHOLE = 16 << 10;
export function xstate(pairs: readonly (readonly [number, bigint])[], length = WHOLE): Case {
  return {
    ...plain({}),
    way: "XSTATE",
    pairs: pairs.map(([at, word]) => pairOf(at, word)),
    length,
  };
}

/** All registers as a block has them. */
export function allOf(block: readonly bigint[]): Record<string, bigint> {
  return Object.fromEntries(REGISTERS.map((name, i) => [name, block[i] ?? 0n]));
}

/** A word in hex, for names. */
export function show(word: bigint): string {
  return word < 0n ? String(word) : word < 10n ? String(word) : `0x${word.toString(16)}`;
}

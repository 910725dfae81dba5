/*
 * A fact: a sentence about ptrace, where the kernel's source has it, and the checks of it. Expectations are written down
 * and not computed by the model: facts exist to disagree with it.
 */

import type { Case } from "../case/case.ts";
import type { Fields } from "../case/fields.ts";
import type { Bench } from "./read/bench.ts";
import type { Tracee } from "./read/tracee.ts";
import { unsigned, type Words } from "./setups.ts";

/** What a check needs of the machine; without it, it is skipped. */
export const NEEDS = {
  PTRACE_SET_SYSCALL_INFO: "the kernel does not have this request (Linux 6.16)",
  "32-bit calls": "the kernel does not run 32-bit programs",
  FSGSBASE: "programs cannot read their bases: a feature of the processor and the kernel",
  LA57: "page tables have four levels",
  "no LA57": "page tables have five levels",
  XSAVE: "there is no XSAVE area",
  AVX: "the XSAVE area does not have this component",
  uprobe: "the kernel does not have this system call",
  uretprobe: "the kernel does not have this system call",
} as const;
export type Need = keyof typeof NEEDS;

interface Head {
  /** Unique and stable: a sentence. */
  readonly name: string;
  readonly group: string;
  /** Function and file of the kernel, or the place in a manual. */
  readonly source: string;
  /** The ids of the model's rules (docs/model.md) that every check of the fact is about. */
  readonly rules: readonly string[];
}

/** A fact whose checks are cases. */
export interface SetupFact extends Head {
  readonly checks: readonly SetupCheck[];
}

/** One case of a fact and its expected outcome. */
export interface SetupCheck {
  /** The value that differs between the checks of a fact; empty if there is only one. */
  readonly name: string;
  readonly it: Case;
  /** The fields that matter, as readFields has them. */
  readonly expected: Fields;
  readonly needs: readonly Need[];
}

/** A fact about requests that no case has. `look` makes them, with a tracee at an INT3 to begin with, and checks the results. */
export interface RequestFact extends Head {
  readonly look: (bench: Bench, tracee: Tracee) => void;
}

export type Fact = SetupFact | RequestFact;

/** The expected outcome of a case. Other fields are not checked. */
export interface Expectation {
  /** The write is refused. */
  readonly error?: ErrorName;
  /** The index of the pair at which POKEUSER was refused. */
  readonly refusedAt?: number;
  /** Registers after the write. */
  readonly written?: Words;
  /** What the written pairs, or the mask, read as. */
  readonly reads?: readonly bigint[];
  /** The resume is refused. */
  readonly resumeError?: ErrorName;
  /** The stop: a signal, or that of a system call. */
  readonly stop?: StopName;
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

// asm/signal.h; the stop of a system call has the bit of PTRACE_O_TRACESYSGOOD.
const STOPS = {
  ...{ SIGILL: 4, SIGTRAP: 5, SIGBUS: 7, SIGFPE: 8, SIGUSR1: 10, SIGSEGV: 11 },
  ...{ SIGUSR2: 12, SIGTERM: 15, SIGSTOP: 19, call: 0x85 },
} as const;
export type StopName = keyof typeof STOPS;

// asm-generic/siginfo.h
export const [SI_KERNEL, SEGV_MAPERR, SEGV_ACCERR, TRAP_BRKPT, TRAP_TRACE] = [128, 1, 2, 1, 2];
export const [ILL_ILLOPN, FPE_INTDIV, BUS_ADRALN] = [2, 1, 1];

/** A row of a table of checks. */
export type Row = readonly [name: string, it: Case, expectation: Expectation, ...needs: Need[]];

/** Where the kernel has a fact, with the rules of the model that say so. */
export type Basis = string | readonly [source: string, rules: string];

/** @param rules ids, separated by spaces */
export function by(source: string, rules: string): Basis {
  return [source, rules];
}

/** Adds a fact whose checks are cases. */
export type AddSetups = (name: string, basis: Basis, ...rows: Row[]) => void;
export type AddRequests = (name: string, source: string, look: RequestFact["look"]) => void;

/** The facts of a group that are cases. */
export function setupFacts(group: string, table: (fact: AddSetups) => void): readonly SetupFact[] {
  const facts: SetupFact[] = [];
  table((name, basis, ...rows) => {
    const [source, rules = ""] = typeof basis === "string" ? [basis] : basis;
    const checks = rows.map(([name, it, expectation, ...needs]) => {
      return { name, it, expected: fieldsOf(it, expectation), needs };
    });
    facts.push({ name, group, source, rules: rules.split(" ").filter(Boolean), checks });
  });
  return facts;
}

/** The facts of a group that are requests of their own. */
export function requestFacts(
  group: string,
  table: (fact: AddRequests) => void,
): readonly RequestFact[] {
  const facts: RequestFact[] = [];
  table((name, source, look) => facts.push({ name, group, source, rules: [], look }));
  return facts;
}

function fieldsOf({ way }: Case, it: Expectation): Fields {
  const fields = new Map<string, bigint>();
  const set = (field: string, word: number | bigint | undefined) => {
    if (word !== undefined) fields.set(field, unsigned(BigInt(word)));
  };
  const words = (part: string, by: Words = {}) => {
    for (const [name, word] of Object.entries(by)) set(`${part}.${name}`, word);
  };
  set("error", it.error === undefined ? 0 : ERRORS[it.error]);
  set("refusedAt", it.refusedAt);
  words("written", it.written);
  for (const [i, word] of (it.reads ?? []).entries()) {
    set(way === "SIGMASK" ? "written.mask" : `written.${i}`, word);
  }
  set("resumed", it.resumeError && ERRORS[it.resumeError]);
  set("status", it.stop && (STOPS[it.stop] << 8) | 0x7f);
  set("status", it.killedBy);
  set("status", it.runs && 0);
  set("code", it.code);
  set("address", it.address);
  words("stopped", it.stopped);
  words("frame", it.frame);
  return fields;
}

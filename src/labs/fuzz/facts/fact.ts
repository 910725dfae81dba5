/*
 * A fact: a sentence about ptrace, where the kernel's source has it, and the checks of it.
 * Expectations are written down and not computed by the model: facts exist to disagree with it.
 */

import { hex } from "../../../lib/errors.ts";
import type { Case } from "../case/case.ts";
import type { Fields } from "../case/fields.ts";
import type { Need } from "./needs.ts";
import type { Place } from "./read/places.ts";
import type { Verb } from "./read/verbs.ts";
import { show, unsigned, type Words } from "./words.ts";

interface Head {
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

/** A fact about requests that no case has. */
export interface RequestFact extends Head {
  readonly steps: readonly RequestStep[];
}

/** The name of all checks after a tracee was not where it should be. */
export const REST = "the remaining checks";

/** What is done with tracees, and what is seen then, if that is a check. */
export interface RequestStep {
  readonly name?: string;
  readonly verbs: readonly Verb[];
  readonly expected?: readonly RequestField[];
}

/** A field of what is expected. */
export interface RequestField {
  readonly field: string;
  readonly place: Place;
  readonly value: Value;
}

export type Value = string | number | bigint;

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
  readonly code?: CodeName;
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
const CODES = {
  ...{ SI_KERNEL: 128, SEGV_MAPERR: 1, SEGV_ACCERR: 2, TRAP_BRKPT: 1, TRAP_TRACE: 2 },
  ...{ ILL_ILLOPN: 2, FPE_INTDIV: 1, BUS_ADRALN: 1, SIGTRAP: 5 },
} as const;
export type CodeName = keyof typeof CODES;

export const trap = (stopped: Words): Expectation => ({ stop: "SIGTRAP", stopped });
export const callStop = (stopped: Words): Expectation => ({ stop: "call", stopped });
/** The first word of POKEUSER is refused. */
export const REFUSED_POKE: Expectation = { error: "EIO", refusedAt: 0 };
/** The trap of a single-step on the way out of a call. */
export const breaks = (rip: bigint, more: Words = {}): Expectation => {
  return { stop: "SIGTRAP", code: "TRAP_BRKPT", address: rip, stopped: { rip, ...more } };
};
/** A general protection fault, and what is reported as one. */
export const refusal = (stopped: Words): Expectation => {
  return { stop: "SIGSEGV", code: "SI_KERNEL", address: 0n, stopped };
};

/** Where the kernel has a fact, with the rules of the model that say so. */
export type Basis = string | readonly [source: string, rules: string];

/** @param rules ids, separated by spaces */
export function by(source: string, rules: string): Basis {
  return [source, rules];
}

/** A row of a table of checks. */
export type RowOf<It, Expected> = readonly [name: string, ...Tail<It, Expected>];
type Tail<It, Expected> = readonly [it: It, expected: Expected, ...needs: Need[]];
export type Row = RowOf<Case, Expectation>;
export function rowMaker<It, Expected>() {
  return <const T>(
    name: string,
    values: readonly T[],
    row: (value: T) => Tail<It, Expected>,
  ): RowOf<It, Expected>[] => values.map((value) => [nameOf(name, value), ...row(value)]);
}

/** Rows for values: "%" in a name stands for the value, or its next part; "0x%" is always hex. */
export const each = rowMaker<Case, Expectation>();

function nameOf(format: string, value: unknown): string {
  const parts = [value].flat(2);
  return format.replaceAll(/0x%|%/g, (place) => {
    const part = parts.shift();
    if (typeof part !== "bigint") return String(part);
    return place === "%" ? show(part) : hex(part);
  });
}

/** All pairs of values. */
export function pairs<const A, const B>(some: readonly A[], others: readonly B[]) {
  return some.flatMap((one) => others.map((other) => [one, other] as const));
}

/** Facts by their names, unique and stable sentences: where the kernel has them, and checks. */
export type Table<Rows> = Readonly<Record<string, readonly [Basis, ...Rows[]]>>;

/** The facts of a group that are cases. */
export function setupFacts(group: string, table: Table<Row>): readonly SetupFact[] {
  return Object.entries(table).map(([name, [basis, ...rows]]) => {
    const checks = rows.map(([name, it, expectation, ...needs]) => {
      return { name, it, expected: fieldsOf(it, expectation), needs };
    });
    return { ...headOf(name, group, basis), checks };
  });
}

export function headOf(name: string, group: string, basis: Basis): Head {
  const [source, rules = ""] = typeof basis === "string" ? [basis] : basis;
  return { name, group, source, rules: rules.split(" ").filter(Boolean) };
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
  set("code", it.code && CODES[it.code]);
  set("address", it.address);
  words("stopped", it.stopped);
  words("frame", it.frame);
  return fields;
}

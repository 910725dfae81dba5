/* Facts about requests: tables of looks at tracees, and of what is seen. */

import { StublabError } from "../../../errors.ts";
import type { Stub } from "../../../stub/stub.ts";
import type { Machine } from "../../try/machine.ts";
import type { RowOf, Value } from "../fact.ts";
import { type Checked, headOf, type RequestFact, rowMaker, type Table } from "../fact.ts";
import { type Need, obstacle } from "../needs.ts";
import type { Answer, Result } from "./answer.ts";
import { Tracee, type Where } from "./tracee.ts";

type Seen = Readonly<Record<string, unknown>>;
/** A look at the fact's tracee, or at another one. A result may stand for a record of it. */
type Look = (tracee: Tracee, bench: Bench) => Result | Seen;
type Expected = Result | Readonly<Record<string, Value>>;
/** A check of what is seen, in the order of the rows. */
export type Row = RowOf<Look, Expected>;
/** Leads the tracee on, or returns rows that depend on it, or why the rest is skipped. */
export type Step = (
  tracee: Tracee,
  bench: Bench,
) => Tracee | Answer | readonly Row[] | string | undefined;
export type Requests = Table<Row | Step>;

/** Rows for values, as those of cases. */
export const each = rowMaker<Look, Expected>();

/** The looks that are one request, as a tracee has them. */
type Args<Verb extends "request" | "read" | "word" | "regset"> = Parameters<Tracee[Verb]>;
export function request(...it: Args<"request">) {
  return (tracee: Tracee) => tracee.request(...it);
}
export function read(...it: Args<"read">) {
  return (tracee: Tracee) => tracee.read(...it);
}
export function word(...it: Args<"word">) {
  return (tracee: Tracee) => tracee.word(...it);
}
export function regset(...it: Args<"regset">) {
  return (tracee: Tracee) => tracee.regset(...it);
}

/** Looks at a new tracee, at a stop. */
export const at = (where: Where, look: (tracee: Tracee) => Result | Seen): Look => {
  return (_, bench) => look(bench.tracee(where));
};

/** Rows about a new tracee at each stop. */
export const atEach = (
  stops: readonly Where[],
  rows: (tracee: Tracee, where: Where) => readonly Row[],
): Step[] => stops.map((where) => (_, bench) => rows(bench.tracee(where), where));

/** Requires something of the machine for the rest of a fact. */
export const requires = (need: Need): Step => {
  return (_, { machine }) => obstacle(need, machine);
};

/** Requires a request, which fails with an errno in kernels that do not have it. */
export const exists = (look: Look, errno: string, reason: string): Step => {
  return (tracee, bench) => (recordOf(look(tracee, bench)).result === errno ? reason : undefined);
};

/** The facts of a group that are requests of their own. Each begins with a tracee at an INT3. */
export function requestFacts(group: string, table: Requests): readonly RequestFact[] {
  return Object.entries(table).map(([name, [basis, ...steps]]) => {
    const look = (...args: [Stub, Machine]) => new Bench(...args).look(steps);
    return { ...headOf(name, group, basis), look };
  });
}

/** Where one fact is looked at: makes tracees, and takes the results. */
export class Bench {
  readonly machine: Machine;
  readonly #checked: Checked[] = [];
  readonly #master: Stub;
  readonly #tracees: Tracee[] = [];

  constructor(master: Stub, machine: Machine) {
    this.#master = master;
    this.machine = machine;
  }

  look(steps: readonly (Row | Step)[]): readonly Checked[] {
    try {
      try {
        this.#take(steps, this.tracee());
      } finally {
        for (const tracee of this.#tracees) tracee.close();
      }
    } catch (error) {
      // A tracee that is not where it should be is a result, too.
      if (!(error instanceof StublabError)) throw error;
      const differences = [{ field: "error", expected: "none", seen: error.message }];
      this.#checked.push({ name: "the remaining checks", differences });
    }
    return this.#checked;
  }

  #take(steps: readonly (Row | Step)[], tracee: Tracee): void {
    for (const step of steps) {
      const next = typeof step === "function" ? step(tracee, this) : [step];
      if (typeof next === "string") {
        // The rest of the fact needs what this machine lacks.
        this.skip("", next);
        break;
      }
      if (!Array.isArray(next)) continue;
      for (const [name, look, expected] of next) this.check(name, look(tracee, this), expected);
    }
  }

  /** A new tracee, at a stop. */
  tracee(where: Where = "signal"): Tracee {
    const tracee = new Tracee(this.#master);
    this.#tracees.push(tracee);
    return tracee.to(where);
  }

  /** Compares the fields of `seen` that `expected` has. */
  check(name: string, seen: Result | Seen, expected: Expected): void {
    const all = recordOf(seen);
    const differences = Object.entries(recordOf(expected))
      .filter(([field, value]) => all[field] !== value)
      .map(([field, value]) => ({ field, expected: value, seen: all[field] }));
    this.#checked.push({ name, differences });
  }

  /** Says that a check cannot be made here. */
  skip(name: string, reason: string): void {
    this.#checked.push({ name, reason });
  }
}

function recordOf<T>(
  it: Result | Readonly<Record<string, T>>,
): Readonly<Record<string, T | Result>> {
  return typeof it === "object" ? it : { result: it };
}

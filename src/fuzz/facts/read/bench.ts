import type { Stub } from "../../../stub/stub.ts";
import type { Machine } from "../../try/machine.ts";
import type { Result, Seen, Value } from "./answer.ts";
import { Tracee, type Where } from "./tracee.ts";

/** A value that differs from the expected one. */
export interface Difference {
  readonly field: string;
  readonly expected: Value;
  readonly seen: unknown;
}

/** A check that was made, with what differed; or the reason why it could not be made. */
export type Checked =
  | { readonly name: string; readonly differences: readonly Difference[] }
  | { readonly name: string; readonly reason: string };

/** Where one fact about requests is looked at: makes tracees, and takes the results. */
export class Bench {
  readonly machine: Machine;
  readonly checked: Checked[] = [];
  readonly #master: Stub;
  readonly #tracees: Tracee[] = [];

  constructor(master: Stub, machine: Machine) {
    this.#master = master;
    this.machine = machine;
  }

  /** A new tracee, at a stop. */
  tracee(where: Where = "signal"): Tracee {
    const tracee = new Tracee(this.#master);
    this.#tracees.push(tracee);
    return tracee.to(where);
  }

  /** Compares the fields of `seen` that `expected` has. */
  check(name: string, seen: Result | Seen, expected: Result | Readonly<Record<string, Value>>) {
    const all = recordOf(seen);
    const differences = Object.entries(recordOf(expected))
      .filter(([field, value]) => all[field] !== value)
      .map(([field, value]) => ({ field, expected: value, seen: all[field] }));
    this.checked.push({ name, differences });
  }

  /** Says that a check cannot be made here. */
  skip(name: string, reason: string): void {
    this.checked.push({ name, reason });
  }

  /** Ends the tracees. */
  close(): void {
    for (const tracee of this.#tracees) tracee.close();
  }
}

function recordOf<T>(
  it: Result | Readonly<Record<string, T>>,
): Readonly<Record<string, T | Result>> {
  return typeof it === "object" ? it : { result: it };
}

import type { Stub } from "../../../stub/stub.ts";
import type { Machine } from "../../try/machine.ts";
import { Tracee, type Where } from "./tracee.ts";

type Value = string | number | bigint | boolean | null;

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
  check(
    name: string,
    seen: Readonly<Record<string, unknown>>,
    expected: Readonly<Record<string, Value>>,
  ): void {
    const differences = Object.entries(expected)
      .filter(([field, value]) => seen[field] !== value)
      .map(([field, value]) => ({ field, expected: value, seen: seen[field] }));
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

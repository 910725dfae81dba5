/* Facts about requests: tables of what is done with a tracee, and of what is seen. */

import type { Stub } from "../../../../core/stub/stub.ts";
import { hex, StublabError } from "../../../../lib/errors.ts";
import type { Machine } from "../../try/machine.ts";
import { REST, type RequestFact, type RequestStep } from "../fact.ts";
import type { CheckResult } from "../verdict.ts";
import { Look } from "./look.ts";
import { type Places, USUAL, type Value, wordOf } from "./places.ts";
import { type Script, TRACEE, verbsOf } from "./verbs.ts";

type Expected = string | number | Readonly<Record<string, Value>>;
/** A check: its name, verbs, and what is seen then. */
export type Row = readonly [name: string, script: Script, expected: Expected];
/**
 * Facts by their names, unique and stable sentences: where the kernel has them, and their checks. Verbs alone lead the
 * tracee on.
 */
export type Requests = Readonly<Record<string, readonly [source: string, ...(Row | Script)[]]>>;

/** Rows for values: "%" in a name stands for the value, or its next part; "0x%" is always hex. */
export function each<const T>(
  name: string,
  values: readonly T[],
  row: (value: T) => readonly [script: Script, expected: Expected],
): Row[] {
  return values.map((value) => [nameOf(name, value), ...row(value)]);
}

function nameOf(format: string, value: unknown): string {
  const parts = [value].flat(2);
  return format.replaceAll(/0x%|%/g, (place) => {
    const part = parts.shift();
    return typeof part === "bigint" && (place === "0x%" || part > 9n) ? hex(part) : String(part);
  });
}

/** All pairs of values. */
export function pairs<const A, const B>(some: readonly A[], others: readonly B[]) {
  return some.flatMap((one) => others.map((other) => [one, other] as const));
}

/**
 * The facts of a group that are requests of their own. Each begins with a tracee at an INT3.
 *
 * @param places where the fields are that only checks of this group have
 */
export function requestFacts(
  group: string,
  table: Requests,
  places: Places = {},
): readonly RequestFact[] {
  const all = { ...USUAL, ...places };
  return Object.entries(table).map(([name, [source, ...rows]]) => {
    return {
      ...{ name, group, source, rules: [] },
      steps: [START, ...rows.map((row) => stepOf(row, all))],
    };
  });
}

/** What is expected of a request that succeeds, and of one that fails and writes nothing. */
export const answers = (written: number, more: Readonly<Record<string, Value>> = {}) => {
  return { result: 0, written, ...more };
};
export const refused = (errno: string) => ({ result: errno, written: 0 });

const START: RequestStep = { verbs: verbsOf(TRACEE) };

function isRow(it: Row | Script): it is Row {
  return "length" in it && typeof it[0] === "string";
}

function stepOf(row: Row | Script, places: Places): RequestStep {
  if (!isRow(row)) return { verbs: verbsOf(row) };
  const [name, script, expected] = row;
  const fields = typeof expected === "object" ? expected : { result: expected };
  const check = Object.entries(fields).map(([field, value]) => {
    const place = places[field];
    if (place === undefined) throw new RangeError(`there is no place of ${field}`);
    return { field, place, word: wordOf(place, value) };
  });
  return { name, verbs: verbsOf(script), expected: check };
}

/** Looks at a fact, with tracees that are clones of a stub. */
export function lookAtRequests(
  { steps }: RequestFact,
  master: Stub,
  machine: Machine,
): readonly CheckResult[] {
  const checked: CheckResult[] = [];
  const look = new Look(master, machine);
  try {
    for (const step of steps) {
      const { name = "", expected } = step;
      const before = look.tracees;
      const reason = look.follow(step.verbs);
      if (reason !== undefined) checked.push({ name, status: "skipped", reason, unmet: [] });
      else if (expected !== undefined) {
        const unmet = look.compare(expected);
        checked.push({ name, status: unmet.length === 0 ? "held" : "failed", unmet });
      }
      if (expected !== undefined) look.closeAfter(before);
      // Without a check, the rest of the fact needs what this machine lacks.
      else if (reason !== undefined) break;
    }
  } catch (error) {
    // A tracee that is not where it should be is a result, too.
    if (!(error instanceof StublabError)) throw error;
    const unmet = [{ field: "error", expected: "none", seen: error.message }];
    checked.push({ name: REST, status: "failed", unmet });
  } finally {
    look.closeAfter(0);
  }
  return checked;
}

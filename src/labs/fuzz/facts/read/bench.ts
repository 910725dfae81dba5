/* Facts about requests: tables of what is done with a tracee, and of what is seen. */

import type { Stub } from "../../../../core/stub/stub.ts";
import { StublabError } from "../../../../lib/errors.ts";
import type { Machine } from "../../try/machine.ts";
import {
  headOf,
  REST,
  type RequestFact,
  type RequestStep,
  type RowOf,
  rowMaker,
  type Table,
  type Value,
} from "../fact.ts";
import type { CheckResult } from "../verdict.ts";
import { Look } from "./look.ts";
import { type Places, USUAL } from "./places.ts";
import { type Script, TRACEE, verbsOf } from "./verbs.ts";

type Expected = string | number | Readonly<Record<string, Value>>;
/** A check: verbs, and what is seen then. */
export type Row = RowOf<Script, Expected>;
/** Verbs alone lead the tracee on. */
export type Requests = Table<Row | Script>;

/** Rows for values, as those of cases. */
export const each = rowMaker<Script, Expected>();

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
  return Object.entries(table).map(([name, [basis, ...rows]]) => {
    return {
      ...headOf(name, group, basis),
      steps: [START, ...rows.map((row) => stepOf(row, all))],
    };
  });
}

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
    return { field, place, value };
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

/*
 * The setups that a run begins with. A line of seeds.jsonl with `seeds` begins a group, and says what it is for; names
 * before a colon are those of the kernel's selftests (tools/testing/selftests/x86) after which it is modelled. The others
 * are cases, without what a case document has by default. No cases are made from a group with `once`: those near them are
 * usually not predicted, either.
 */

import { HOST_ARCH } from "../../../core/machine/index.ts";
import { rowsOf } from "../../../lib/rows.ts";
import { table } from "../../../lib/shape.ts";
import { BASELINE } from "../case/arch.ts";
import type { Case } from "../case/case.ts";
import { CASE_SCHEMA, WAYS } from "../case/records.ts";
import { SEED_LINES } from "./arch.ts";

/** The baseline, written in the first way and resumed with CONT. */
export const SIMPLE: Case = {
  ...{ from: "signal", way: WAYS[0] ?? "SETREGS", on: "CONT", signal: 0 },
  ...{ block: BASELINE, pairs: [], words: [], length: 0 },
};

const MEMBERS = table<unknown>((value) => value, 16);

/** The seeds in the order in which a run tries them: those that cases are made from, and after them the others. */
export function seedDocuments(): {
  readonly parents: readonly object[];
  readonly others: readonly object[];
} {
  const [parents, others]: [object[], object[]] = [[], []];
  let group = parents;
  for (const it of rowsOf(SEED_LINES, MEMBERS)) {
    if ("seeds" in it) group = "once" in it ? others : parents;
    else group.push({ ...it, schema: CASE_SCHEMA, arch: HOST_ARCH });
  }
  return { parents, others };
}

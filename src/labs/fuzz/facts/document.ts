/* Facts and verdicts as JSON documents: docs/conformance.md. */

import { formatCase } from "../case/case.ts";
import type { Machine } from "../machine.ts";
import { type Fact, isSetup } from "./fact.ts";
import { processorNotes } from "./failures.ts";
import { type CheckResult, countsOf, rulesOf, type Verdict } from "./verdict.ts";

type Constants = ReadonlyMap<string, bigint>;

/** "stublab.facts/2" */
export function factsDocument(facts: readonly Fact[]): object {
  return {
    facts: facts.map((fact) => ({
      ...headOf(fact),
      checks: fact.checks.map((check) => ({
        name: check.name,
        ...(isSetup(check) && { needs: check.needs }),
      })),
    })),
  };
}

/** "stublab.conformance/2" */
export function conformanceDocument(
  verdicts: readonly Verdict[],
  machine: Machine | undefined,
  constants: Constants,
): object {
  const rules = rulesOf(verdicts);
  const held = (expected: boolean) =>
    [...rules].flatMap(([id, it]) => (it === expected ? [id] : []));
  return {
    machine: machine ?? null,
    counts: countsOf(verdicts),
    rules: { held: held(true), failed: held(false) },
    facts: verdicts.map((verdict) => ({
      ...headOf(verdict.fact),
      status: verdict.status,
      ...processorMember(processorNotes(verdict, machine)),
      ...(verdict.contradictions > 0 && { contradictions: verdict.contradictions }),
      checks: verdict.checks.map((check) => checkRow(verdict.fact, check, constants)),
    })),
  };
}

function processorMember(processors: readonly string[]) {
  return processors.length === 0 ? {} : { processors };
}

function headOf({ name, group, source, rules }: Fact) {
  return { name, group, source, rules };
}

function checkRow(
  { checks }: Fact,
  { name, status, reason, unmet, more }: CheckResult,
  constants: Constants,
) {
  const fails = status === "failed" || status === "known";
  const check = fails ? checks.find((it) => it.name === name) : undefined;
  return {
    ...{ name, status },
    ...(reason !== undefined && { reason }),
    ...(check !== undefined && isSetup(check) && { case: formatCase(check.it, constants) }),
    ...(fails && { unmet }),
    ...(more !== undefined && { more }),
  };
}

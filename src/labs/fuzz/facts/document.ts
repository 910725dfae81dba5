/* Facts and verdicts as JSON documents: docs/conformance.md. */

import { STATUSES } from "../../../lib/check.ts";
import {
  count,
  list,
  members,
  nameOrNumber,
  nullable,
  oneOf,
  optional,
  record,
  type Shape,
  text,
  truth,
} from "../../../lib/shape.ts";
import { formatCase } from "../case/text.ts";
import { loggedMachineShape, type Machine } from "../machine.ts";
import { factOf } from "./arch.ts";
import { type Fact, isSetup } from "./fact.ts";
import { processorNotes } from "./failures.ts";
import type { ToolVerdict } from "./profiles.ts";
import {
  type CheckResult,
  countsOf,
  rulesOf,
  type Unmet,
  type Verdict,
  type VerdictLog,
  verdictOf,
} from "./verdict.ts";

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
  profile?: ToolVerdict,
): object {
  const rules = rulesOf(verdicts);
  const held = (expected: boolean) =>
    [...rules].flatMap(([id, it]) => (it === expected ? [id] : []));
  return {
    machine: machine ?? null,
    ...(profile !== undefined && { profile }),
    counts: countsOf(verdicts),
    rules: { held: held(true), failed: held(false) },
    facts: verdicts.map((verdict) => ({
      ...headOf(verdict.fact),
      status: verdict.status,
      ...processorMember(processorNotes(verdict, machine)),
      ...(verdict.contradictions > 0 && { contradictions: verdict.contradictions }),
      checks: verdict.checks.map((check) => checkRow(verdict.fact, check)),
    })),
  };
}

function processorMember(processors: readonly string[]) {
  return processors.length === 0 ? {} : { processors };
}

function headOf({ name, group, source, rules }: Fact) {
  return { name, group, source, rules };
}

function checkRow({ checks }: Fact, { name, status, reason, unmet }: CheckResult) {
  const fails = status === "failed" || status === "known";
  const check = fails ? checks.find((it) => it.name === name) : undefined;
  return {
    ...{ name, status },
    ...(reason !== undefined && { reason }),
    ...(check !== undefined && isSetup(check) && { case: formatCase(check.it) }),
    ...(fails && { unmet }),
  };
}

const MOST = 1_000_000;

const texts = list(text, MOST);
const membersOfProfile = record({
  ...{ tool: text, enough: nullable(truth), limits: optional(texts), missing: texts },
});
const profileShape: Shape<ToolVerdict> = (value, place) => {
  const { limits = [], ...others } = membersOfProfile(value, place);
  return { ...others, limits };
};

const unmetShape: Shape<Unmet> = record({
  ...{ field: text, expected: nameOrNumber, seen: nullable(nameOrNumber) },
});

const checkShape: Shape<CheckResult> = (value, place) => {
  const read = members(value, place);
  return {
    ...{ name: read("name", text), status: read("status", oneOf(STATUSES)) },
    reason: read("reason", optional(text)),
    unmet: read("unmet", optional(list(unmetShape, MOST))) ?? [],
  };
};

const verdictShape: Shape<Verdict> = (value, place) => {
  const read = members(value, place);
  const fact = factOf(read("name", text), read("group", text));
  const contradictions = read("contradictions", optional(count(MOST))) ?? 0;
  return verdictOf(fact, read("checks", list(checkShape, MOST)), contradictions);
};

/** Reads a "stublab.conformance/2". @throws InputError that names the member */
export function parseConformance(document: unknown): VerdictLog {
  const read = members(document, "");
  read("schema", oneOf(["stublab.conformance/2"]));
  const machine = read("machine", nullable(loggedMachineShape)) ?? undefined;
  const profile = read("profile", optional(profileShape));
  return { verdicts: read("facts", list(verdictShape, MOST)), machine, profile, lost: 0 };
}

/*
 * The rules of the model: what the kernel and the processor do with a setup. Their numbers are data, so that a rule can
 * be removed or changed (mutants.ts), and docs/model.md is generated from this table.
 */

import type { Feature } from "../../try/machine.ts";
import { RESUME_RULES } from "./resume_rules.ts";
import { SIGRETURN_RULES } from "./return_rules.ts";
import type { RuleEntry } from "./rule.ts";
import { UNPREDICTED_RULES } from "./unpredicted_rules.ts";
import { WRITE_RULES } from "./write_rules.ts";

export const PHASES = ["write", "return", "resume", "unpredicted"] as const;
export type Phase = (typeof PHASES)[number];

const TABLE = { ...WRITE_RULES, ...SIGRETURN_RULES, ...RESUME_RULES, ...UNPREDICTED_RULES };
export type RuleId = keyof typeof TABLE;
/** The names of a rule's numbers. */
export type ValueOf<I extends RuleId> = Extract<keyof (typeof TABLE)[I]["values"], string>;

export interface Rule extends RuleEntry {
  readonly id: string;
  readonly phase: Phase;
}

function phaseOf(id: string): Phase {
  if (id in WRITE_RULES) return "write";
  if (id in SIGRETURN_RULES) return "return";
  return id in RESUME_RULES ? "resume" : "unpredicted";
}

const numberOf = (id: string): number => Number(id.slice(1));

/** The rules by phase, and in each phase by number. */
export const RULES: readonly Rule[] = Object.entries<RuleEntry>(TABLE)
  .map(([id, entry]) => ({ id, phase: phaseOf(id), ...entry }))
  .sort(
    (a, b) => PHASES.indexOf(a.phase) - PHASES.indexOf(b.phase) || numberOf(a.id) - numberOf(b.id),
  );

/** Whether a rule holds on a machine with these features. */
export function holds({ feature }: RuleEntry, features: readonly Feature[]): boolean {
  if (feature === undefined) return true;
  const asked = features.some((name) => feature === name || feature === `!${name}`);
  return feature.startsWith("!") ? !asked : asked;
}

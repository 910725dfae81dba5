/*
 * Whether what contradicts a prediction is the kernel's or the processor's: a rule about the processor may be wrong on
 * one that nobody has asked. A program without ptrace shows what the processor does by itself.
 */

import { grouped } from "../../../lib/group.ts";
import { listed } from "../../../lib/listed.ts";
import type { CaseOutcome } from "../examiner.ts";
import type { Machine } from "../machine.ts";
import { isUnasked, processorsText } from "../predict/processors.ts";
import type { Rule } from "../predict/rules.ts";
import type { Suspects } from "../predict/suspects.ts";
import { readCopied } from "./copied.ts";

type Attributed = Pick<Rule, "id" | "asked">;
type Kind = Pick<Machine, "arch" | "vendor" | "family" | "model">;

/** The name of the program in a folder. */
export const PROCESSOR_PROGRAM = "processor.c";

/** A program in C that tries what the rules about a processor say, for amd64. */
export const processorProgram = (): string => readCopied(PROCESSOR_PROGRAM);

/** Whether the program has a trial that a rule is about. */
export function isTried(id: string): boolean {
  return new RegExp(`^ +\\{"[^"]*\\b${id}\\b`, "m").test(processorProgram());
}

/** Whether a contradiction is the kernel's, or rather that of a processor that nobody has asked. */
function attributionOf({ rules }: Suspects, machine: Kind): "kernel" | "processor" {
  return rules.some((rule) => isUnasked(rule, machine)) ? "processor" : "kernel";
}

/** Whether a finding has the program about processors, and not a search for a commit of the kernel. */
export function isProcessors({ suspects }: Pick<CaseOutcome, "suspects">, machine: Kind): boolean {
  const isProgram = machine.arch === undefined && suspects.rules.some(({ id }) => isTried(id));
  return isProgram && attributionOf(suspects, machine) === "processor";
}

/**
 * For each of these rules that was measured on other processors only, where, and what decides:
 * "R62 was seen on AMD family 25 and 26; this is GenuineIntel family 6 model 207: probably the processor; …"
 *
 * @param suspected whether an outcome contradicts the rules
 */
export function processorLines(
  rules: readonly Attributed[],
  machine: Kind,
  suspected = true,
): string[] {
  const { vendor, family, model } = machine;
  const unasked = rules.filter((rule) => isUnasked(rule, machine));
  const places = grouped(unasked, ({ asked = [] }) => processorsText(asked));
  return [...places].map(([place, own]) => {
    const ids = own.map(({ id }) => id);
    const seen = `${listed(ids)} ${ids.length === 1 ? "was" : "were"} seen on ${place}`;
    const here = `this is ${vendor} family ${family}${Number.isNaN(model) ? "" : ` model ${model}`}`;
    if (!suspected) return `${seen}; ${here}`;
    const decides =
      machine.arch === undefined && ids.some(isTried)
        ? `; ${PROCESSOR_PROGRAM} in user mode decides (stublab fuzz export --as processor)`
        : "";
    return `${seen}; ${here}: probably the processor${decides}`;
  });
}

/** What depends on suspects, and whether it is rather the processor's, in sentences. */
export function suspicions(suspects: Suspects, machine: Kind): string[] {
  const lines = [suspectText(suspects), ...processorLines(suspects.rules, machine)];
  return lines
    .filter((line) => line !== "")
    .map((line) => `${line.charAt(0).toUpperCase()}${line.slice(1)}.`);
}

/** "the difference vanishes without R62"; empty if nothing is known. */
function suspectText({ rules, vanishes }: Suspects): string {
  if (rules.length === 0) return "";
  const own = rules.map(({ id }) => id);
  const ids = listed(own, vanishes ? "or" : "and");
  return vanishes ? `the difference vanishes without ${ids}` : `the difference depends on ${ids}`;
}

/** Suspects as a document has them. */
export function suspectTable(suspects: Suspects, machine: Machine) {
  return {
    rules: suspects.rules.map(({ id }) => id),
    vanishes: suspects.vanishes,
    attribution: suspects.rules.length === 0 ? null : attributionOf(suspects, machine),
    processors: processorLines(suspects.rules, machine),
  };
}

/*
 * Whether what contradicts a prediction is the kernel's or the processor's: a rule about the processor may be wrong on
 * one that nobody has asked. A program without ptrace shows what the processor does by itself.
 */

import { grouped } from "../../../lib/group.ts";
import { listed } from "../../../lib/listed.ts";
import type { CaseOutcome } from "../examiner.ts";
import type { Machine } from "../machine.ts";
import type { Causes } from "../predict/model.ts";
import { formatPlant } from "../predict/plant.ts";
import { isUnasked, processorsText } from "../predict/processors.ts";
import type { Rule } from "../predict/rules.ts";
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

/**
 * Whose a contradiction is: a processor's that nobody has asked, the kernel's, or that of the trial of a feature, which
 * may have missed it; null if no single rule explains it.
 */
function attributionOf({ rules, features }: Causes, machine: Kind) {
  if (features.length > 0) return "trial";
  if (rules.length === 0) return null;
  return rules.some((rule) => isUnasked(rule, machine)) ? "processor" : "kernel";
}

/** Whether a finding has the program about processors, and not a search for a commit of the kernel. */
export function isProcessors({ causes }: Pick<CaseOutcome, "causes">, machine: Kind): boolean {
  const isProgram = machine.arch === undefined && causes.rules.some(({ id }) => isTried(id));
  const attribution = attributionOf(causes, machine);
  return isProgram && (attribution === "processor" || attribution === "trial");
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

/** What explains a difference, and whose it is, in sentences; the probe says the first ones, too (shim/probe/compare.c). */
export function explanations(causes: Causes, machine: Machine): string[] {
  const lines = processorLines(causes.rules, machine, causes.features.length === 0);
  return [
    ...causeLines(causes, machine),
    ...lines.map((line) => `${line.charAt(0).toUpperCase()}${line.slice(1)}.`),
  ];
}

function causeLines({ rules, features, alterations }: Causes, machine: Machine): string[] {
  const lines = [
    ...(rules.length > 0
      ? [
          listed(
            rules.map(({ id }) => id),
            "or",
          ),
        ]
      : []),
    ...alterations.map((change) => `the alteration ${formatPlant(change)}`),
  ].map((what) => `The difference vanishes without ${what}.`);
  const trials = features.map((name) => {
    const [how, found] = machine.features.includes(name)
      ? ["without", "found"]
      : ["with", "not found"];
    return `The outcome is as predicted ${how} ${name}, which was ${found} here: its trial may be wrong, and not the processor.`;
  });
  const all = [...lines, ...trials];
  return all.length > 0 ? all : ["No single rule explains the difference."];
}

/** Causes as a document has them. */
export function causeTable(causes: Causes, machine: Machine) {
  return {
    rules: causes.rules.map(({ id }) => id),
    features: causes.features,
    alterations: causes.alterations.map(formatPlant),
    attribution: attributionOf(causes, machine),
    processors: processorLines(causes.rules, machine, causes.features.length === 0),
  };
}

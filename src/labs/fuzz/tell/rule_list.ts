/* The rules of the model for either architecture, as they are listed. */

import type { Arch } from "../../../core/machine/index.ts";
import { CASES } from "../case/arch.ts";
import { ModuleFile } from "../case/module.ts";
import { processorsText } from "../predict/processors.ts";
import { type Rule, readRules, ruleText } from "../predict/rules.ts";

/** A rule as it is listed, and in "stublab.rules/1". */
export type ListedRule = ReturnType<typeof listed>;

/** All rules of an architecture. @throws EncoderError if the build has no model of it */
export function listRules(arch: Arch): ListedRule[] {
  const { MODULE, RULES } = CASES[arch];
  return readRules(new ModuleFile(MODULE), RULES).map(listed);
}

/** Whether a word is the id or the phase of a rule, or part of its sentence, its condition or its source. */
export function isMeant({ id, phase, ...texts }: ListedRule, word: string): boolean {
  const wanted = word.toLowerCase();
  if (/^[wsru]\d+$/.test(wanted)) return id.toLowerCase() === wanted;
  const isPart = (text: string | null) => text?.toLowerCase().includes(wanted) === true;
  return phase === wanted || Object.values(texts).some(isPart);
}

/** With its numbers in the sentence; null for no condition, and for a rule about the kernel, which no processor was asked. */
function listed(rule: Rule) {
  const { id, phase, source, asked } = rule;
  const text = ruleText(rule) + otherValues(rule);
  const processors = asked === undefined ? null : processorsText(asked);
  return { id, phase, text, condition: conditionOf(rule), source, asked: processors };
}

function otherValues({ valuesWith }: Rule): string {
  const all = Object.entries(valuesWith).flatMap(([feature, values]) =>
    Object.keys(values).map((name) => {
      const value = ruleText({ text: `{${name}}`, values });
      return ` With ${feature} its ${name} is ${value}.`;
    }),
  );
  return all.join("");
}

function conditionOf({ feature, since }: Rule): string | null {
  if (feature === undefined) return null;
  const told = feature.startsWith("!") ? `without ${feature.slice(1)}` : `with ${feature}`;
  return since === undefined ? told : `${told} (Linux ${since})`;
}

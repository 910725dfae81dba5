/* The rules as tables for docs/model.md. */

import { PHASES, type Phase, type Rule, rules, ruleText } from "./rules.ts";

/** Between these lines of the document a table stands. */
const begin = (phase: Phase): string => `<!-- rules: ${phase} -->`;
const END = "<!-- end -->";

/** A document with its tables made anew. */
export function withRules(document: string): string {
  return PHASES.reduce((text, phase) => {
    const from = text.indexOf(begin(phase));
    const to = text.indexOf(END, from);
    if (from < 0 || to < 0) throw new RangeError(`the document has no place for ${begin(phase)}`);
    return `${text.slice(0, from)}${begin(phase)}\n${tableOf(phase)}\n${text.slice(to)}`;
  }, document);
}

function tableOf(phase: Phase): string {
  const rows = rules()
    .filter((rule) => rule.phase === phase)
    .map(
      (rule) =>
        `| ${rule.id} | ${cell(ruleText(rule) + otherValues(rule))} | ${cell(conditionOf(rule))} | ${cell(rule.source)} |`,
    );
  return ["| rule | what it says | holds | source |", "| --- | --- | --- | --- |", ...rows].join(
    "\n",
  );
}

/** The values on machines with a feature. */
function otherValues({ valuesWith }: Rule): string {
  return Object.entries(valuesWith)
    .flatMap(([feature, values]) =>
      Object.keys(values).map(
        (name) => ` With ${feature} its ${name} is ${ruleText({ text: `{${name}}`, values })}.`,
      ),
    )
    .join("");
}

function conditionOf({ feature, since }: Rule): string {
  if (feature === undefined) return "";
  const told = feature.startsWith("!") ? `without ${feature.slice(1)}` : `with ${feature}`;
  return since === undefined ? told : `${told} (Linux ${since})`;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}

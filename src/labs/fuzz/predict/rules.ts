/*
 * The rules of the model: each stands in assembly/model/ above the code that uses it, as a comment and exported globals
 * (assembly/model/rule.ts).
 */

import { readFileSync } from "node:fs";
import type { Arch } from "../../../core/machine/index.ts";
import { beside } from "../../../lib/beside.ts";
import { errnoName } from "../../../lib/errno.ts";
import { hex, InputError } from "../../../lib/errors.ts";
import { didYouMean } from "../../../lib/nearest.ts";
import { list, optional, record, show, text } from "../../../lib/shape.ts";
import { CASES, RULES } from "../case/arch.ts";
import { fuzzModule, ModuleFile } from "../case/module.ts";
import { nameOfSignal } from "../case/signals.ts";
import { FEATURES, type Feature } from "../machine.ts";
import { type Processor, processorsOf, processorsText } from "./processors.ts";

export const PHASES = ["write", "return", "resume", "unpredicted"] as const;
export type Phase = (typeof PHASES)[number];

/** What the kernel or the processor does with a setup. */
export interface Rule {
  /** "W3". */
  readonly id: string;
  readonly phase: Phase;
  /** A sentence; {name} stands for the value of that name. */
  readonly text: string;
  /** A function of the kernel, its file and the version looked at; a section of the processor's manual; or "measured". */
  readonly source: string;
  /** The processors that were asked, if it says what the processor does; a rule about the kernel has none. */
  readonly asked?: readonly Processor[];
  /** The feature that the machine must have for the rule to hold; with "!", must not have. */
  readonly feature?: Feature | `!${Feature}`;
  /** The first kernel release that has the feature. */
  readonly since?: string;
  readonly values: Readonly<Record<string, bigint>>;
  /** Values on machines that have a feature. */
  readonly valuesWith: Readonly<Partial<Record<Feature, Readonly<Record<string, bigint>>>>>;
}

const PHASE_OF: Readonly<Record<string, Phase>> = {
  ...{ W: "write", S: "return", R: "resume", U: "unpredicted" },
};

let table: readonly Rule[] | undefined;

/**
 * All rules, by phase and number.
 *
 * @throws EncoderError if the module of the fuzzer cannot be loaded
 */
export function rules(): readonly Rule[] {
  table ??= readRules(fuzzModule(), RULES);
  return table;
}

/** The places of the numbers of all rules in the module's table: of "W3.level". */
export function placeOfNumber(id: string, name: string): number {
  const names = rules().flatMap((rule) => Object.keys(rule.values).map((it) => `${rule.id}.${it}`));
  return names.indexOf(`${id}.${name}`);
}

/** A rule by its id; undefined if there is no such rule. */
export function ruleOf(id: string): Rule | undefined {
  return rules().find((rule) => rule.id === id);
}

/** A rule by its id. @throws InputError that names the id nearest to an unknown one, after `place` */
export function expectRule(id: string, place: string): Rule {
  const rule = ruleOf(id);
  if (rule !== undefined) return rule;
  const ids = rules().map((rule) => rule.id);
  throw new InputError(`${place}: there is no rule ${show(id)}${didYouMean(id, ids)}`, {
    remedy: "`stublab predict --list` has the rules of the model",
  });
}

const TABLE = list(
  record({
    ...{ id: text, text, source: text },
    ...{ asked: optional(text), needs: optional(text), since: optional(text) },
    numbers: list(text, 64),
  }),
  256,
);

/**
 * The rules of a module.
 *
 * @param file what the build has read of their comments (scripts/rules.mjs)
 */
export function readRules(module: ModuleFile, file: string): Rule[] {
  return TABLE(JSON.parse(readFileSync(beside(file), "utf8")), file)
    .filter(({ id }) => module.globals.has(id))
    .map(({ asked, needs, since, numbers, ...rule }) => ({
      ...{ ...rule, phase: PHASE_OF[rule.id.charAt(0)] ?? "write" },
      ...(asked !== undefined && { asked: processorsOf(asked) }),
      ...(needs !== undefined && { feature: conditionOf(rule.id, needs) }),
      ...(since !== undefined && { since }),
      ...numbersOf(module, rule.id, numbers),
    }));
}

/** The numbers of a rule: W3_level, and W39_TASK_SIZE_MAX_la57 on a machine with the feature la57. */
function numbersOf(
  { globals }: ModuleFile,
  id: string,
  names: readonly string[],
): Pick<Rule, "values" | "valuesWith"> {
  const numberOf = (name: string) => BigInt(globals.get(`${id}_${name}`)?.value ?? 0);
  const values = Object.fromEntries(names.map((name) => [name, numberOf(name)]));
  const valuesWith: Partial<Record<Feature, Record<string, bigint>>> = {};
  for (const feature of FEATURES)
    for (const name of names.filter((each) => globals.has(`${id}_${each}_${feature}`)))
      valuesWith[feature] = { ...valuesWith[feature], [name]: numberOf(`${name}_${feature}`) };
  return { values, valuesWith };
}

function conditionOf(id: string, text: string): Feature | `!${Feature}` {
  return text.startsWith("!") ? `!${featureOf(id, text.slice(1))}` : featureOf(id, text);
}

function featureOf(id: string, name: string): Feature {
  const feature = FEATURES.find((each) => each === name);
  if (feature === undefined) throw new RangeError(`rule ${id} depends on an unknown "${name}"`);
  return feature;
}

/** Whether a rule holds on a machine with these features. */
export function holds({ feature }: Rule, features: readonly Feature[]): boolean {
  if (feature === undefined) return true;
  const asked = features.some((name) => feature === name || feature === `!${name}`);
  return feature.startsWith("!") ? !asked : asked;
}

/** The values of a rule on a machine with these features: of several that change one, that of the last of FEATURES. */
export function valuesOn(
  { values, valuesWith }: Rule,
  features: readonly Feature[],
): Readonly<Record<string, bigint>> {
  const own = FEATURES.filter((feature) => features.includes(feature));
  return Object.assign({}, values, ...own.map((feature) => valuesWith[feature]));
}

/** A rule's sentence with its values in it, or with other values. */
export function ruleText(
  { text, values: own }: Pick<Rule, "text" | "values">,
  values = own,
): string {
  return text.replace(/\{(\w+)\}/g, (_, name: string) => valueText(name, values[name] ?? 0n));
}

/** A rule's sentence on a machine with these features. */
export const textOn = (rule: Rule, features: readonly Feature[]): string =>
  ruleText(rule, valuesOn(rule, features));

/** Numbers of which each bit has a meaning of its own, by name. */
export const BITS: ReadonlySet<string> = new Set([
  ..."mask set flag flags cleared never without components bit".split(" "),
  ..."FLAG_MASK FIX_EFLAGS SYNCHRONOUS_MASK SIG_KERNEL_IGNORE_MASK SIG_KERNEL_STOP_MASK".split(" "),
]);
const SELECTORS: ReadonlySet<string> = new Set(
  "code64 code32 data cpunode cs ss selector".split(" "),
);

/** An errno or a signal by its name; bits, selectors and large numbers in hexadecimal, others in decimal. */
function valueText(name: string, value: bigint): string {
  if (BITS.has(name) || SELECTORS.has(name)) return hex(BigInt.asUintN(64, value));
  if (name === "errno") return errnoName(Number(value));
  if (name === "signal") return nameOfSignal(Number(value));
  return value > -1024n && value < 1024n ? String(value) : hex(BigInt.asUintN(64, value));
}

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
  return { id, phase, text, condition: tellCondition(rule), source, asked: processors };
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

function tellCondition({ feature, since }: Rule): string | null {
  if (feature === undefined) return null;
  const told = feature.startsWith("!") ? `without ${feature.slice(1)}` : `with ${feature}`;
  return since === undefined ? told : `${told} (Linux ${since})`;
}

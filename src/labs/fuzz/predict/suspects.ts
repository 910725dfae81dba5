/*
 * The rules that may be wrong if an outcome contradicts its prediction. It is tried: the case is predicted again without
 * each rule that the prediction used, with each other number that the rule has on other machines, and on a machine that
 * differs in the feature on which the rule depends.
 */

import type { Fields } from "../case/fields.ts";
import type { Machine } from "../machine.ts";
import { FEATURES, type Feature } from "../machine.ts";
import { adoptFlags, differencesOf, type FieldDifference } from "./differences.ts";
import type { AppliedRule, Change, Model } from "./model.ts";
import { type CasePrediction, predictionOf, type StepPrediction } from "./prediction.ts";
import type { Rule } from "./rules.ts";

export interface Suspects {
  /** In the order in which the prediction used them. */
  readonly rules: readonly AppliedRule[];
  /** Whether the outcome is as predicted without one of them; otherwise the first difference only depends on them. */
  readonly vanishes: boolean;
}

export const NO_SUSPECTS: Suspects = { rules: [], vanishes: false };

const NONE: Fields = new Map();

/** A prediction, and the outcome that contradicts it. */
interface Contradicted extends CasePrediction {
  readonly seen: Fields;
  readonly before: readonly (StepPrediction & { readonly seen: Fields })[];
  readonly differences: readonly FieldDifference[];
}

export function suspectsOf(outcome: Contradicted, model: Model): Suspects {
  const { it, rules, differences } = outcome;
  const [first] = differences;
  if (first === undefined) return NO_SUSPECTS;
  const tried = rules
    // One about what is not predicted contradicts nothing.
    .filter(({ phase }) => phase !== "unpredicted")
    .map((rule) => {
      const others = modelsWithout(rule, model)
        .map((other) => predictionOf(it, other))
        // The steps before have no part in it. A recording lacks their outcomes.
        .filter(
          (other) =>
            !outcome.before.some(({ seen }, k) =>
              contradicts(other.before[k]?.predicted ?? NONE, seen, model),
            ),
        );
      return {
        rule,
        vanishes: others.some((other) => vanishesWith(other, outcome, model)),
        decides: others.some(({ predicted }) => predicted.get(first.field) !== first.predicted),
      };
    });
  const exact = tried.filter(({ vanishes }) => vanishes);
  const found = exact.length > 0 ? exact : tried.filter(({ decides }) => decides);
  return { rules: found.map(({ rule }) => rule), vanishes: exact.length > 0 };
}

/** Models in which the rule is missing, has a number of another machine, or does not hold. */
function modelsWithout({ id, feature, values, valuesWith }: Rule, model: Model): Model[] {
  const altered = Object.values(valuesWith).flatMap((others) =>
    Object.entries(others)
      .filter(([value, to]) => values[value] !== to)
      .map(([value, to]): Change => ({ id, value, to })),
  );
  const changes: readonly Change[] = [{ id, remove: true }, ...altered];
  const { machine } = model;
  const others = feature === undefined ? [] : [{ ...machine, features: without(machine, feature) }];
  return [
    ...changes.map((change) => model.with(change)),
    ...others.map((other) => model.with(undefined, other)),
  ];
}

/** The features of a machine on which what a rule needs is not so. */
function without({ features }: Machine, needed: NonNullable<Rule["feature"]>): Feature[] {
  const others = FEATURES.filter((name) => features.includes(name) && name !== needed);
  const added = FEATURES.filter((name) => needed === `!${name}`);
  return [...others, ...added];
}

/** Whether a prediction contradicts what was seen, of which a recording lacks what was not the same in two stubs. */
function contradicts(predicted: Fields, seen: Fields, { ignoredFlags }: Model): boolean {
  const known = new Map([...predicted].filter(([field]) => seen.has(field)));
  return differencesOf(adoptFlags(known, seen, ignoredFlags), seen).length > 0;
}

/** Whether another prediction has what differs as it was seen, contradicts nothing, and hides nothing. */
function vanishesWith(
  { predicted, unpredicted }: CasePrediction,
  { seen, differences, ...outcome }: Contradicted,
  model: Model,
): boolean {
  if (unpredicted !== null && unpredicted !== outcome.unpredicted) return false;
  const isShown = differences.some(({ field }) => {
    const word = seen.get(field);
    return word !== undefined && predicted.get(field) === word;
  });
  return isShown && !contradicts(predicted, seen, model);
}

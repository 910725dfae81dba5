// The cause of a contradiction: a rule without which the outcome is as predicted, an alteration of the rules without which
// it is, or a feature that the machine has or lacks if the outcome is right. Otherwise no single rule explains it. That a
// prediction used a rule, or depends on it, shows nothing: most predictions use many.

import { firstUnpredicted, neededFeatures, setRule } from "../../build/rule_settings";
import { predict } from "../model/predict";
import { Known, known } from "../model/prediction";
import { usedRule, usedRules } from "../model/rule";
import { alterationCount, flipFeatures, withhold } from "./alterations";
import { predictOne } from "./assess";
import { determines, differencePlaces, differences, differsFrom } from "./difference";
import { firstStep } from "./records";
import { OUTCOME_SIZE, SETUP_SIZE, Setup } from "./setup";

const MOST_USED = 256;
const MOST_CAUSES: u32 = 64;
/** A cause below is a rule by its place, then come features, and alterations by their numbers. */
const FEATURE: u16 = 256;
const ALTERATION: u16 = 512;
const FEATURES: u64 = 64;
const MOST_PLACES = 16;

/** What `findCauses` has found, u16 each: rules in the order of their first use, features, alterations. */
export const causes: usize = memory.data(128, 2);
let causeCount: u32 = 0;

const rules = memory.data(MOST_USED);
const places = memory.data(4 * MOST_PLACES, 4);
let placeCount: u32 = 0;

/** The case under way: its steps, their outcomes, and what of these is known. */
let first: usize = 0;
let last: usize = 0;
let outcomes: usize = 0;
let seen: usize = 0;
/** The rule because of which the stop is not predicted. */
let reason: u32 = 0;

/**
 * Finds the causes of the first differences of an outcome; returns their number, which is 0 if nothing differs. The last
 * prediction is that of the setup afterwards.
 *
 * @param setup the last step that is looked at; those before are side by side with it, as are the outcomes
 * @param compared Known for each step, from the first on: what of the outcome is compared; 0: all
 */
export function findCauses(setup: usize, outcome: usize, compared: usize): u32 {
  last = setup;
  first = firstStep(setup);
  outcomes = outcome - ((last - first) / SETUP_SIZE) * OUTCOME_SIZE;
  seen = compared;
  causeCount = 0;
  const differing = agreesUntilLast() && differsFrom(lastOutcome());
  reason = known.reason;
  placeCount = differing ? differences(last, lastOutcome()) : 0;
  memory.copy(places, differencePlaces, 4 * placeCount);
  if (placeCount > 0) tryAll();
  predictOne(setup);
  return causeCount;
}

function tryAll(): void {
  const count = uniqueRules();
  for (let k: u32 = 0; k < count; k++) {
    const rule = load<u8>(rules + k);
    // One about what is not predicted contradicts nothing.
    if (rule >= firstUnpredicted) continue;
    setRule(rule, 0);
    if (explains()) add(rule);
    setRule(rule, rule);
  }
  for (let feature: u64 = 0; feature < FEATURES; feature++) {
    if (((neededFeatures >> feature) & 1) == 0) continue;
    flipFeatures(u64(1) << feature);
    if (explains()) add(FEATURE + u16(feature));
  }
  for (let k: u32 = 0; k < alterationCount(); k++) {
    withhold(k);
    if (explains()) add(ALTERATION + u16(k));
  }
  flipFeatures(0);
}

function add(cause: u16): void {
  if (causeCount < MOST_CAUSES) store<u16>(causes + 2 * causeCount++, cause);
}

/** The rules of the last prediction, each once. Returns their number. */
function uniqueRules(): u32 {
  let count: u32 = 0;
  for (let k: u32 = 0; k < usedRules(); k++) {
    const rule = u8(usedRule(k));
    let at: u32 = 0;
    while (at < count && load<u8>(rules + at) != rule) at++;
    if (at == count) store<u8>(rules + count++, rule);
  }
  return count;
}

/** Whether the rules as they are predict what was seen, hide nothing of what differs, and have the steps before right. */
function explains(): bool {
  if (!agreesUntilLast() || differsFrom(lastOutcome())) return false;
  if (known.reason != 0 && known.reason != reason) return false;
  for (let i: u32 = 0; i < placeCount; i++) if (determines(load<u32>(places + 4 * i))) return true;
  return false;
}

/** Predicts all steps. Returns whether none before the last contradicts its outcome. */
function agreesUntilLast(): bool {
  let outcome = outcomes;
  let compared = seen;
  for (let step = first; step <= last; step += SETUP_SIZE, outcome += OUTCOME_SIZE) {
    predict(changetype<Setup>(step));
    if (compared != 0) {
      narrow(changetype<Known>(compared));
      compared += offsetof<Known>();
    }
    if (step < last && differsFrom(outcome)) return false;
  }
  return true;
}

/** Forgets what is predicted of what is not compared. */
function narrow(compared: Known): void {
  known.fields &= compared.fields;
  known.written &= compared.written;
  known.stopped &= compared.stopped;
  known.frame &= compared.frame;
}

function lastOutcome(): usize {
  return outcomes + ((last - first) / SETUP_SIZE) * OUTCOME_SIZE;
}

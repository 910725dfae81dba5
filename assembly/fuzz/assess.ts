// Predicts cases that were tried, compares, and signs them: a batch per call. The host learns only of the cases whose
// outcome differs, or has a signature that was not there lately.

import { predict } from "../model/predict";
import { known, predicted } from "../model/prediction";
import { countUses } from "../model/rule";
import { isStop } from "../model/stops";
import { differsFrom } from "./difference";
import { firstStep } from "./records";
import {
  FROM_LAST,
  MOST_OBSTACLES,
  OBSTACLE_ENDED,
  OUTCOME_SIZE,
  Outcome,
  SETUP_SIZE,
  Setup,
} from "./setup";
import { signatureOf } from "./signature";

/** How an outcome compares with its prediction; the host numbers the ways to differ, from 2 on. */
export const AGREES: u32 = 0;
export const UNPREDICTED: u32 = 1;

/** The prediction of the last case (Known in ../model/prediction.ts), and the outcome that it predicts. */
export const prediction: usize = changetype<usize>(known);
export const predictedOutcome: usize = predicted;

/** Predicts a step, and the steps of its case before it. */
export function predictOne(setup: usize): void {
  for (let step = firstStep(setup); step <= setup; step += SETUP_SIZE) {
    predict(changetype<Setup>(step));
  }
}

const MOST_RULES = 256;

/** The counts of the cases that are done; the host reads it, and may clear it. */
@unmanaged
class Tally {
  cases: u32;
  /** Cases that ended their stub, and those of them that did not stop. */
  deaths: u32;
  hangs: u32;
}

/** Tally, and by rule the number of cases that are not predicted because of it. */
export const tally: usize = memory.data(16, 4);
export const unpredicted: usize = memory.data(4 * MOST_RULES, 4);

/** Counts the case that was predicted last. */
export function count(outcomeAt: usize): void {
  const outcome = changetype<Outcome>(outcomeAt);
  const counts = changetype<Tally>(tally);
  counts.cases++;
  if (outcome.resumed == 0 && !isStop(outcome.status)) {
    counts.deaths++;
    if (outcome.status == 0) counts.hangs++;
  }
  if (known.reason == 0) return;
  const entry = unpredicted + 4 * known.reason;
  store<u32>(entry, load<u32>(entry) + 1);
}

/** By enum stublab_obstacle, the number of cases that were not tried, and the errno of the last of them. */
export const untried: usize = memory.data(4 * MOST_OBSTACLES, 4);
export const untriedErrors: usize = memory.data(4 * MOST_OBSTACLES, 4);

function countUntried(outcome: Outcome): void {
  changetype<Tally>(tally).cases++;
  // The step before it says why.
  if (outcome.obstacle == OBSTACLE_ENDED) return;
  const place: usize = 4 * outcome.obstacle;
  store<u32>(untried + place, load<u32>(untried + place) + 1);
  store<i32>(untriedErrors + place, outcome.obstacleError);
}

/** The number of signatures that were there lately, each in the slot of its low bits. The host keeps all of them. */
const SLOTS: u32 = 4096;

/**
 * Assesses `count` setups and outcomes. Writes the indices of those that differ, or whose signature is not among
 * `recent`, to `news`, and returns their number; the others, and those that were not tried, are counted. So are steps
 * after one that differs.
 */
export function assess(
  setups: usize,
  outcomes: usize,
  recent: usize,
  news: usize,
  cases: u32,
): u32 {
  let found: u32 = 0;
  let differed = false;
  for (let i: u32 = 0; i < cases; i++) {
    const setup = changetype<Setup>(setups + SETUP_SIZE * i);
    const outcome = outcomes + OUTCOME_SIZE * i;
    if (changetype<Outcome>(outcome).obstacle != 0) {
      countUntried(changetype<Outcome>(outcome));
      continue;
    }
    predict(setup);
    countUses();
    const isAfter = differed && setup.from == FROM_LAST;
    differed = isAfter || differsFrom(outcome);
    if (isAfter || (!differed && isRecent(setup, changetype<Outcome>(outcome), recent))) {
      count(outcome);
    } else store<u32>(news + 4 * found++, i);
  }
  return found;
}

function isRecent(setup: Setup, outcome: Outcome, recent: usize): bool {
  const agreement = known.reason != 0 ? UNPREDICTED : AGREES;
  const signature = signatureOf(setup, outcome, agreement);
  return load<f64>(recent + 8 * (u32(u64(signature)) & (SLOTS - 1))) == signature;
}

/** The signature of the setup that was predicted last, and its outcome. */
export function sign(setup: usize, outcome: usize, agreement: f64): f64 {
  const kind = u32(u64(agreement));
  return signatureOf(changetype<Setup>(setup), changetype<Outcome>(outcome), kind);
}

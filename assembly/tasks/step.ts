// One step: an action of a task, and all that follows from it until nobody moves. Where several tasks move, each order is
// followed, so a step may have several results.

import { action } from "./actions";
import * as k from "./kernel";
import { act, run } from "./run";
import { births, STATE_SIZE, state, task } from "./state";

/**
 * What is seen may leave open in which of several states the tasks are, so a step begins in each of them. Those it may lead
 * to are followed up to a limit.
 */
const MOST_STATES: u32 = 64;
/** Copies have room for more than a state. */
const ROOM: usize = 2048;
const before: usize = memory.data(64 * 2048, 8);
const states: usize = memory.data(64 * 2048, 8);
let beliefs: u32 = 0;
/** States that a step has come to; the first of them are those in which nobody moves. */
let known: u32 = 0;
let outcomes: u32 = 0;

function recall(from: usize, index: u32): void {
  memory.copy(state, from + ROOM * index, STATE_SIZE);
}

function keep(): bool {
  for (let i: u32 = 0; i < known; i++)
    if (memory.compare(states + ROOM * i, state, STATE_SIZE) == 0) return true;
  if (known == MOST_STATES) return false;
  memory.copy(states + ROOM * known, state, STATE_SIZE);
  known++;
  return true;
}

function moves(t: u32): bool {
  return task(t).awake && task(t).exitState == k.ALIVE;
}

/** Whether nobody but a task moves: then there is one order. */
function movesAlone(t: u32): bool {
  for (let i: u32 = 0; i < births(); i++) if (moves(i) != (i == t)) return false;
  return true;
}

/** Follows all orders. Returns false if they are too many. */
function settle(): bool {
  for (let i: u32 = 0; i < known; i++) {
    recall(states, i);
    let isAtRest = true;
    for (let t: u32 = 0; t < births(); t++) {
      if (!moves(t)) continue;
      isAtRest = false;
      do run(t);
      while (movesAlone(t));
      if (!keep()) return false;
      recall(states, i);
    }
    if (!isAtRest) continue;
    memory.copy(states + ROOM * outcomes, state, STATE_SIZE);
    outcomes++;
  }
  return true;
}

/** The current state is the only one. */
export function believe(): void {
  beliefs = 1;
  memory.copy(before, state, STATE_SIZE);
}

/** Takes the step of `action`. @return how many states it may lead to; 0: too many to follow */
export function step(): u32 {
  known = 0;
  outcomes = 0;
  for (let i: u32 = 0; i < beliefs; i++) {
    recall(before, i);
    act(action.actor);
    if (!keep()) return 0;
  }
  return settle() ? outcomes : 0;
}

/** Makes one of the states after a step the current one. */
export function choose(outcome: u32): void {
  recall(states, outcome);
}

/** Keeps those states after a step whose bits are set: what is seen fits them. The first is the current one. */
export function keepOutcomes(set: u64): void {
  beliefs = 0;
  for (let i: u32 = 0; i < outcomes; i++) {
    if (((set >> i) & 1) == 0) continue;
    memory.copy(before + ROOM * beliefs, states + ROOM * i, STATE_SIZE);
    beliefs++;
  }
  recall(before, 0);
}

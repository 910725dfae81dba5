// One order of the steps of a birth, chosen move by move, for a host that asks what may come next and why.

import * as op from "./actions";
import { action } from "./actions";
import { beginPlan, findBroken, isPossibleMove, MOVES, make } from "./check";
import { leaveOut, restoreRules } from "./rule";
import { rankOrders, STATE_SIZE, state } from "./state";

export { findBroken };

const before: usize = memory.data(2048, 8);
const after: usize = memory.data(2048, 8);
let last: u32 = 0;

/** The birth of `plan` begins, with what `explore` is given. */
export function beginPlay(allowed: u32, budget: u32): void {
  beginPlan(allowed, budget, false);
}

/** The first move that is possible now, from a number on; -1: none is. */
export function possibleMove(from: u32): i32 {
  for (let move = from; move < MOVES; move++) if (isPossibleMove(move)) return move;
  return -1;
}

/** Makes a move: `action` is then the system call, if it is one. */
export function play(move: u32): void {
  memory.copy(before, state, STATE_SIZE);
  action.kind = u8(op.NO_CALL);
  last = move;
  make(move);
  rankOrders();
}

/** Whether the last move would have led to another state without a rule. `action` is not kept. */
export function decides(rule: u32): bool {
  memory.copy(after, state, STATE_SIZE);
  memory.copy(state, before, STATE_SIZE);
  leaveOut(rule);
  make(last);
  restoreRules();
  rankOrders();
  const isOther = memory.compare(state, after, STATE_SIZE) != 0;
  memory.copy(state, after, STATE_SIZE);
  return isOther;
}

// Every order of steps of a birth, with an outside that may act at any moment: breadth first, so the first state that breaks a
// property is reached by a shortest schedule.

import * as sig from "../linux/signal";
import * as op from "./actions";
import { action } from "./actions";
import {
  AT_SELF_STOP,
  beginBirth,
  HOLDS,
  HOST,
  hostGoesOn,
  hostSteps,
  STUB,
  stubSteps,
} from "./birth";
import * as k from "./kernel";
import { act, isReady, run } from "./run";
import {
  births,
  exists,
  MOST_TASKS,
  NOBODY,
  progress,
  rankOrders,
  STATE_SIZE,
  state,
  task,
} from "./state";

/** Acts of the outside, a bit each; move 16 + n is act n. */
const ACTS: u32 = 6;
/** kill the host; stop, continue, kill the stub; ^Z and ^C of the terminal. */
const TARGETS: usize = memory.data<u8>([1, 2, 2, 2, 1, 1]);
const ACT_SIGNALS: usize = memory.data<u8>([
  u8(sig.SIGKILL),
  u8(sig.SIGSTOP),
  u8(sig.SIGCONT),
  u8(sig.SIGKILL),
  u8(sig.SIGTSTP),
  u8(sig.SIGINT),
]);
const KILLS_HOST: u32 = 0;
const FIRST_OF_TERMINAL: u32 = 4;

/** Moves: 0 to 5 let a task run; then a step of the host, or of the stub. */
const HOST_STEP: u32 = 8;
const STUB_STEP: u32 = 9;
const OUTSIDE: u32 = 16;

/** Properties, in the order of src/labs/check/birth.ts. */
export const PROPERTIES: u32 = 7;
const NOBODY_OUTLIVES: u32 = 0;
const NOBODY_WAITS: u32 = 1;
const AT_THE_STOP: u32 = 2;
const RIGHT_PARENT: u32 = 3;
const DEATH_IS_TOLD: u32 = 4;
const UNDISTURBED: u32 = 5;
const NO_TERMINAL: u32 = 6;

const MOST: u32 = 1 << 15;
const NONE: u32 = u32.MAX_VALUE;
const ROOM: usize = 2048;
/** States, then for each the state and the move that it came from, then a table of hashes. */
const area: usize = (__heap_base + 7) & ~7;
const parents: usize = area + ROOM * MOST;
const moves: usize = parents + 4 * MOST;
const table: usize = moves + 4 * MOST;
const SLOTS: u32 = MOST * 4;
let count: u32 = 0;
let acts: u32 = 0;
const broken: usize = memory.data(4 * 8, 4);

/** FNV-1a, over words. */
function hashOf(from: usize): u32 {
  let hash: u64 = (u64(0xcbf29ce4) << 32) | 0x84222325;
  for (let i: usize = 0; i < STATE_SIZE; i += 4)
    hash = (hash ^ load<u32>(from + i)) * 0x100000001b3;
  return u32(hash ^ (hash >> 32));
}

/** Adds the current state if it is new. Returns false if there is no room. */
function add(parent: u32, move: u32): bool {
  rankOrders();
  let slot = hashOf(state) & (SLOTS - 1);
  for (;;) {
    const at = load<u32>(table + 4 * slot);
    if (at == 0) break;
    if (memory.compare(area + ROOM * (at - 1), state, STATE_SIZE) == 0) return true;
    slot = (slot + 1) & (SLOTS - 1);
  }
  if (count == MOST) return false;
  memory.copy(area + ROOM * count, state, STATE_SIZE);
  store<u32>(parents + 4 * count, parent);
  store<u32>(moves + 4 * count, move);
  count++;
  store<u32>(table + 4 * slot, count);
  return true;
}

function recall(index: u32): void {
  memory.copy(state, area + ROOM * index, STATE_SIZE);
}

/** Moves have smaller numbers. */
export const MOVES: u32 = OUTSIDE + ACTS;

/** Whether a move is possible in the current state. */
export function isPossibleMove(move: u32): bool {
  if (move < MOST_TASKS) return exists(move) && task(move).exitState == k.ALIVE && task(move).awake;
  if (move == HOST_STEP) return canStep(HOST) && hostGoesOn();
  if (move == STUB_STEP) return exists(STUB) && canStep(STUB);
  const index = move - OUTSIDE;
  if (move < OUTSIDE || index >= ACTS || progress.left == 0 || ((acts >> index) & 1) == 0)
    return false;
  return isAlive(load<u8>(TARGETS + index));
}

function canStep(t: u32): bool {
  return isReady(t) && !task(t).awake;
}

function isAlive(t: u32): bool {
  return exists(t) && task(t).exitState == k.ALIVE;
}

export function make(move: u32): void {
  if (move < MOST_TASKS) {
    run(move);
  } else if (move == HOST_STEP) {
    hostSteps();
  } else if (move == STUB_STEP) {
    stubSteps();
  } else {
    const index = move - OUTSIDE;
    progress.left--;
    if (index == KILLS_HOST) progress.isHostKilled = true;
    if (index >= FIRST_OF_TERMINAL)
      progress.isHostKilled = progress.isHostKilled || index > FIRST_OF_TERMINAL;
    if (index == FIRST_OF_TERMINAL) progress.isHostStopped = true;
    action.actor = u8(NOBODY);
    action.kind = u8(index >= FIRST_OF_TERMINAL ? op.KILL_GROUP : op.KILL_PROCESS);
    action.target = load<u8>(TARGETS + index);
    action.a = load<u8>(ACT_SIGNALS + index);
    act(NOBODY);
  }
}

/** The properties that a state breaks. @param rests whether nobody can move in it but the outside */
function judge(rests: bool): u32 {
  let found: u32 = 0;
  const hasStub = births() > STUB;
  const isHostAlive = isAlive(HOST);
  if (progress.hasOtherParent && isAlive(STUB)) found |= 1 << RIGHT_PARENT;
  if (isHostAlive && progress.host == HOLDS && isAlive(STUB) && progress.stub != AT_SELF_STOP)
    found |= 1 << AT_THE_STOP;
  if (
    isAlive(STUB) &&
    task(STUB).isStopped &&
    (task(STUB).jobctl & k.STOP_SIGMASK) == u32(sig.SIGTSTP)
  )
    found |= 1 << NO_TERMINAL;
  if (!rests) return found;
  if (!isHostAlive && hasStub && isAlive(STUB)) found |= 1 << NOBODY_OUTLIVES;
  const isStopped = task(HOST).isStopped;
  if (isHostAlive && !isStopped && hostGoesOn()) found |= 1 << NOBODY_WAITS;
  if (!isHostAlive && !progress.isHostKilled && !killsHost) found |= 1 << DEATH_IS_TOLD;
  if (isHostAlive && killsHost && hasStub && !exists(STUB)) found |= 1 << DEATH_IS_TOLD;
  if (progress.left == most && !(isHostAlive && progress.host == HOLDS)) found |= 1 << UNDISTURBED;
  return found;
}

/** The properties that the current state breaks, a bit each. */
export function findBroken(): u32 {
  let rests = true;
  for (let move: u32 = 0; move < OUTSIDE; move++) rests = rests && !isPossibleMove(move);
  return judge(rests);
}

/** Remembers the first state that breaks a property. */
function note(found: u32, index: u32): void {
  for (let property: u32 = 0; property < PROPERTIES; property++) {
    const first = broken + 4 * property;
    if (((found >> property) & 1) != 0 && load<u32>(first) == NONE) store<u32>(first, index);
  }
}

let most: u8 = 0;
let killsHost: bool = false;

/** The birth of `plan` begins. @param allowed the outside's acts, a bit each @param budget how many of them there may be */
export function beginPlan(allowed: u32, budget: u32, isDeadly: bool): void {
  acts = allowed;
  most = u8(budget);
  killsHost = isDeadly;
  beginBirth();
  progress.left = most;
}

/** Explores the birth of `plan`. @return how many states there are; 0: too many */
export function explore(allowed: u32, budget: u32, isDeadly: bool): u32 {
  count = 0;
  memory.fill(table, 0, 4 * SLOTS);
  memory.fill(broken, 0xff, 4 * 8);
  beginPlan(allowed, budget, isDeadly);
  if (!add(NONE, 0)) return 0;
  for (let i: u32 = 0; i < count; i++) {
    let rests = true;
    for (let move: u32 = 0; move < MOVES; move++) {
      recall(i);
      if (!isPossibleMove(move)) continue;
      if (move < OUTSIDE) rests = false;
      make(move);
      if (!add(i, move)) return 0;
    }
    recall(i);
    note(judge(rests), i);
  }
  return count;
}

/** The number of moves of the shortest schedule that breaks a property; -1: it holds. */
export function lengthOf(property: u32): i32 {
  let length = 0;
  let at = load<u32>(broken + 4 * property);
  if (at == NONE) return -1;
  for (; load<u32>(parents + 4 * at) != NONE; at = load<u32>(parents + 4 * at)) length++;
  return length;
}

/**
 * Makes a move of that schedule again, from the state before it: `action` is then the system call, if the move is one.
 *
 * @param length how many moves of the schedule there are with it; 0: the beginning
 * @return the move
 */
export function replay(property: u32, length: u32): u32 {
  let at = load<u32>(broken + 4 * property);
  for (let left = u32(lengthOf(property)) - length; left > 0; left--)
    at = load<u32>(parents + 4 * at);
  action.kind = u8(op.NO_CALL);
  if (length == 0) recall(at);
  else {
    recall(load<u32>(parents + 4 * at));
    make(load<u32>(moves + 4 * at));
  }
  return load<u32>(moves + 4 * at);
}

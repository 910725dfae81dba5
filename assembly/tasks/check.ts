// Every order of steps of a birth, with an outside that may act at any moment: breadth first, so the first state that breaks a
// property is reached by a shortest schedule.

import * as sig from "../linux/signal";
import * as op from "./actions";
import { action } from "./actions";
import {
  beginBirth,
  END,
  FAILED,
  GRANDCHILD,
  HELD,
  HOST,
  hasClosedGrandchild,
  hostGoesOn,
  hostSteps,
  isNoted,
  KILLED,
  OTHER_PARENT,
  OTHER_REGISTERS,
  plannedSignal,
  STOPPED_HOST,
  STUB,
  stubSteps,
  TOLD,
} from "./birth";
import * as k from "./kernel";
import { act, isReady, run } from "./run";
import {
  births,
  exists,
  MOST_TASKS,
  NOBODY,
  PACKED_SIZE,
  pack,
  processAt,
  progress,
  rankOrders,
  task,
  unpack,
  wasBorn,
} from "./state";

/** Acts of the outside, a bit each; move 16 + n is act n. */
const ACTS: u32 = 9;
/** kill the host; stop, continue, kill the stub; ^Z and ^C of the terminal; stop, continue, kill the grandchild. */
const TARGETS: usize = memory.data<u8>([1, 2, 2, 2, 1, 1, 3, 3, 3]);
const ACT_SIGNALS: usize = memory.data<u8>([
  u8(sig.SIGKILL),
  u8(sig.SIGSTOP),
  u8(sig.SIGCONT),
  u8(sig.SIGKILL),
  u8(sig.SIGTSTP),
  u8(sig.SIGINT),
  u8(sig.SIGSTOP),
  u8(sig.SIGCONT),
  u8(sig.SIGKILL),
]);
const TERMINAL_STOP: u32 = 4;
const TERMINAL_INTERRUPT: u32 = 5;

/** Moves: 0 to 5 let a task run; then a step of the host, the stub, the grandchild. */
const STEP: u32 = 7;
const HOST_STEP: u32 = STEP + HOST;
const LAST_STEP: u32 = STEP + GRANDCHILD;
const OUTSIDE: u32 = 16;

/** Properties, in the order of src/labs/check/birth.ts. */
export const PROPERTIES: u32 = 8;
const NOBODY_OUTLIVES: u32 = 0;
const NOBODY_WAITS: u32 = 1;
const INITIAL_REGISTERS: u32 = 2;
const RIGHT_PARENT: u32 = 3;
const DEATH_IS_TOLD: u32 = 4;
const NOTHING_IS_LEFT: u32 = 5;
const UNDISTURBED: u32 = 6;
const NO_TERMINAL: u32 = 7;

const MOST: u32 = 1 << 18;
const NONE: u32 = u32.MAX_VALUE;
const ROOM: usize = (PACKED_SIZE + 7) & ~7;
/** States, then for each the state and the move that it came from, then a table of hashes. */
const area: usize = (__heap_base + 7) & ~7;
const parents: usize = area + ROOM * MOST;
const moves: usize = parents + 4 * MOST;
const table: usize = moves + MOST;
const SLOTS: u32 = MOST * 2;
let count: u32 = 0;
let acts: u32 = 0;
const broken: usize = memory.data(4 * 8, 4);
const packed: usize = memory.data(1024, 8);

/** FNV-1a, over words. */
function hashOf(from: usize): u32 {
  let hash: u64 = (u64(0xcbf29ce4) << 32) | 0x84222325;
  for (let i: usize = 0; i < PACKED_SIZE; i += 4)
    hash = (hash ^ load<u32>(from + i)) * 0x100000001b3;
  return u32(hash ^ (hash >> 32));
}

/** Adds the current state if it is new. Returns false if there is no room. */
function add(parent: u32, move: u32): bool {
  rankOrders();
  pack(packed);
  let slot = hashOf(packed) & (SLOTS - 1);
  for (;;) {
    const at = load<u32>(table + 4 * slot);
    if (at == 0) break;
    if (memory.compare(area + ROOM * (at - 1), packed, PACKED_SIZE) == 0) return true;
    slot = (slot + 1) & (SLOTS - 1);
  }
  if (count == MOST) return false;
  memory.copy(area + ROOM * count, packed, PACKED_SIZE);
  store<u32>(parents + 4 * count, parent);
  store<u8>(moves + count, u8(move));
  count++;
  store<u32>(table + 4 * slot, count);
  return true;
}

function recall(index: u32): void {
  unpack(area + ROOM * index);
}

/** Moves have smaller numbers. */
export const MOVES: u32 = OUTSIDE + ACTS;

/** Whether a move is possible in the current state. */
export function isPossibleMove(move: u32): bool {
  if (move < MOST_TASKS) return isAlive(move) && task(move).awake;
  if (isCalm && isAnyAwake()) return false;
  if (move == HOST_STEP) return canStep(HOST) && hostGoesOn();
  if (move > HOST_STEP && move <= LAST_STEP) return canStep(move - STEP);
  const index = move - OUTSIDE;
  if (move < OUTSIDE || index >= ACTS || progress.left == 0 || ((acts >> index) & 1) == 0)
    return false;
  return isAlive(load<u8>(TARGETS + index));
}

function isAnyAwake(): bool {
  for (let t: u32 = 0; t < births(); t++) if (isAlive(t) && task(t).awake) return true;
  return false;
}

function canStep(t: u32): bool {
  return exists(t) && isReady(t) && !task(t).awake;
}

function isAlive(t: u32): bool {
  return exists(t) && task(t).exitState == k.ALIVE;
}

/**
 * Lets a task return from a system call if nothing awaits it on the way: a signal that comes before has the same effect as one
 * that comes after, so that orders of this are not followed.
 */
function returnAtOnce(t: u32): void {
  const it = task(t);
  if (it.awake && it.place == k.AFTER_CALL && !it.sigpending) run(t);
}

export function make(move: u32): void {
  if (move < MOST_TASKS) {
    run(move);
  } else if (move == HOST_STEP) {
    hostSteps();
    returnAtOnce(HOST);
  } else if (move <= LAST_STEP) {
    stubSteps(move - STEP);
    returnAtOnce(move - STEP);
  } else {
    const index = move - OUTSIDE;
    const isOfTerminal = index == TERMINAL_STOP || index == TERMINAL_INTERRUPT;
    const signal: u32 = load<u8>(ACT_SIGNALS + index);
    const target: u32 = load<u8>(TARGETS + index);
    progress.left--;
    if (index == TERMINAL_STOP) progress.noted |= STOPPED_HOST;
    if (signal == u32(sig.SIGKILL) || index == TERMINAL_INTERRUPT)
      progress.noted |= KILLED << target;
    action.actor = u8(NOBODY);
    action.kind = u8(isOfTerminal ? op.KILL_GROUP : op.KILL_PROCESS);
    action.target = u8(target);
    action.a = signal;
    act(NOBODY);
  }
}

// ---- Properties ----

/** Whether a task was born and has ended, or is at its exit stop. */
function hasEnded(t: u32): bool {
  return wasBorn(t) && (!isAlive(t) || task(t).place == k.IN_EXIT_EVENT);
}

/** Whether the end of a stub that the host holds is reported to it: it knows, or a wait finds it. */
function isTold(t: u32): bool {
  const it = task(t);
  if (isNoted(TOLD << t) || !isNoted(HELD << t)) return true;
  const isOwn = (it.ptrace != 0 ? it.tracer : it.parent) == HOST;
  return exists(t) && isOwn && (it.exitState == k.ZOMBIE || (it.isTraced && it.exitCode != 0));
}

/** Whether a parent lives although a child with the exit signal SIGKILL has ended and was reported to it, or the reverse. */
function isWrongEnd(parent: u32, child: u32): bool {
  const isDeadly =
    plannedSignal() == u32(sig.SIGKILL) &&
    !task(child).hasExecuted &&
    !task(parent).hasExecuted &&
    hasEnded(child);
  if (!hasEnded(parent)) {
    const isReported = !isAlive(child) && (task(child).ptrace == 0 || !exists(child));
    return isDeadly && isReported && task(child).parent == parent;
  }
  const code = processAt(parent).groupExitCode & 0x7f;
  const isOther = code != u32(sig.SIGKILL) && code != plannedSignal();
  if (isOther || isNoted(KILLED << parent) || (parent != HOST && !isAlive(HOST))) return false;
  return code != 0 && !isDeadly;
}

/** Whether something is left of a stub that its host, or init, does not reap. */
function isLeft(t: u32): bool {
  return exists(t) && !(task(t).exitState == k.ZOMBIE && task(t).parent == NOBODY);
}

/** The properties that a state breaks, a bit each. @param rests whether nobody can move in it but the outside */
function judge(rests: bool): u32 {
  let found: u32 = 0;
  const isHostAlive = isAlive(HOST);
  for (let t = STUB; t <= GRANDCHILD; t++) {
    if (!isAlive(t)) continue;
    const stop = task(t).isStopped ? task(t).jobctl & k.STOP_SIGMASK : 0;
    if (isNoted(OTHER_PARENT << t)) found |= 1 << RIGHT_PARENT;
    if (isHostAlive && isNoted(OTHER_REGISTERS << t)) found |= 1 << INITIAL_REGISTERS;
    if (stop == u32(sig.SIGTSTP)) found |= 1 << NO_TERMINAL;
    if (rests && !isHostAlive) found |= 1 << NOBODY_OUTLIVES;
  }
  if (hasClosedGrandchild() && exists(GRANDCHILD)) found |= 1 << NOTHING_IS_LEFT;
  return rests ? found | judgeRest(isHostAlive) : found;
}

function judgeRest(isHostAlive: bool): u32 {
  let found: u32 = 0;
  const goesOn = hostGoesOn();
  const isStopped = task(HOST).isStopped && isNoted(STOPPED_HOST);
  if (isHostAlive && goesOn && !isStopped) found |= 1 << NOBODY_WAITS;
  if (isWrongEnd(HOST, STUB) || isWrongEnd(STUB, GRANDCHILD)) found |= 1 << DEATH_IS_TOLD;
  if (progress.left == most && (!isHostAlive || goesOn || isNoted(FAILED)))
    found |= 1 << UNDISTURBED;
  if (!isHostAlive || goesOn) return found;
  for (let t = STUB; t <= GRANDCHILD; t++) {
    if (hasEnded(t) && !isTold(t)) found |= 1 << DEATH_IS_TOLD;
    if (progress.host == END && isLeft(t)) found |= 1 << NOTHING_IS_LEFT;
  }
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
let isCalm: bool = false;

/**
 * The life of `plan` begins.
 *
 * @param allowed the outside's acts, a bit each @param budget how many of them there may be
 * @param calm whether each step waits until nobody moves, as puppets take them
 */
export function beginPlan(allowed: u32, budget: u32, calm: bool): void {
  acts = allowed;
  most = u8(budget);
  isCalm = calm;
  beginBirth();
  progress.left = most;
}

/** Explores the life of `plan`. @return how many states there are; 0: too many */
export function explore(allowed: u32, budget: u32, calm: bool): u32 {
  count = 0;
  memory.fill(table, 0, 4 * SLOTS);
  memory.fill(broken, 0xff, 4 * 8);
  beginPlan(allowed, budget, calm);
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
    make(load<u8>(moves + at));
  }
  return load<u8>(moves + at);
}

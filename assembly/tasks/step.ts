// One step: an action of a task, and all that follows from it until nobody moves. Where several tasks move, each order is
// followed, so a step may have several results.

import { EINVAL, ESRCH } from "../linux/errno";
import { SI_TKILL, SI_USER } from "../linux/siginfo";
import { WCONTINUED, WEXITED, WSTOPPED } from "../linux/wait";
import * as op from "./actions";
import {
  action,
  EXIT,
  EXIT_GROUP,
  FORK,
  KILL_GROUP,
  KILL_PROCESS,
  PTRACE,
  SET_PDEATHSIG,
  SET_SUBREAPER,
  SETPGID,
  SETSID,
  SIGPROCMASK,
  TGKILL,
  WAIT4,
  WAIT4_GROUP,
  WAITID,
  WAITID_GROUP,
} from "./actions";
import { setAction, setMask, setpgid, setsid } from "./calls";
import { doExit, endGroup, exitNow } from "./exit";
import { clone } from "./fork";
import { getSignal, leaveSignalStop } from "./get_signal";
import { hasMembers, killGroup } from "./group";
import * as k from "./kernel";
import { FOR_ALL, FOR_GROUP, FOR_TASK } from "./notify";
import { ptrace } from "./ptrace";
import { sendSignal, setCurrent } from "./signal";
import {
  births,
  exists,
  infoOf,
  leaderOf,
  NOBODY,
  processOf,
  STATE_SIZE,
  state,
  task,
} from "./state";
import { leaveStop } from "./stop";
import { doWait } from "./wait";

// ---- A task that runs ----

/** The way back to user mode, where an interrupted wait is restarted. */
function toUserMode(t: u32): void {
  const it = task(t);
  while (true) {
    if (it.sigpending) {
      if (!getSignal(t, 0, 0)) return;
      continue;
    }
    it.place = k.AT_REST;
    if (!it.waits) break;
    it.place = k.IN_WAIT;
    if (doWait(t)) it.waits = false;
    else if (!it.sigpending) return;
  }
  it.isBusy = false;
}

/** Lets a task that is awake run until it rests, stops, waits or ends. */
export function run(t: u32): void {
  const it = task(t);
  setCurrent(t);
  it.awake = false;
  switch (it.place) {
    case k.IN_SIGNAL_STOP:
      if (leaveSignalStop(t)) toUserMode(t);
      return;
    case k.IN_TRAP:
      leaveStop(t);
      if (getSignal(t, 0, 0)) toUserMode(t);
      return;
    case k.IN_GROUP_STOP:
      if (getSignal(t, 0, 0)) toUserMode(t);
      return;
    case k.IN_EVENT:
      leaveStop(t);
      toUserMode(t);
      return;
    case k.IN_EXIT_EVENT:
      leaveStop(t);
      exitNow(t);
      return;
    case k.IN_WAIT:
      // A signal does not keep a wait from what it finds.
      if (doWait(t)) it.waits = false;
      toUserMode(t);
      return;
    default:
      toUserMode(t);
  }
}

// ---- Actions ----

function killBy(t: u32, signal: u32, code: i32, isShared: bool): i32 {
  if (!exists(action.target)) return -ESRCH;
  if (signal != 0) sendSignal(signal, infoOf(code, leaderOf(t), 0), action.target, isShared);
  return 0;
}

function startWait(t: u32, type: u8, byId: bool): void {
  const it = task(t);
  it.waitsById = byId;
  it.waitType = action.target == NOBODY ? FOR_ALL : type;
  it.waitPid = action.target;
  it.waitOptions = byId ? action.a : action.a | u32(WEXITED);
  it.waits = !byId || (action.a & u32(WEXITED | WSTOPPED | WCONTINUED)) != 0;
  if (!it.waits) it.result = -EINVAL;
}

/** The system call of an action, and its result unless it does not return. */
function call(t: u32): void {
  const target: u32 = action.target;
  switch (u32(action.kind)) {
    case FORK:
      clone(t, action.a, action.b);
      break;
    case EXIT:
      doExit(t, (action.a & 0xff) << 8);
      break;
    case EXIT_GROUP:
      endGroup(t, (action.a & 0xff) << 8);
      break;
    case WAIT4:
    case WAIT4_GROUP:
      startWait(t, action.kind == op.WAIT4 ? FOR_TASK : FOR_GROUP, false);
      break;
    case WAITID:
    case WAITID_GROUP:
      startWait(t, action.kind == op.WAITID ? FOR_TASK : FOR_GROUP, true);
      break;
    case PTRACE: {
      const result = ptrace(t, action.a, target, action.b);
      task(t).result = result;
      break;
    }
    default: {
      const result = change(t, target);
      task(t).result = result;
    }
  }
}

/** The calls that change something at once. */
function change(t: u32, target: u32): i32 {
  const a = action.a;
  switch (u32(action.kind)) {
    case KILL_PROCESS:
      return killBy(t, a, SI_USER, true);
    case TGKILL:
      return killBy(t, a, SI_TKILL, false);
    case KILL_GROUP: {
      const result = hasMembers(target) ? 0 : -ESRCH;
      killGroup(a, infoOf(SI_USER, leaderOf(t), 0), target);
      return result;
    }
    case SET_PDEATHSIG:
      task(t).pdeathSignal = u8(a);
      return 0;
    case SET_SUBREAPER:
      processOf(t).isSubreaper = a != 0;
      return 0;
    case SETSID:
      return setsid(t);
    case SETPGID:
      return setpgid(t, target, a);
    case SIGPROCMASK:
      return setMask(t, a);
    default:
      return setAction(t, a, action.b != 0);
  }
}

/** Whether a task can act now. */
export function isReady(t: u32): bool {
  const it = task(t);
  return it.exitState == k.ALIVE && it.place == k.AT_REST && !it.isBusy;
}

/** A signal from outside. */
function actOutside(): void {
  const info = infoOf(action.kind == op.TGKILL ? SI_TKILL : SI_USER, NOBODY, 0);
  if (action.kind == op.KILL_GROUP) killGroup(action.a, info, action.target);
  else if (exists(action.target))
    sendSignal(action.a, info, action.target, action.kind == op.KILL_PROCESS);
}

/** Takes `action`, up to where its actor returns, waits or ends. */
export function act(t: u32): void {
  setCurrent(t);
  if (t == NOBODY) {
    actOutside();
    return;
  }
  const it = task(t);
  it.result = 0;
  it.status = 0;
  it.infoSignal = 0;
  it.info = 0;
  it.isBusy = true;
  call(t);
  // A call that does not return: an exit, or a stop in it.
  if (it.exitState != k.ALIVE || it.place != k.AT_REST) return;
  // Others may run before it returns to user mode.
  it.awake = true;
}

// ---- Every order ----

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

/** Follows all orders. Returns false if they are too many. */
function settle(): bool {
  for (let i: u32 = 0; i < known; i++) {
    recall(states, i);
    let isAtRest = true;
    for (let t: u32 = 0; t < births(); t++) {
      if (!task(t).awake || task(t).exitState != k.ALIVE) continue;
      isAtRest = false;
      run(t);
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

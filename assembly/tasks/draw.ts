// Walks: random actions, from states in which they are interesting.

import { below, ITSELF, seed, start } from "../fuzz/random";
import * as clone from "../linux/clone";
import * as ptrace from "../linux/ptrace";
import * as sig from "../linux/signal";
import {
  __WALL,
  __WCLONE,
  __WNOTHREAD,
  WCONTINUED,
  WEXITED,
  WNOHANG,
  WNOWAIT,
  WUNTRACED,
} from "../linux/wait";
import * as op from "./actions";
import { action } from "./actions";
import * as codes from "./codes";
import { nextTracee } from "./detach";
import { hasMembers } from "./group";
import { STOP_STOPPED } from "./kernel";
import { isReady } from "./run";
import { bit } from "./signal";
import { births, exists, leaderOf, MOST_TASKS, NOBODY, processOf, task, wasBorn } from "./state";

/** Any of the two of random.ts. */
const STREAM: u32 = 0;
const FEWEST: u32 = 5;
const MOST: u32 = 30;

/** How often a kind is drawn, in the order of actions.ts. */
const KIND_WEIGHTS: usize = memory.data<u8>([
  24, 6, 3, 14, 4, 6, 14, 2, 8, 1, 5, 3, 2, 4, 8, 4, 36, 4,
]);

/**
 * Each walk draws how often it draws a kind, from which signals, and for how many tasks: walks of few lead to states that
 * walks of all seldom reach.
 */
const weights: usize = memory.data(18);
const signals: usize = memory.data(8);
let signalCount: u32 = 0;
let crowd: u32 = 0;

const SIGNALS: usize = memory.data<u8>([
  u8(sig.SIGSTOP),
  u8(sig.SIGCONT),
  u8(sig.SIGTSTP),
  u8(sig.SIGTTIN),
  u8(sig.SIGKILL),
  u8(sig.SIGTERM),
  u8(sig.SIGUSR1),
  u8(sig.SIGCHLD),
  u8(sig.SIGHUP),
  u8(sig.SIGURG),
]);
const SIGNAL_WEIGHTS: usize = memory.data<u8>([2, 2, 1, 1, 1, 1, 1, 1, 1, 1]);

/** Requests, and how often they are made to a tracee that has stopped, and to any task. */
const REQUESTS: usize = memory.data<u16>([
  u16(ptrace.PTRACE_CONT),
  u16(ptrace.PTRACE_SYSCALL),
  u16(ptrace.PTRACE_DETACH),
  u16(ptrace.PTRACE_GETSIGINFO),
  u16(ptrace.PTRACE_GETEVENTMSG),
  u16(ptrace.PTRACE_SETOPTIONS),
  u16(codes.PTRACE_LISTEN),
  u16(codes.PTRACE_INTERRUPT),
  u16(codes.PTRACE_KILL),
  u16(ptrace.PTRACE_ATTACH),
  u16(codes.PTRACE_SEIZE),
  u16(codes.PTRACE_TRACEME),
]);
const STOPPED_WEIGHTS: usize = memory.data<u8>([3, 2, 1, 2, 2, 1, 1, 1, 0, 0, 0, 0]);
const ANY_WEIGHTS: usize = memory.data<u8>([0, 0, 0, 0, 0, 0, 0, 3, 1, 1, 2, 1]);
const REQUEST_COUNT: u32 = 12;

/** All options but those that need a privilege. */
const OPTIONS: u32 = ptrace.PTRACE_O_EXITKILL | 0x7f;

/**
 * How walks may begin, four actions each: an actor, what it does, to whom. F: it forks; T: a thread; S: it seizes; E: it ends;
 * R: it becomes a subreaper.
 */
const BEGINNINGS: string =
  "0F-1T-0S20S1" + // a thread
  "0F-0F-1T-2S1" + // a tracer that is not the parent
  "0R-0F-1F-2F-" + // grandchildren
  "0F-0S11F-1T-" + // a tracee that clones
  "0F-1T-0S22E-" + // a thread that ends
  "0F-1F-2T-2E-"; // a leader that ends before its process
const LENGTH: u32 = 4;
const ROWS: u32 = 6 * LENGTH;
/** The next action of a beginning; from ROWS on: none. */
let row: u32 = 0;

/** An index, as often as its weight says. */
function pick(from: usize, count: u32): u32 {
  let total: u32 = 0;
  for (let i: u32 = 0; i < count; i++) total += load<u8>(from + i);
  let left = below(total);
  let index: u32 = 0;
  for (; left >= load<u8>(from + index); index++) left -= load<u8>(from + index);
  return index;
}

/** Starts a walk. @return how many actions it may have */
export function startWalk(low: u32, high: u32, number: u64): u32 {
  seed(low, high);
  start(STREAM, number, ITSELF);
  for (let kind: u32 = 0; kind < op.KINDS; kind++) {
    const times: u32 = kind == op.FORK ? 2 : below(3) == 0 ? 0 : 1 << below(3);
    store<u8>(weights + kind, u8(load<u8>(KIND_WEIGHTS + kind) * times));
  }
  crowd = 3 + below(MOST_TASKS - 2);
  signalCount = 2 + below(3) * 3;
  for (let i: u32 = 0; i < signalCount; i++)
    store<u8>(signals + i, load<u8>(SIGNALS + pick(SIGNAL_WEIGHTS, 10)));
  row = LENGTH * below(10);
  return FEWEST + below(MOST - FEWEST + 1);
}

function signal(): u32 {
  return load<u8>(signals + below(signalCount));
}

/** Some of the bits of a set. */
function some(set: u32): u32 {
  let bits: u32 = 0;
  for (let left = set; left != 0; left &= left - 1) if (below(3) == 0) bits |= left & (0 - left);
  return bits;
}

/** A task that was born, mostly one that exists. */
function anybody(): u32 {
  for (let i = 0; i < 8; i++) {
    const t = below(births());
    if (exists(t)) return t;
  }
  return below(births());
}

function anyGroup(): u32 {
  return processOf(anybody()).group;
}

function options(): u32 {
  return below(16) == 0 ? 0x80000000 : some(OPTIONS) | some(OPTIONS);
}

/** A request to a tracee that has stopped. */
function drawForStopped(t: u32): void {
  const it = task(t);
  const index = pick(STOPPED_WEIGHTS, REQUEST_COUNT);
  action.actor = it.tracer;
  action.kind = u8(op.PTRACE);
  action.target = u8(t);
  action.a = load<u16>(REQUESTS + 2 * index);
  action.b = action.a == u32(ptrace.PTRACE_SETOPTIONS) ? options() : 0;
  // The first three resume it.
  const choice = index < 3 ? below(4) : 3;
  if (choice == 0) action.b = below(16) == 0 ? 65 : signal();
  else if (choice == 1 && it.blocked != 0) action.b = ctz(it.blocked);
  // The signal that it has stopped with, but none that dumps core.
  else if (choice == 2 && it.stopSignal != sig.SIGTRAP) action.b = it.stopSignal;
}

function drawPtrace(actor: u32): void {
  action.a = load<u16>(REQUESTS + 2 * pick(ANY_WEIGHTS, REQUEST_COUNT));
  const tracee = nextTracee(actor, u32.MAX_VALUE);
  const isOwn = tracee != NOBODY && action.a != codes.PTRACE_SEIZE && below(2) == 0;
  action.target = u8(isOwn ? tracee : anybody());
  if (action.a == codes.PTRACE_SEIZE) action.b = options();
}

function drawWait(isById: bool): void {
  action.a =
    some(u32(__WALL | WUNTRACED | WCONTINUED)) |
    some(u32(__WALL | __WCLONE | __WNOTHREAD | WUNTRACED)) |
    (below(2) == 0 ? u32(WNOHANG) : 0);
  if (isById) action.a |= (below(3) != 0 ? u32(WEXITED) : 0) | some(u32(WNOWAIT));
}

function drawFork(actor: u32): void {
  // A thread of a group that is stopped, if it runs nevertheless.
  const isThread = below(3) == 0 || (processOf(actor).flags & STOP_STOPPED) != 0;
  const flags = clone.CLONE_PARENT | clone.CLONE_PTRACE | clone.CLONE_UNTRACED | clone.CLONE_VFORK;
  const ofThread = u32(clone.CLONE_THREAD) | some(u32(clone.CLONE_PTRACE));
  action.a = isThread ? ofThread : below(2) * some(u32(flags));
  if (!isThread) action.b = below(3) != 0 ? sig.SIGCHLD : below(4) == 0 ? 0 : signal();
}

function drawMask(t: u32): u32 {
  const isDue = ((task(t).pending.set | processOf(t).pending.set) & task(t).blocked) != 0;
  if (below(isDue ? 2 : 4) == 0) return 0;
  return bit(signal()) | bit(signal()) | (below(2) << sig.SIGCHLD);
}

function drawArguments(actor: u32): void {
  action.target = 0;
  action.a = 0;
  action.b = 0;
  switch (u32(action.kind)) {
    case op.FORK:
      drawFork(actor);
      break;
    case op.EXIT:
    case op.EXIT_GROUP:
      action.a = below(4);
      break;
    case op.KILL_PROCESS:
    case op.TGKILL:
      action.target = u8(anybody());
      action.a = signal();
      break;
    case op.KILL_GROUP:
      action.target = u8(anyGroup());
      action.a = signal();
      break;
    case op.WAIT4:
    case op.WAITID:
      action.target = u8(below(3) != 0 ? NOBODY : anybody());
      drawWait(action.kind == op.WAITID);
      break;
    case op.WAIT4_GROUP:
    case op.WAITID_GROUP:
      action.target = u8(anyGroup());
      drawWait(action.kind == op.WAITID_GROUP);
      break;
    case op.SET_PDEATHSIG:
      action.a = signal();
      break;
    case op.SET_SUBREAPER:
      action.a = below(3) != 0 ? 1 : 0;
      break;
    case op.SETPGID:
      action.target = u8(below(2) == 0 ? leaderOf(actor) : anybody());
      action.a = below(2) == 0 ? action.target : anyGroup();
      break;
    case op.SIGPROCMASK:
      action.a = drawMask(actor);
      break;
    case op.SIGACTION:
      action.a = below(3) == 0 ? sig.SIGCHLD : signal();
      action.b = below(2);
      break;
    case op.PTRACE:
      drawPtrace(actor);
  }
}

/** Whether a process traces another, or one that does. */
function traces(tracer: u32, tracee: u32): bool {
  let found: u32 = 1 << tracee;
  for (let round: u32 = 0; round < MOST_TASKS; round++) {
    for (let i: u32 = 0; i < births(); i++)
      if (exists(i) && task(i).ptrace != 0 && ((found >> leaderOf(i)) & 1) != 0)
        found |= 1 << leaderOf(task(i).tracer);
  }
  return ((found >> tracer) & 1) != 0;
}

/**
 * Whether the action can be taken. Two processes that trace each other with PTRACE_O_TRACEEXIT cannot be ended, so tracers
 * make no circle. The first task's parent does not trace.
 */
export function isPossible(): bool {
  const actor: u32 = action.actor;
  const kind: u32 = action.kind;
  const isKill = kind == op.KILL_PROCESS || kind == op.TGKILL || kind == op.KILL_GROUP;
  if (actor == NOBODY ? !isKill : !wasBorn(actor) || !isReady(actor)) return false;
  if (kind == op.FORK) return births() < MOST_TASKS;
  if (action.target != NOBODY && !wasBorn(action.target)) return false;
  if (kind == op.KILL_GROUP || kind == op.WAIT4_GROUP || kind == op.WAITID_GROUP)
    return action.target == NOBODY || hasMembers(action.target);
  if (kind != op.PTRACE) return kind != op.EXEC || executes;
  if (action.a == codes.PTRACE_TRACEME) {
    const parent: u32 = task(actor).parent;
    return parent != NOBODY && !traces(leaderOf(actor), leaderOf(parent));
  }
  if (action.a != u32(ptrace.PTRACE_ATTACH) && action.a != codes.PTRACE_SEIZE) return true;
  // An attach would wait for the end of an exec of its target.
  if (processOf(action.target).executing != 0) return false;
  return action.target == actor || !traces(leaderOf(action.target), leaderOf(actor));
}

function drawBeginning(): void {
  const at = i32(3 * row);
  row = row % LENGTH == LENGTH - 1 ? ROWS : row + 1;
  const letter = BEGINNINGS.charCodeAt(at + 1);
  action.actor = u8(BEGINNINGS.charCodeAt(at) - 0x30);
  action.target = 0;
  action.a = 0;
  action.b = 0;
  if (letter == 0x52 /* R */) {
    action.kind = u8(op.SET_SUBREAPER);
    action.a = 1;
  } else if (letter == 0x53 /* S */) {
    action.kind = u8(op.PTRACE);
    action.target = u8(BEGINNINGS.charCodeAt(at + 2) - 0x30);
    action.a = codes.PTRACE_SEIZE;
    action.b = options();
  } else if (letter == 0x45 /* E */) {
    action.kind = u8(op.EXIT);
  } else {
    action.kind = u8(op.FORK);
    if (letter == 0x54 /* T */) action.a = u32(clone.CLONE_THREAD);
    else action.b = sig.SIGCHLD;
  }
}

let executes: bool = true;

/** Whether tasks can execute a program here. */
export function allowExec(allowed: bool): void {
  executes = allowed;
}

/** Draws the next action of a walk into `action`. Returns false if none was found. */
export function draw(): bool {
  if (row < ROWS) {
    drawBeginning();
    if (isPossible()) return true;
  }
  for (let i = 0; i < 64; i++) {
    // Tracers of tasks that have stopped act more often.
    const any = below(births());
    if (exists(any) && task(any).isTraced && below(2) == 0) {
      drawForStopped(any);
      if (isPossible()) return true;
    }
    const actor = below(births() + 1);
    // The outside acts more rarely.
    if (actor == births() && below(2) == 0) continue;
    action.actor = u8(actor == births() ? NOBODY : actor);
    action.kind = u8(action.actor == NOBODY ? op.KILL_PROCESS + below(3) : pick(weights, op.KINDS));
    if (action.kind == op.FORK && births() >= crowd) continue;
    drawArguments(action.actor == NOBODY ? 0 : actor);
    if (isPossible()) return true;
  }
  return false;
}

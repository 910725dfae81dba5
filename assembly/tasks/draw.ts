// Walks: random actions, from states in which they are interesting.

import { below, ITSELF, seed, start } from "../fuzz/random";
import { CLONE_PARENT, CLONE_PTRACE, CLONE_THREAD, CLONE_UNTRACED } from "../linux/clone";
import {
  PTRACE_ATTACH,
  PTRACE_CONT,
  PTRACE_DETACH,
  PTRACE_GETEVENTMSG,
  PTRACE_GETSIGINFO,
  PTRACE_O_EXITKILL,
  PTRACE_O_TRACECLONE,
  PTRACE_O_TRACEEXIT,
  PTRACE_O_TRACEFORK,
  PTRACE_SETOPTIONS,
} from "../linux/ptrace";
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
import { PTRACE_INTERRUPT, PTRACE_LISTEN, PTRACE_SEIZE, PTRACE_TRACEME } from "./codes";
import { nextTracee } from "./detach";
import { hasMembers } from "./group";
import { bit } from "./signal";
import { births, exists, leaderOf, MOST_TASKS, NOBODY, processOf, task } from "./state";
import { isReady } from "./step";

/** Any of the two of random.ts. */
const STREAM: u32 = 0;
const FEWEST: u32 = 5;
const MOST: u32 = 30;

/** How often a kind is drawn, in the order of actions.ts. */
const WEIGHTS: usize = memory.data<u8>([24, 3, 3, 14, 4, 6, 14, 2, 8, 1, 5, 3, 2, 4, 8, 4, 36]);
const WEIGHT: u32 = 141;

const SIGNALS: usize = memory.data<u8>([
  u8(sig.SIGSTOP),
  u8(sig.SIGCONT),
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

/** Requests of a tracer whose tracee has stopped, and of one that has none such. */
const OF_STOPPED: usize = memory.data<u32>([
  u32(PTRACE_CONT),
  u32(PTRACE_CONT),
  u32(PTRACE_CONT),
  u32(PTRACE_DETACH),
  u32(PTRACE_GETSIGINFO),
  u32(PTRACE_GETEVENTMSG),
  u32(PTRACE_SETOPTIONS),
  PTRACE_LISTEN,
  PTRACE_INTERRUPT,
]);
const OF_OTHERS: usize = memory.data<u32>([
  u32(PTRACE_ATTACH),
  PTRACE_SEIZE,
  PTRACE_SEIZE,
  PTRACE_TRACEME,
  PTRACE_INTERRUPT,
  PTRACE_INTERRUPT,
]);

/** Starts a walk. @return how many actions it may have */
export function startWalk(low: u32, high: u32, number: u64): u32 {
  seed(low, high);
  start(STREAM, number, ITSELF);
  return FEWEST + below(MOST - FEWEST + 1);
}

function signal(): u32 {
  return load<u8>(SIGNALS + below(12));
}

/** Some of the bits of a set. */
function some(set: u32): u32 {
  let chosen: u32 = 0;
  for (let left = set; left != 0; left &= left - 1) if (below(3) == 0) chosen |= left & (0 - left);
  return chosen;
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
  const most = PTRACE_O_TRACEFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXIT | PTRACE_O_EXITKILL;
  return below(16) == 0 ? 0x80000000 : some(most);
}

function drawPtrace(actor: u32): void {
  let stopped = NOBODY;
  for (let i: u32 = 0; i < births(); i++) {
    const it = task(i);
    if (exists(i) && it.ptrace != 0 && it.tracer == actor && it.isTraced && below(2) == 0)
      stopped = i;
  }
  const isOwn = stopped != NOBODY && below(8) != 0;
  action.target = u8(isOwn ? stopped : anybody());
  action.a = isOwn ? load<u32>(OF_STOPPED + 4 * below(9)) : load<u32>(OF_OTHERS + 4 * below(6));
  const tracee = nextTracee(actor, u32.MAX_VALUE);
  if (action.a == PTRACE_INTERRUPT && tracee != NOBODY && below(2) == 0) action.target = u8(tracee);
  const asksOptions = action.a == u32(PTRACE_SETOPTIONS) || action.a == PTRACE_SEIZE;
  const resumes = action.a == u32(PTRACE_CONT) || action.a == u32(PTRACE_DETACH);
  action.b = asksOptions ? options() : 0;
  if (!resumes) return;
  const choice = below(4);
  if (choice < 2) action.b = below(32) == 0 ? 65 : signal();
  // The signal that it has stopped with.
  else if (choice == 2 && isOwn) action.b = task(stopped).stopSignal;
}

function drawWait(isById: bool): void {
  const most = __WALL | __WCLONE | __WNOTHREAD | WUNTRACED | WCONTINUED;
  action.target = u8(below(3) != 0 ? NOBODY : anybody());
  action.a = some(u32(most)) | (below(2) == 0 ? u32(WNOHANG) : 0);
  if (isById) action.a |= (below(3) != 0 ? u32(WEXITED) : 0) | some(u32(WNOWAIT));
}

function drawKind(): u32 {
  let left = below(WEIGHT);
  for (let kind: u32 = 0; kind < op.KINDS; kind++) {
    const weight: u32 = load<u8>(WEIGHTS + kind);
    if (left < weight) return kind;
    left -= weight;
  }
  return op.FORK;
}

function drawArguments(actor: u32): void {
  const kind: u32 = action.kind;
  action.target = 0;
  action.a = 0;
  action.b = 0;
  if (kind == op.FORK) {
    const isThread = below(4) == 0;
    const flags = u32(CLONE_PARENT | CLONE_PTRACE | CLONE_UNTRACED);
    action.a = isThread ? u32(CLONE_THREAD) | some(u32(CLONE_PTRACE)) : below(2) * some(flags);
    action.b = isThread ? 0 : below(3) != 0 ? sig.SIGCHLD : below(4) == 0 ? 0 : signal();
  } else if (kind == op.EXIT || kind == op.EXIT_GROUP) {
    action.a = below(4);
  } else if (kind == op.KILL_PROCESS || kind == op.TGKILL) {
    action.target = u8(anybody());
    action.a = signal();
  } else if (kind == op.KILL_GROUP) {
    action.target = u8(anyGroup());
    action.a = signal();
  } else if (kind == op.WAIT4 || kind == op.WAITID) {
    drawWait(kind == op.WAITID);
  } else if (kind == op.WAIT4_GROUP || kind == op.WAITID_GROUP) {
    drawWait(kind == op.WAITID_GROUP);
    action.target = u8(anyGroup());
  } else if (kind == op.SET_PDEATHSIG) {
    action.a = signal();
  } else if (kind == op.SET_SUBREAPER) {
    action.a = below(3) != 0 ? 1 : 0;
  } else if (kind == op.SETPGID) {
    action.target = u8(below(2) == 0 ? leaderOf(actor) : anybody());
    action.a = below(2) == 0 ? action.target : anyGroup();
  } else if (kind == op.SIGPROCMASK) {
    for (let i: u32 = 0; i < 3; i++) action.a |= bit(signal());
    if (below(3) == 0) action.a = 0;
  } else if (kind == op.SIGACTION) {
    action.a = signal();
    action.b = below(2);
  } else if (kind == op.PTRACE) {
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

/** Whether copy_process would find a signal that nobody has taken yet, and have the clone restarted. */
function isInterrupted(t: u32): bool {
  return ((task(t).pending.set | processOf(t).pending.set) & ~task(t).blocked) != 0;
}

/**
 * Whether the action can be taken. Two processes that trace each other with PTRACE_O_TRACEEXIT cannot be ended, so tracers
 * make no circle. The first task's parent does not trace.
 */
export function isPossible(): bool {
  const actor: u32 = action.actor;
  const kind: u32 = action.kind;
  if (actor == NOBODY) return kind == op.KILL_PROCESS || kind == op.TGKILL || kind == op.KILL_GROUP;
  if (actor >= births() || !isReady(actor)) return false;
  if (kind == op.FORK) return births() < MOST_TASKS && !isInterrupted(actor);
  if (action.target != NOBODY && action.target >= births()) return false;
  if (
    (kind == op.KILL_GROUP || kind == op.WAIT4_GROUP || kind == op.WAITID_GROUP) &&
    action.target != NOBODY
  )
    if (!hasMembers(action.target)) return false;
  if (kind != op.PTRACE) return true;
  if (action.a == PTRACE_TRACEME) {
    const parent: u32 = task(actor).parent;
    return parent != NOBODY && !traces(leaderOf(actor), leaderOf(parent));
  }
  if (action.a != u32(PTRACE_ATTACH) && action.a != PTRACE_SEIZE) return true;
  return action.target == actor || !traces(leaderOf(action.target), leaderOf(actor));
}

/** Draws the next action of a walk into `action`. Returns false if none was found. */
export function draw(): bool {
  for (let i = 0; i < 64; i++) {
    const actor = below(births() + 1);
    // The outside acts more rarely.
    if (actor == births() && below(2) == 0) continue;
    action.actor = u8(actor == births() ? NOBODY : actor);
    action.kind = u8(action.actor == NOBODY ? op.KILL_PROCESS + below(3) : drawKind());
    drawArguments(action.actor == NOBODY ? 0 : actor);
    if (isPossible()) return true;
  }
  return false;
}

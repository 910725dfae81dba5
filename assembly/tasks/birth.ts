// The life of a stub and of its grandchild, as programs of tasks: what shim/core/fork.c, shim/core/run.c, stub.S and
// src/core/stub/{birth,attach,tracee,end}.ts do, in this order.
//
//     shell      (0)  leads the session of the terminal, and does nothing
//     host       (1)  LIFE below, row by row: the stub's birth, the grandchild's, an injected call, close
//     stub       (2)  setsid, prctl, getppid, kill(SIGSTOP), INT3, then what is injected into it
//     grandchild (3)  prctl, getppid, kill(SIGSTOP), INT3, then what is injected into it
//
// What only reads or writes a stopped stub (registers, siginfo) belongs to the system call next to it. A step that is left out
// shows what it is for.

import { CLONE_PARENT, CLONE_PTRACE, CLONE_UNTRACED } from "../linux/clone";
import {
  PTRACE_ATTACH,
  PTRACE_CONT,
  PTRACE_EVENT_EXIT,
  PTRACE_O_EXITKILL,
  PTRACE_O_TRACEEXIT,
  PTRACE_SETOPTIONS,
} from "../linux/ptrace";
import { SIGCHLD, SIGKILL, SIGSTOP, SIGTRAP } from "../linux/signal";
import { WUNTRACED } from "../linux/wait";
import * as op from "./actions";
import { action } from "./actions";
import { setpgid } from "./calls";
import { PTRACE_SETSIGMASK } from "./codes";
import { bearFirst } from "./fork";
import * as k from "./kernel";
import { act, run } from "./run";
import { A_TASK, births, clearState, progress, task, wasBorn } from "./state";

/** Numbers of tasks. */
export const SHELL: u32 = 0;
export const HOST: u32 = 1;
export const STUB: u32 = 2;
export const GRANDCHILD: u32 = 3;

/** Precautions that may be left out, a bit each. */
const WITH_MASK: u32 = 1 << 0;
const WITH_SETSID: u32 = 1 << 1;
const WITH_PRCTL: u32 = 1 << 2;
const WITH_GETPPID: u32 = 1 << 3;
const SELF_STOP: u32 = 1 << 4;
const WITH_WUNTRACED: u32 = 1 << 5;
const WITH_EXITKILL: u32 = 1 << 6;
const RIP_CHECK: u32 = 1 << 7;
const WITH_TRACEEXIT: u32 = 1 << 8;
const WITH_BLOCK: u32 = 1 << 9;
const AWAITS_CHILD: u32 = 1 << 10;
const PASSES_OVER: u32 = 1 << 11;
const RESUMES_AT_EXIT: u32 = 1 << 12;
const WITH_EXECVE: u32 = 1 << 13;
const REAPS_CHILD: u32 = 1 << 14;

/** Mistakes of an encoder in the registers of a clone, a bit each: R15 is another pid, RBX is not 1. */
const WRONG_PARENT: u32 = 1 << 0;
const NO_MARK: u32 = 1 << 1;

/** What the host does: a row of LIFE is one of these, and whom it is about. */
const BLOCKS: u8 = 0 << 2;
const FORKS: u8 = 1 << 2;
const UNBLOCKS: u8 = 2 << 2;
const MEETS: u8 = 3 << 2;
const ATTACHES: u8 = 4 << 2;
const AWAITS: u8 = 5 << 2;
const SETS_OPTIONS: u8 = 6 << 2;
const CHECKS: u8 = 7 << 2;
const MASKS: u8 = 8 << 2;
const UNMASKS: u8 = 9 << 2;
const KILLS: u8 = 10 << 2;
const REAPS: u8 = 11 << 2;
/** Injections; the code that they execute is CLONES and on. */
const INJECTS: u8 = 12 << 2;
const MAKES_CLONE: u8 = INJECTS;
const MAKES_WAIT: u8 = INJECTS + (1 << 2);
const MAKES_CALL: u8 = INJECTS + (2 << 2);
const MAKES_EXECUTE: u8 = INJECTS + (3 << 2);
const MAKES_REAP: u8 = INJECTS + (4 << 2);

const TO_STUB: u8 = 2;
const TO_GRANDCHILD: u8 = 3;
const LIFE: usize = memory.data<u8>([
  // createStub of the tracer
  BLOCKS,
  FORKS,
  UNBLOCKS,
  MEETS | TO_STUB,
  ATTACHES | TO_STUB,
  AWAITS | TO_STUB,
  SETS_OPTIONS | TO_STUB,
  CHECKS | TO_STUB,
  UNMASKS | TO_STUB,
  // createStub of the stub
  MASKS | TO_STUB,
  MAKES_CLONE | TO_STUB,
  MAKES_WAIT | TO_STUB,
  ATTACHES | TO_GRANDCHILD,
  AWAITS | TO_GRANDCHILD,
  SETS_OPTIONS | TO_GRANDCHILD,
  CHECKS | TO_GRANDCHILD,
  UNMASKS | TO_GRANDCHILD,
  UNMASKS | TO_STUB,
  // call
  MAKES_CALL | TO_GRANDCHILD,
  // close
  MAKES_EXECUTE | TO_GRANDCHILD,
  KILLS | TO_GRANDCHILD,
  REAPS | TO_GRANDCHILD,
  MAKES_REAP | TO_STUB,
  MAKES_EXECUTE | TO_STUB,
  KILLS | TO_STUB,
  REAPS | TO_STUB,
]);
const GRANDCHILDS_BIRTH: u8 = 9;
const RESTORES_STUB: u8 = 17;
const CALL: u8 = 18;
const CLOSE: u8 = 19;
const ENDS_GRANDCHILD: u8 = 20;
const REAPS_BY_STUB: u8 = 22;
const CLOSES_STUB: u8 = 23;
const ENDS_STUB: u8 = 24;
export const END: u8 = 26;
/** The row that the host does not begin, by the number of what it ends with: birth, grandchild, call, close. */
const UNTIL: usize = memory.data<u8>([GRANDCHILDS_BIRTH, CALL, CLOSE, END]);

/** The status of a wait with WCONTINUED. */
const CONTINUED: i32 = 0xffff;

/** How far the host is in a row. */
const BEFORE: u8 = 0;
const CALLED: u8 = 1;
const WAITED: u8 = 2;
/** It has resumed a stub at a stop that it does not wait for. */
const RESUMED: u8 = 3;
/** A request has failed, so it has waited for the end. */
const LOST: u8 = 4;
/** It has resumed a stub at its exit stop, and then waited. */
const RESUMED_AT_EXIT: u8 = 5;
const WAITED_FOR_END: u8 = 6;

/** Where a stub is in its code. */
const BEGINS_SESSION: u8 = 0;
const ASKS_FOR_DEATH: u8 = 1;
const CHECKS_PARENT: u8 = 2;
const STOPS_ITSELF: u8 = 3;
/** At the SYSCALL of its self-stop, or just behind it. */
const AT_SELF_STOP: u8 = 4;
/** It has met the INT3. */
const AT_REST: u8 = 5;
const CLONES: u8 = 6;
const WAITS: u8 = 7;
const CALLS: u8 = 8;
const EXECUTES: u8 = 9;
const WAITS_AGAIN: u8 = 10;
const RETURNS: u8 = 11;
/** In the program that an execve has put in place of the stub code. */
const IN_PROGRAM: u8 = 12;

/** What has happened, a bit each in `progress.noted`; of a task: shifted by its number. */
export const KILLED: u32 = 1 << 0; // by the outside, or by the host
export const TOLD: u32 = 1 << 4; // the host knows that it has ended
export const HELD: u32 = 1 << 8; // the host has attached to it
export const OTHER_PARENT: u32 = 1 << 16; // it has taken another process for its parent
export const OTHER_REGISTERS: u32 = 1 << 20; // what the host keeps are not the initial ones
export const STOPPED_HOST: u32 = 1 << 24; // by the terminal
export const FAILED: u32 = 1 << 25; // the host has met an error
const ANSWERED: u32 = 1 << 26; // the injected call has returned the grandchild
const REAPED: u32 = 1 << 27; // for the host it is dead

/** All signals but SIGTRAP: INT3 raises it also if it is blocked. */
const ALL: u32 = ~1 & ~(1 << SIGTRAP);

let absent: u32 = 0;
let mistakes: u32 = 0;
let exitSignal: u32 = SIGKILL;
let cloneFlags: u32 = 0;
let firstWait: u32 = 0;
let laterWait: u32 = 0;
let last: u8 = END;

/**
 * What is under test.
 *
 * @param omitted precautions that are left out
 * @param flags of the clones; only CLONE_PARENT, CLONE_PTRACE and CLONE_UNTRACED matter
 * @param first options of the wait4 for a self-stop
 * @param later options of all others
 * @param wrong mistakes in the registers of a clone
 * @param until where the host's program ends: 0 after the birth, 1 after the grandchild's, 2 after a call, 3 after close
 */
export function plan(
  omitted: u32,
  flags: u32,
  signal: u32,
  first: u32,
  later: u32,
  wrong: u32,
  until: u32,
): void {
  absent = omitted;
  cloneFlags = flags & u32(CLONE_PARENT | CLONE_PTRACE | CLONE_UNTRACED);
  exitSignal = signal;
  firstWait = has(WITH_WUNTRACED) ? first : first & ~u32(WUNTRACED);
  laterWait = later;
  mistakes = wrong;
  last = load<u8>(UNTIL + until);
}

function has(precaution: u32): bool {
  return (absent & precaution) == 0;
}

/** Whether a parent has to be protected from the end of its child. */
function isHarmful(): bool {
  return exitSignal != 0 && exitSignal != SIGCHLD;
}

/** The exit signal of a stub that has its stub code. */
export function plannedSignal(): u32 {
  return exitSignal;
}

function note(fact: u32): void {
  progress.noted |= fact;
}

export function isNoted(fact: u32): bool {
  return (progress.noted & fact) != 0;
}

/** The shell and the host live, the host in the foreground group of the terminal. */
export function beginBirth(): void {
  clearState();
  bearFirst();
  set(SHELL, op.FORK, 0, 0, SIGCHLD);
  act(SHELL);
  while (runAny());
  setpgid(HOST, HOST, HOST);
  progress.grandchild = (mistakes & NO_MARK) != 0 ? RETURNS : ASKS_FOR_DEATH;
}

function runAny(): bool {
  for (let t: u32 = 0; t < births(); t++) {
    if (!task(t).awake) continue;
    run(t);
    return true;
  }
  return false;
}

function set(actor: u32, kind: u32, target: u32, a: u32, b: u32): void {
  action.actor = u8(actor);
  action.kind = u8(kind);
  action.target = u8(target);
  action.a = a;
  action.b = b;
}

// ---- The stubs ----

function codeOf(t: u32): u8 {
  return t == STUB ? progress.stub : progress.grandchild;
}

function enter(t: u32, code: u8): void {
  if (t == STUB) progress.stub = code;
  else progress.grandchild = code;
}

/** What a stub does next, in `action`; `NO_CALL`: nothing. */
function stubCall(t: u32, code: u8): void {
  const isOrphan = task(t).parent != (t == STUB ? HOST : STUB);
  set(t, op.NO_CALL, 0, 0, 0);
  switch (code) {
    case BEGINS_SESSION:
      if (has(WITH_SETSID)) set(t, op.SETSID, 0, 0, 0);
      break;
    case ASKS_FOR_DEATH:
      if (has(WITH_PRCTL)) set(t, op.SET_PDEATHSIG, 0, SIGKILL, 0);
      break;
    case CHECKS_PARENT: {
      const isWrong = isOrphan || (t == GRANDCHILD && (mistakes & WRONG_PARENT) != 0);
      if (!has(WITH_GETPPID)) note(isOrphan ? OTHER_PARENT << t : 0);
      else if (isWrong) set(t, op.EXIT, 0, 1, 0);
      else action.kind = u8(op.COMPARES);
      break;
    }
    case STOPS_ITSELF:
      if (has(SELF_STOP)) set(t, op.KILL_PROCESS, t, SIGSTOP, 0);
      break;
    case CLONES:
      set(t, op.FORK, 0, cloneFlags, exitSignal);
      break;
    case WAITS:
      set(t, op.WAIT4, GRANDCHILD, firstWait, 0);
      break;
    case CALLS:
      action.kind = u8(op.CALLS);
      break;
    case EXECUTES:
      set(t, op.EXEC, 0, 0, 0);
      break;
    case WAITS_AGAIN:
      set(t, op.WAIT4, GRANDCHILD, laterWait, 0);
      break;
    case IN_PROGRAM:
      set(t, op.EXIT, 0, 1, 0);
      break;
    default:
      set(t, op.TGKILL, t, SIGTRAP, 0);
  }
}

/** Takes the next step of the stub or the grandchild. */
export function stubSteps(t: u32): void {
  const code = codeOf(t);
  if (code < AT_REST) enter(t, code + 1);
  else if (code == EXECUTES) enter(t, IN_PROGRAM);
  else if (code < RETURNS && code > AT_REST) enter(t, RETURNS);
  else if (code == RETURNS) enter(t, AT_REST);
  if (code == RETURNS)
    progress.noted =
      (progress.noted & ~ANSWERED) | (task(t).result == A_TASK + i32(GRANDCHILD) ? ANSWERED : 0);
  stubCall(t, code);
  if (action.kind < op.KINDS) act(t);
}

// ---- The host ----

/** Whether the host has a step left. */
export function hostGoesOn(): bool {
  return progress.host != END && (progress.host != last || isNoted(FAILED));
}

/** Whether it has closed the grandchild, and goes on with the stub. */
export function hasClosedGrandchild(): bool {
  return progress.host > REAPS_BY_STUB && !isNoted(FAILED);
}

/** Takes the host's next step: what it makes of the last result, and its next system call. */
export function hostSteps(): void {
  set(HOST, op.NO_CALL, 0, 0, 0);
  while (action.kind == op.NO_CALL && hostGoesOn()) {
    if (progress.phase == BEFORE) begin();
    else judge();
  }
  if (action.kind == op.NO_CALL) return;
  act(HOST);
}

function row(): u8 {
  return load<u8>(LIFE + progress.host);
}

function goTo(next: u8): void {
  progress.host = next;
  progress.phase = BEFORE;
}

function ask(t: u32, request: u32, data: u32, phase: u8): void {
  set(HOST, op.PTRACE, t, request, data);
  progress.phase = phase;
}

function waitFor(t: u32, options: u32, phase: u8): void {
  set(HOST, op.WAIT4, t, options, 0);
  progress.phase = phase;
}

/** The system call of a row. */
function begin(): void {
  const t: u32 = row() & 3;
  const what: u8 = row() & ~3;
  if (t == STUB && isNoted(REAPED << STUB)) {
    goTo(END);
    return;
  }
  progress.phase = CALLED;
  switch (what) {
    case BLOCKS:
      if (has(WITH_MASK)) set(HOST, op.SIGPROCMASK, 0, ALL, 0);
      else goTo(progress.host + 1);
      return;
    case FORKS:
      set(HOST, op.FORK, 0, cloneFlags, exitSignal);
      return;
    case UNBLOCKS:
      if (has(WITH_MASK)) set(HOST, op.SIGPROCMASK, 0, 0, 0);
      else goTo(progress.host + 1);
      return;
    case MEETS:
      waitFor(t, firstWait, WAITED);
      return;
    case ATTACHES:
      ask(t, PTRACE_ATTACH, 0, CALLED);
      return;
    case AWAITS:
      waitFor(t, laterWait, WAITED);
      return;
    case SETS_OPTIONS:
      ask(t, PTRACE_SETOPTIONS, options(), CALLED);
      return;
    case CHECKS:
      if (codeOf(t) == AT_SELF_STOP || !has(RIP_CHECK)) {
        if (codeOf(t) != AT_SELF_STOP) note(OTHER_REGISTERS << t);
        goTo(progress.host + 1);
      } else {
        ask(t, PTRACE_CONT, 0, RESUMED);
      }
      return;
    case MASKS:
      if (isHarmful() && has(WITH_BLOCK)) ask(t, PTRACE_SETSIGMASK, ALL & ~(1 << SIGCHLD), CALLED);
      else goTo(progress.host + 1);
      return;
    case UNMASKS:
      if (isHarmful() || progress.host < GRANDCHILDS_BIRTH) ask(t, PTRACE_SETSIGMASK, 0, CALLED);
      else goTo(progress.host + 1);
      return;
    case KILLS:
      note(KILLED << t);
      set(HOST, op.KILL_PROCESS, t, SIGKILL, 0);
      return;
    case REAPS:
      waitFor(t, laterWait, WAITED);
      return;
    default:
      inject(t, what);
  }
}

function options(): u32 {
  return (
    (has(WITH_EXITKILL) ? PTRACE_O_EXITKILL : 0) | (has(WITH_TRACEEXIT) ? PTRACE_O_TRACEEXIT : 0)
  );
}

/** PTRACE_SETREGS and PTRACE_CONT: the stub goes on with another code. */
function inject(t: u32, what: u8): void {
  const isLeftOut =
    (what == MAKES_WAIT && !has(AWAITS_CHILD)) ||
    (what == MAKES_REAP && !has(REAPS_CHILD)) ||
    (what == MAKES_EXECUTE && !(isHarmful() && has(WITH_EXECVE)));
  if (isLeftOut) {
    goTo(progress.host + 1);
    return;
  }
  if (task(t).isTraced) enter(t, CLONES + ((what - INJECTS) >> 2));
  ask(t, PTRACE_CONT, 0, CALLED);
}

/** What the host makes of the result of its last system call. */
function judge(): void {
  const it = task(HOST);
  const t: u32 = row() & 3;
  const what: u8 = row() & ~3;
  const result = it.result;
  const status = it.status;
  it.result = 0;
  it.status = 0;
  switch (progress.phase) {
    case CALLED:
      if (result >= 0 || what == KILLS) {
        if (what == ATTACHES) note(HELD << t);
        if (what >= INJECTS) waitFor(t, laterWait, WAITED);
        else goTo(progress.host + 1);
      } else if (what == ATTACHES) {
        fail(t);
      } else {
        waitFor(t, laterWait, LOST);
      }
      return;
    case RESUMED:
      waitFor(t, laterWait, result < 0 ? LOST : WAITED);
      return;
    case RESUMED_AT_EXIT:
      waitFor(t, laterWait, WAITED_FOR_END);
      return;
    default:
      if (result == 0) {
        fail(t);
      } else if (result < 0 || ((status & 0xff) != 0x7f && status != CONTINUED)) {
        note((TOLD | REAPED) << t);
        if (what == REAPS) goTo(progress.host + 1);
        else fail(t);
      } else if (progress.phase == WAITED_FOR_END) {
        ask(t, PTRACE_CONT, 0, RESUMED_AT_EXIT);
      } else if (status >> 16 == PTRACE_EVENT_EXIT) {
        note(TOLD << t);
        if (has(RESUMES_AT_EXIT)) {
          ask(t, PTRACE_CONT, 0, RESUMED_AT_EXIT);
        } else {
          note(REAPED << t);
          fail(t);
        }
      } else if (progress.phase == LOST) {
        fail(t);
      } else {
        judgeStop(t, what, u32(status) >> 8);
      }
  }
}

/** A stop that is not the last one. */
function judgeStop(t: u32, what: u8, signal: u32): void {
  if (what == CHECKS) {
    progress.phase = BEFORE;
  } else if (what == REAPS) {
    ask(t, PTRACE_CONT, 0, RESUMED);
  } else if (what < INJECTS) {
    goTo(progress.host + 1);
  } else if (signal != SIGTRAP || (codeOf(t) != AT_REST && codeOf(t) != IN_PROGRAM)) {
    if (has(PASSES_OVER)) ask(t, PTRACE_CONT, 0, RESUMED);
    else fail(t);
  } else if ((what == MAKES_CLONE || what == MAKES_WAIT) && !isNoted(ANSWERED)) {
    fail(t);
  } else {
    goTo(progress.host + 1);
  }
}

/** An error about a stub: its caller ends what it holds. What a birth with a harmful exit signal leaves stays as it is. */
function fail(t: u32): void {
  note(FAILED);
  goTo(afterFailure(t, progress.host));
}

function afterFailure(t: u32, at: u8): u8 {
  // Its caller does not know a grandchild whose parent has ended before its birth was complete.
  if (isNoted(REAPED << STUB)) return at == RESTORES_STUB ? ENDS_GRANDCHILD : END;
  if (at < GRANDCHILDS_BIRTH)
    return isHarmful() && task(STUB).exitState == k.ALIVE ? END : ENDS_STUB;
  if (t == STUB && at >= REAPS_BY_STUB) return at == REAPS_BY_STUB ? CLOSES_STUB : END;
  if (isNoted(REAPED << GRANDCHILD))
    return isHarmful() && !task(GRANDCHILD).hasExecuted ? CLOSES_STUB : REAPS_BY_STUB;
  if (at >= CALL) return at < CLOSE ? CLOSE : CLOSES_STUB;
  return isHarmful() || !wasBorn(GRANDCHILD) ? CLOSES_STUB : ENDS_GRANDCHILD;
}

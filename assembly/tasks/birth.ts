// The birth of a stub by its host, as programs of tasks: what shim/core/fork.c, stub.S and attach.ts do, in this order.
//
//     shell (0)   leads the session of the terminal, and does nothing
//     host  (1)   blocks signals, forks, unblocks, waits, attaches, waits, sets options, checks the registers; then it holds
//                 the stub. If a step fails it kills the stub and reaps it.
//     stub  (2)   setsid, unblocks, prctl, getppid, kill(SIGSTOP), INT3
//
// A step that is left out shows what it is for.

import { CLONE_PARENT, CLONE_PTRACE, CLONE_UNTRACED } from "../linux/clone";
import { PTRACE_ATTACH, PTRACE_CONT, PTRACE_O_EXITKILL, PTRACE_SETOPTIONS } from "../linux/ptrace";
import { SIGCHLD, SIGKILL, SIGSTOP, SIGTRAP } from "../linux/signal";
import { __WALL, WUNTRACED } from "../linux/wait";
import * as op from "./actions";
import { action } from "./actions";
import { setpgid } from "./calls";
import { bearFirst } from "./fork";
import { act, run } from "./run";
import { A_TASK, births, clearState, progress, task } from "./state";

/** Numbers of tasks. */
export const SHELL: u32 = 0;
export const HOST: u32 = 1;
export const STUB: u32 = 2;

/** Precautions that may be left out, a bit each. */
export const MASK: u32 = 1 << 0;
export const WITH_SETSID: u32 = 1 << 1;
export const WITH_PRCTL: u32 = 1 << 2;
export const WITH_GETPPID: u32 = 1 << 3;
export const SELF_STOP: u32 = 1 << 4;
export const WITH_WUNTRACED: u32 = 1 << 5;
export const WITH_EXITKILL: u32 = 1 << 6;
export const RIP_CHECK: u32 = 1 << 7;

/** Steps of the host. */
const BLOCKS: u8 = 0;
const FORKS: u8 = 1;
const UNBLOCKS: u8 = 2;
const WAITS: u8 = 3;
const ATTACHES: u8 = 4;
const AWAITS_STOP: u8 = 5;
const SETS_OPTIONS: u8 = 6;
const CHECKS: u8 = 7;
const AWAITS_NEXT: u8 = 8;
export const HOLDS: u8 = 9;
const KILLS: u8 = 10;
// 11: it reaps the stub that it has killed.
export const GIVES_UP: u8 = 12;
const CHECKS_AGAIN: u8 = 13;

/** Steps of the stub. */
const BEGINS_SESSION: u8 = 0;
const UNMASKS: u8 = 1;
const ASKS_FOR_DEATH: u8 = 2;
const CHECKS_PARENT: u8 = 3;
const STOPS_ITSELF: u8 = 4;
/** At the SYSCALL of its self-stop, or just behind it. */
export const AT_SELF_STOP: u8 = 5;
/** It has met the INT3. */
export const AT_REST_LOOP: u8 = 6;

let absent: u32 = 0;
let exitSignal: u32 = SIGKILL;
let cloneFlags: u32 = 0;
let waitOptions: u32 = 0;

/**
 * What is under test.
 *
 * @param omitted precautions that are left out
 * @param flags of the clone; only CLONE_PARENT, CLONE_PTRACE and CLONE_UNTRACED matter
 * @param options of the host's first wait4
 */
export function plan(omitted: u32, flags: u32, signal: u32, options: u32): void {
  absent = omitted;
  cloneFlags = flags & u32(CLONE_PARENT | CLONE_PTRACE | CLONE_UNTRACED);
  exitSignal = signal;
  waitOptions = options;
}

function has(precaution: u32): bool {
  return (absent & precaution) == 0;
}

/** The shell and the host live, the host in the foreground group of the terminal. */
export function beginBirth(): void {
  clearState();
  bearFirst();
  set(SHELL, op.FORK, 0, 0, SIGCHLD);
  act(SHELL);
  while (runAny());
  setpgid(HOST, HOST, HOST);
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

// ---- The stub ----

/** What the stub does next, in `action`. Returns false if it makes no system call. */
function stubCall(step: u8): bool {
  switch (step) {
    case BEGINS_SESSION:
      set(STUB, op.SETSID, 0, 0, 0);
      return has(WITH_SETSID);
    case UNMASKS:
      set(STUB, op.SIGPROCMASK, 0, 0, 0);
      return true;
    case ASKS_FOR_DEATH:
      set(STUB, op.SET_PDEATHSIG, 0, SIGKILL, 0);
      return has(WITH_PRCTL);
    case CHECKS_PARENT:
      set(STUB, op.EXIT, 0, 1, 0);
      return has(WITH_GETPPID) && task(STUB).parent != HOST;
    case STOPS_ITSELF:
      set(STUB, op.KILL_PROCESS, STUB, SIGSTOP, 0);
      return has(SELF_STOP);
    default:
      set(STUB, op.TGKILL, STUB, SIGTRAP, 0);
      return true;
  }
}

/** Takes the stub's next step. */
export function stubSteps(): void {
  const step = progress.stub;
  if (step < AT_REST_LOOP) progress.stub = u8(step + 1);
  if (step == CHECKS_PARENT && task(STUB).parent != HOST && !has(WITH_GETPPID))
    progress.hasOtherParent = true;
  if (stubCall(step)) act(STUB);
  else action.kind = u8(step == CHECKS_PARENT && has(WITH_GETPPID) ? op.COMPARES : op.NO_CALL);
}

// ---- The host ----

/** Whether the host's wait has found that the stub has stopped, by a signal; 0: by any. */
function foundStop(signal: u32): bool {
  const it = task(HOST);
  if (it.result != A_TASK + i32(STUB) || (it.status & 0xff) != 0x7f) return false;
  return signal == 0 || u32((it.status >> 8) & 0xff) == signal;
}

/** Takes the host's next step. */
export function hostSteps(): void {
  const step = progress.host;
  progress.host = u8(step + 1);
  switch (step) {
    case BLOCKS:
      set(HOST, op.SIGPROCMASK, 0, ~1, 0);
      break;
    case FORKS:
      set(HOST, op.FORK, 0, cloneFlags, exitSignal);
      break;
    case UNBLOCKS:
      set(HOST, op.SIGPROCMASK, 0, 0, 0);
      break;
    case WAITS:
      set(HOST, op.WAIT4, STUB, waitOptions & ~(has(WITH_WUNTRACED) ? 0 : u32(WUNTRACED)), 0);
      break;
    case ATTACHES:
      if (!foundStop(SIGSTOP)) {
        decide(foundStop(0) ? WAITS : KILLS);
        return;
      }
      set(HOST, op.PTRACE, STUB, PTRACE_ATTACH, 0);
      break;
    case AWAITS_STOP:
      if (task(HOST).result < 0) {
        decide(KILLS);
        return;
      }
      set(HOST, op.WAIT4, STUB, u32(__WALL), 0);
      break;
    case SETS_OPTIONS:
      if (!foundStop(0)) {
        decide(KILLS);
        return;
      }
      set(HOST, op.PTRACE, STUB, PTRACE_SETOPTIONS, has(WITH_EXITKILL) ? PTRACE_O_EXITKILL : 0);
      break;
    case CHECKS:
      if (task(HOST).result < 0) {
        decide(KILLS);
        return;
      }
      if (!has(RIP_CHECK) || progress.stub == AT_SELF_STOP) {
        decide(HOLDS);
        return;
      }
      set(HOST, op.PTRACE, STUB, PTRACE_CONT, 0);
      break;
    case AWAITS_NEXT:
      if (task(HOST).result < 0) {
        decide(KILLS);
        return;
      }
      progress.host = CHECKS_AGAIN;
      set(HOST, op.WAIT4, STUB, u32(__WALL), 0);
      break;
    case CHECKS_AGAIN:
      decide(foundStop(0) ? CHECKS : KILLS);
      return;
    case KILLS:
      set(HOST, op.KILL_PROCESS, STUB, SIGKILL, 0);
      break;
    default:
      set(HOST, op.WAIT4, STUB, u32(__WALL), 0);
  }
  act(HOST);
}

/** A step that is no system call. */
function decide(next: u8): void {
  progress.host = next;
  // A decision about a result is not made twice.
  task(HOST).result = 0;
}

/** Whether the host has a step left. */
export function hostGoesOn(): bool {
  return progress.host != HOLDS && progress.host != GIVES_UP;
}

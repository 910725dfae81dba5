// A task that runs: its calls, and its way from one to the next. Between two actions it is in a call, too, in which it awaits
// the next one.

import { ESRCH } from "../linux/errno";
import { PTRACE_O_TRACESYSGOOD } from "../linux/ptrace";
import { SI_KERNEL, SI_TKILL, SI_USER } from "../linux/siginfo";
import { SIGRTMAX, SIGTRAP } from "../linux/signal";
import * as op from "./actions";
import { Action, action } from "./actions";
import { setAction, setMask, setpgid, setsid } from "./calls";
import { CLD_TRAPPED } from "./codes";
import { hasOption } from "./detach";
import { awaitThreads, exec } from "./exec";
import { doExit, endGroup, exitNow, exitRest } from "./exit";
import { awaitVfork, clone } from "./fork";
import { getSignal, leaveSignalStop } from "./get_signal";
import { hasMembers, killGroup } from "./group";
import * as k from "./kernel";
import { ptrace } from "./ptrace";
import { holds } from "./rule";
import { isFatal, sendSignal, setCurrent } from "./signal";
import { bear, exists, infoOf, leaderOf, NOBODY, processOf, Task, task } from "./state";
import { leaveStop, NO_MESSAGE, ptraceNotify } from "./stop";
import { doWait } from "./wait";

// ---- Calls ----

/** kill and tgkill. */
function kill(sender: u32, it: Action): i32 {
  const target: u32 = it.target;
  const info = infoOf(it.kind == op.TGKILL ? SI_TKILL : SI_USER, leaderOf(sender), 0);
  if (it.kind == op.KILL_GROUP) {
    const result = hasMembers(target) ? 0 : -ESRCH;
    killGroup(it.a, info, target);
    return result;
  }
  if (!exists(target)) return -ESRCH;
  if (it.a != 0) sendSignal(it.a, info, target, it.kind == op.KILL_PROCESS);
  return 0;
}

/** The system call of an action. @return its result, if it returns at once */
function call(t: u32): i32 {
  const it = task(t).action;
  const a = it.a;
  switch (u32(it.kind)) {
    case op.FORK:
      return clone(t);
    case op.EXIT:
      return doExit(t, (a & 0xff) << 8);
    case op.EXIT_GROUP:
      return endGroup(t, (a & 0xff) << 8);
    case op.KILL_PROCESS:
    case op.KILL_GROUP:
    case op.TGKILL:
      return kill(t, it);
    case op.SET_PDEATHSIG:
      task(t).pdeathSignal = u8(a);
      return 0;
    case op.SET_SUBREAPER:
      processOf(t).isSubreaper = a != 0;
      return 0;
    case op.SETSID:
      return setsid(t);
    case op.SETPGID:
      return setpgid(t, it.target, a);
    case op.SIGPROCMASK:
      return setMask(t, a);
    case op.SIGACTION:
      return setAction(t, a, it.b != 0);
    case op.EXEC:
      return exec(t);
    case op.PTRACE:
      return ptrace(t, a, it.target, it.b);
    default:
      return doWait(t);
  }
}

// ---- Stops at calls ----

/**
 * PTRACE_SYSCALL stops a tracee at the entry and at the exit of its calls.
 * @source ptrace_report_syscall, include/linux/ptrace.h, 6.12
 */
export const T69: u32 = 69;

/**
 * PTRACE_O_TRACESYSGOOD marks the stops at calls with 0x80.
 * @source ptrace_report_syscall, include/linux/ptrace.h, 6.12
 */
export const T73: u32 = 73;

/**
 * The message of a stop at a call is 1 at its entry, 2 at its exit.
 * @source ptrace_report_syscall_entry, ptrace_report_syscall_exit, include/linux/ptrace.h, 6.12
 */
export const T74: u32 = 74;

/** ptrace_report_syscall. Returns whether the task has stopped. */
function stopsAtCall(t: u32, place: u8, message: u32): bool {
  if (!task(t).isTracedAtCalls || !holds(T69)) return false;
  const mark: u32 = hasOption(t, PTRACE_O_TRACESYSGOOD) && holds(T73) ? 0x80 : 0;
  const told = holds(T74) ? message : NO_MESSAGE;
  if (ptraceNotify(t, place, SIGTRAP | mark, CLD_TRAPPED, told)) return true;
  if (task(t).ptrace != 0) sendReported(t, SIGTRAP | mark);
  return false;
}

/**
 * A signal with which a tracer resumes a tracee from a stop at a call is sent to the tracee, by the kernel.
 * @source ptrace_report_syscall, include/linux/ptrace.h, 6.12
 */
export const T75: u32 = 75;

/** What a stop at a call ends with: of one that nobody has resumed SIGTRAP, which is no signal if it is marked. */
function sendReported(t: u32, signal: u32): void {
  task(t).message = 0;
  if (signal == 0 || signal > u32(SIGRTMAX) || !holds(T75)) return;
  sendSignal(signal, infoOf(SI_KERNEL, NOBODY, 0), t, false);
}

// ---- The way of a task ----

function enterCall(t: u32): void {
  if (!stopsAtCall(t, k.AT_ENTRY, 1)) perform(t);
}

/** Makes its call, up to where it returns, waits, stops or ends. */
function perform(t: u32): void {
  const it = task(t);
  if (!it.acts) {
    it.place = k.AT_REST;
    if (it.sigpending) leaveCall(t);
    return;
  }
  it.place = k.AFTER_CALL;
  if (it.starts) {
    leaveCall(t);
    return;
  }
  it.restarts = false;
  // Others may run before it returns to user mode.
  it.awake = true;
  const result = call(t);
  it.result = result;
}

/** Its action has returned. */
function finish(it: Task): void {
  if (it.action.kind == op.EXEC) forgetResults(it);
  it.isBusy = false;
  memory.fill(changetype<usize>(it.action), 0, offsetof<Action>());
}

function forgetResults(it: Task): void {
  it.result = 0;
  it.status = 0;
  it.infoSignal = 0;
  it.info = 0;
}

function leaveCall(t: u32): void {
  if (!stopsAtCall(t, k.AT_EXIT, 2)) toUserMode(t);
}

/** Takes its signals, and makes its next call: that which was interrupted, its action's, or that in which it awaits one. */
function toUserMode(t: u32): void {
  const it = task(t);
  while (it.sigpending) if (!getSignal(t, 0, 0)) return;
  if (it.acts && !it.restarts) {
    // A new program maps what it shares, and has a result then.
    it.starts = it.action.kind == op.EXEC && !it.starts;
    if (!it.starts) finish(it);
  }
  it.acts = it.isBusy || it.starts;
  enterCall(t);
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
      leaveCall(t);
      return;
    case k.IN_VFORK_EVENT:
      leaveStop(t);
      awaitVfork(t);
      return;
    case k.IN_VFORK:
      awaitVfork(t);
      return;
    case k.IN_EXIT_EVENT:
      leaveStop(t);
      exitNow(t);
      return;
    case k.IN_EXEC:
      awaitThreads(t);
      return;
    case k.IN_EXIT:
      exitRest(t);
      return;
    case k.AT_ENTRY:
      sendReported(t, leaveStop(t));
      // A task that dies does not make the call.
      if (isFatal(t)) leaveCall(t);
      else perform(t);
      return;
    case k.AT_EXIT:
      sendReported(t, leaveStop(t));
      toUserMode(t);
      return;
    case k.IN_WAIT:
      // A signal does not keep a wait from what it finds.
      perform(t);
      if (it.place == k.AFTER_CALL) leaveCall(t);
      return;
    default:
      leaveCall(t);
  }
}

/** Whether a task can act now. */
export function isReady(t: u32): bool {
  const it = task(t);
  return it.exitState == k.ALIVE && it.place == k.AT_REST && !it.isBusy;
}

/** Takes `action`, up to where its actor returns, waits, stops or ends. */
export function act(t: u32): void {
  setCurrent(t);
  if (t == NOBODY) {
    kill(t, action);
    return;
  }
  const it = task(t);
  forgetResults(it);
  it.isBusy = true;
  memory.copy(changetype<usize>(it.action), changetype<usize>(action), offsetof<Action>());
  if (action.kind == op.FORK) {
    const child = bear();
    it.action.target = u8(child);
    task(child).isBusy = true;
  }
  leaveCall(t);
}

// What a thread does: it runs, sleeps, is stopped, and by what; or it has ended, and which process has to wait for it.

import { waitCoreDumped, waitEvent, waitValue } from "../linux/wait";
import { about, Found } from "./about";
import { Cause, cause, isCause, recognise, STOPS, WAITS } from "./cause";
import { callName } from "./names";
import { causeOfWord, defaultAction, isStopping } from "./status_word";
import {
  callNumber,
  callWord,
  isKernelThread,
  isRingThread,
  Task,
  thread,
  threadCount,
} from "./task";
import { beginsWith, countOf, is, lengthOf, NONE, part, Text, word } from "./text";

const CLONE_VFORK: u64 = 0x4000;
const CSIGNAL: u64 = 0xff;
const SIGCHLD: u64 = 17;

// Letters of states.
const R: u32 = 0x52;
const T: u32 = 0x54;
const X: u32 = 0x58;
const Z: u32 = 0x5a;
const D: u32 = 0x44;
/** Of a ptrace stop. */
const t: u32 = 0x74;

export function hasEnded(state: u32): bool {
  return state == Z || state == X;
}

export function isStopped(state: u32): bool {
  return state == T || state == t;
}

export function isTraceStop(state: u32): bool {
  return state == t;
}

function found(id: string): Found {
  return new Found(cause(id));
}

function byFile(it: Found, task: Task, file: string, word: Text): Found {
  it.tid = task.tid;
  it.file = file;
  it.word = word;
  return it;
}

/** What a thread does. */
export function stateOf(task: Task): Found {
  if (isKernelThread(task)) return found("kernel-thread");
  if (task.state == R) return found("running");
  if (hasEnded(task.state)) return ended(task);
  if (task.state == t || (task.state == T && task.tracer != null)) return traced(task);
  if (task.state == T) {
    about.signal = groupStop(task);
    return found("stopped");
  }
  if (task.isDumping) {
    about.status = task.groupCode;
    const it = found("core-dump");
    it.tid = task.tid;
    it.file = "status";
    it.key = "CoreDumping";
    return it;
  }
  if (task.freezer != NONE) {
    const it = found("frozen");
    it.path = task.freezer;
    return it;
  }
  if (isRingThread(task)) return found("ring-thread");
  return waiting(task);
}

/** By the kernel's functions. Of tasks that sleep, only one that is frozen was put to sleep by get_signal itself. */
function waiting(task: Task): Found {
  const file = task.hasStack ? "stack" : "wchan";
  const first = word(task.functions, 0);
  if (is(first, "get_signal")) return byFile(found("frozen"), task, file, first);
  for (let n: u32 = 0; n < countOf(task.functions); n++) {
    const name = word(task.functions, n);
    const known = recognise(WAITS, name);
    if (known != 0) return byFile(new Found(known), task, file, name);
  }
  return found(task.state == D ? "uninterruptible" : "sleeping");
}

/** The signal by which all threads of a process are stopped; 0 if they are not, or that is not shown. */
function groupStop(task: Task): i32 {
  return task.groupCode >= 0 && isStopping(task.groupCode) ? task.groupCode : 0;
}

/** A stop that the tracer has not yet waited for is its exit code; of one that it has, only the kernel's stack is left. */
function traced(task: Task): Found {
  const place = placeOf(task);
  const signal = groupStop(task);
  about.signal = signal;
  about.action = "its handler runs, or its default action is taken";
  about.way = wayOf(task);
  if (task.groupCode > 0 && signal == 0) about.status = task.groupCode;
  if (task.exitCode != 0) return unreported(task, place);
  if (place.cause == 0) {
    about.isWaitedFor = task.hasCodes;
    return found("traced-stop");
  }
  if (isCause(place.cause, "event-fork")) place.cause = cause(forkOf(task));
  else if (isCause(place.cause, "trap-stop") && signal != 0) place.cause = cause("group-stop");
  // Of a tracee that was not seized, a group-stop has the stack of a signal's stop.
  else if (isCause(place.cause, "signal-delivery") && signal != 0)
    place.cause = cause("group-stop-or-signal");
  return place;
}

/** Takes what a status word says. */
export function takeWord(status: i32): Cause {
  about.code = waitValue(status);
  about.signal = about.code;
  about.event = waitEvent(status);
  about.isCore = waitCoreDumped(status) == 1;
  about.action = defaultAction(about.code);
  return causeOfWord(status);
}

function unreported(task: Task, place: Found): Found {
  const reported = takeWord((task.exitCode << 8) | 0x7f);
  const signal = u64(about.code);
  if (((task.caught << 1) >> signal) % 2 == 1) about.action = "its handler runs";
  else if (((task.ignored << 1) >> signal) % 2 == 1) about.action = "it ignores it";
  const narrow = narrowed(reported, place, task);
  const it = narrow == reported ? new Found(reported) : place;
  it.cause = narrow;
  it.code = task.exitCode;
  return it;
}

/** The kernel's function that called ptrace_stop, and that stop; its cause is 0 if it is not known. */
function placeOf(task: Task): Found {
  for (let n: u32 = 0; n < countOf(task.functions); n++) {
    const name = word(task.functions, n);
    const known = recognise(STOPS, name);
    if (known == 0) continue;
    // do_jobctl_trap may be inlined; a signal's stop does not notify.
    const isTrap = isCause(known, "signal-delivery") && hasFunction(task, "ptrace_do_notify");
    return byFile(new Found(isTrap ? cause("trap-stop") : known), task, "stack", name);
  }
  return inlinedPlace(task);
}

function hasFunction(task: Task, name: string): bool {
  for (let n: u32 = 0; n < countOf(task.functions); n++)
    if (is(word(task.functions, n), name)) return true;
  return false;
}

/** Where the functions of a system call stop are inlined, entry and exit look the same. */
function inlinedPlace(task: Task): Found {
  let n: u32 = 0;
  while (beginsWith(word(task.functions, n), "ptrace_")) n++;
  const caller = word(task.functions, n);
  const isCall =
    beginsWith(caller, "do_syscall_64") ||
    beginsWith(caller, "el0_svc") ||
    beginsWith(caller, "do_el0_svc");
  return isCall ? byFile(found("syscall"), task, "stack", caller) : new Found(0);
}

/** Some codes stand for several stops, which the stack distinguishes. */
function narrowed(reported: Cause, place: Found, task: Task): Cause {
  const isCall = isCause(reported, "syscall") || isCause(reported, "signal-trap");
  const isPlace =
    place.cause != 0 &&
    (isCause(place.cause, "syscall") ||
      isCause(place.cause, "syscall-entry") ||
      isCause(place.cause, "syscall-exit"));
  if (isCall && isPlace) return place.cause;
  if (!isCause(reported, "stop-signal") || task.groupCode < 0) return reported;
  return cause(groupStop(task) != 0 ? "group-stop" : "signal-delivery");
}

/** The exception that was on its way back to the program: most signals of instructions come from one. */
function wayOf(task: Task): Text {
  for (let n: u32 = 0; n < countOf(task.functions); n++) {
    const name = word(task.functions, n);
    if (beginsWith(name, "asm_exc_")) return part(name, 8, lengthOf(name));
    if (!beginsWith(name, "el0_")) continue;
    const rest = part(name, 4, lengthOf(name));
    if (!beginsWith(rest, "svc") && !beginsWith(rest, "interrupt")) return rest;
  }
  return NONE;
}

/** The event of a call that makes a process: kernel_clone in the kernel's kernel/fork.c. */
function forkOf(task: Task): string {
  if (task.call == NONE) return "event-fork-any";
  const name = callName(callNumber(task));
  const flags = is(name, "clone") ? callWord(task, 0) : 0;
  if (is(name, "vfork") || (flags & CLONE_VFORK) != 0) return "event-vfork-any";
  return is(name, "fork") || (flags & CSIGNAL) == SIGCHLD ? "event-fork" : "event-clone";
}

function ended(task: Task): Found {
  if (task.tid == task.pid)
    for (let n: u32 = 0; n < threadCount; n++)
      if (!hasEnded(thread(n).state)) return found("zombie-leader");
  if (task.hasCodes) about.status = task.exitCode;
  else about.hidesStatus = true;
  const tracer = task.tracer;
  return found(tracer != null && tracer.pid != task.parent.pid ? "zombie-traced" : "zombie");
}

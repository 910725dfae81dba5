// fs/exec.c: a task that executes another program.

import { EAGAIN } from "../linux/errno";
import { PTRACE_EVENT_EXEC } from "../linux/ptrace";
import { SI_USER } from "../linux/siginfo";
import { SIGCHLD, SIGTRAP } from "../linux/signal";
import { hasOption, unlink } from "./detach";
import { zapOtherThreads } from "./exit";
import { completeVfork } from "./fork";
import * as k from "./kernel";
import { wakeWaitsFor } from "./notify";
import { holds } from "./rule";
import { isFatal, sendSignal, setCurrent } from "./signal";
import {
  A_TASK,
  births,
  copyTask,
  exists,
  infoOf,
  isAlone,
  MOST_TASKS,
  processAt,
  processOf,
  task,
} from "./state";
import { ptraceEvent } from "./stop";

/**
 * A thread that executes a program ends all others of its process first.
 * @source de_thread, fs/exec.c, 6.12
 */
export const T85: u32 = 85;

/** execve, and the beginning of de_thread. */
export function exec(t: u32): i32 {
  const group = processOf(t);
  if (isAlone(t)) {
    finishExec(t, t);
    return 0;
  }
  // Another end of all threads is in progress, which ends this one.
  if ((group.flags & k.GROUP_EXIT) != 0 || group.executing != 0) return -EAGAIN;
  group.executing = u8(t + 1);
  if (holds(T85)) zapOtherThreads(t);
  awaitThreads(t);
  return 0;
}

/** Whether threads are left that de_thread awaits: others are to be released, the leader is to have ended. */
function hasThreads(t: u32): bool {
  const leader: u32 = task(t).process;
  for (let i: u32 = 0; i < births(); i++) {
    if (i == t || !exists(i) || task(i).process != leader) continue;
    if (i != leader || task(i).exitState == k.ALIVE) return true;
  }
  return false;
}

/** The rest of de_thread. */
export function awaitThreads(t: u32): void {
  const it = task(t);
  const group = processOf(t);
  const isKilled = isFatal(t);
  it.awake = isKilled || !hasThreads(t) || !holds(T85);
  it.place = it.awake ? k.AFTER_CALL : k.IN_EXEC;
  if (!it.awake) return;
  group.executing = 0;
  if (isKilled) return;
  const leader: u32 = it.process;
  if (t != leader) takePlace(t, leader);
  finishExec(leader, t);
}

/** The thread takes the pid of its leader, which is released. */
function takePlace(t: u32, leader: u32): void {
  const old = task(leader);
  old.exitState = k.DEAD;
  if (old.ptrace != 0) {
    const tracer = old.tracer;
    // The two have exchanged their pids.
    wakeWaitsFor(t, tracer, tracer);
    unlink(leader);
  }
  copyTask(leader, t);
  processAt(leader).target = u8(leader);
  setCurrent(leader);
  for (let i: u32 = 0; i < MOST_TASKS; i++) {
    const other = task(i);
    if (!exists(i)) continue;
    if (other.parent == t) other.parent = u8(leader);
    if (other.tracer == t) other.tracer = u8(leader);
    if (other.vforkChild == t + 1) other.vforkChild = u8(leader + 1);
  }
}

/**
 * An exec sets the exit signal of a process to SIGCHLD.
 * @source de_thread, fs/exec.c, 6.12
 */
export const T86: u32 = 86;

/**
 * A parent that has used CLONE_VFORK goes on when the child executes a program.
 * @source exec_mm_release, kernel/fork.c, 6.12
 */
export const T87: u32 = 87;

/**
 * PTRACE_O_TRACEEXEC stops a tracee after an exec, with the pid that it had before as the message.
 * @source exec_binprm, fs/exec.c, 6.12
 */
export const T88: u32 = 88;

/**
 * A tracee that was not seized and has no PTRACE_O_TRACEEXEC gets SIGTRAP after an exec.
 * @source ptrace_event, include/linux/ptrace.h, 6.12
 */
export const T89: u32 = 89;

/** The rest of begin_new_exec and exec_binprm. @param former the number that the task had before */
function finishExec(t: u32, former: u32): void {
  const it = task(t);
  if (holds(T86) || it.exitSignal == 0xff) it.exitSignal = u8(SIGCHLD);
  if (holds(T87)) completeVfork(t);
  it.execs++;
  it.hasExecuted = true;
  if (holds(T88) && ptraceEvent(t, k.IN_EVENT, PTRACE_EVENT_EXEC, A_TASK + former)) return;
  if ((it.ptrace & (k.PT_PTRACED | k.PT_SEIZED)) != k.PT_PTRACED || !holds(T89)) return;
  if (!hasOption(t, 1 << PTRACE_EVENT_EXEC)) sendSignal(SIGTRAP, infoOf(SI_USER, t, 0), t, false);
}

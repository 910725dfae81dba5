// What a thread does: it runs, sleeps, is stopped, and by what; or it has ended, and which process has to wait for it.

import { SIGCHLD } from "../linux/signal";
import { waitValue } from "../linux/wait";
import { Found, recognise, STOPS, Values, WAITS } from "./cause";
import { callName, signalName } from "./names";
import { causeOfWord, isStopping, meaningOf, tellWord } from "./status_word";
import { Task } from "./task";
import { foreign, hex } from "./text";

const CLONE_VFORK: u64 = 0x4000;
const CSIGNAL: u64 = 0xff;

// Letters of states.
const RUNNING = "R";
const UNINTERRUPTIBLE = "D";
const STOPPED = "T";
/** Of a ptrace stop. */
export const TRACED = "t";

export function hasEnded(state: string): bool {
  return state == "Z" || state == "X";
}

export function isStopped(state: string): bool {
  return state == STOPPED || state == TRACED;
}

/** @param word of the file, from which it is concluded */
function byFile(id: string, task: Task, file: string, word: string): Found {
  return new Found(id, `/proc/${task.tid}/${file}: ${word}`);
}

/** What a thread does. Tells what is known of it. */
export function stateOf(task: Task, values: Values): Found {
  tellWord(0, values);
  values.set("waited", "");
  if (task.isKernelThread) return new Found("kernel-thread");
  if (task.state == RUNNING) return new Found("running");
  if (hasEnded(task.state)) return ended(task, values);
  if (task.state == TRACED || (task.state == STOPPED && task.tracer != null))
    return traced(task, values);
  if (task.state == STOPPED) {
    values.set("signal", signalName(groupStop(task)));
    return new Found("stopped");
  }
  if (task.isDumping) {
    if (task.groupCode >= 0) values.set("status", `: ${meaningOf(task.groupCode)}`);
    return byFile("core-dump", task, "status", "CoreDumping");
  }
  if (task.freezer != "") return new Found("frozen", foreign(task.freezer));
  return task.isRingThread ? new Found("ring-thread") : waiting(task);
}

/** By the kernel's functions. Of tasks that sleep, only one that is frozen was put to sleep by get_signal itself. */
function waiting(task: Task): Found {
  const file = task.hasStack ? "stack" : "wchan";
  if (task.functions[0] == "get_signal") return byFile("frozen", task, file, "get_signal");
  for (let n = 0; n < task.functions.length; n++) {
    const known = recognise(WAITS, task.functions[n]);
    if (known != "") return byFile(known, task, file, task.functions[n]);
  }
  return new Found(task.state == UNINTERRUPTIBLE ? "uninterruptible" : "sleeping");
}

/** The signal by which all threads of a process are stopped; 0 if they are not, or that is not shown. */
export function groupStop(task: Task): i32 {
  return task.groupCode >= 0 && isStopping(task.groupCode) ? task.groupCode : 0;
}

function traced(task: Task, values: Values): Found {
  const signal = groupStop(task);
  values.set("signal", signalName(signal));
  values.set("action", "its handler runs, or its default action is taken");
  const place = placeOf(task);
  const stop = task.exitCode != 0 ? unreported(task, place, values) : reported(task, place);
  if (stop.id == "traced-stop" && task.hasCodes)
    values.set("waited", ", which its tracer has waited for");
  values.set("way", wayOf(task));
  if (task.groupCode > 0 && signal == 0) values.set("status", `: ${meaningOf(task.groupCode)}`);
  return stop;
}

/** Of a stop that the tracer has waited for only the kernel's stack is left. */
function reported(task: Task, place: Found): Found {
  const isGroupStop = groupStop(task) != 0;
  if (place.id == "") place.id = "traced-stop";
  else if (place.id == "event-fork") place.id = forkOf(task);
  else if (place.id == "trap-stop" && isGroupStop) place.id = "group-stop";
  // Of a tracee that was not seized, a group-stop has the stack of a signal's stop.
  else if (place.id == "signal-delivery" && isGroupStop) place.id = "group-stop-or-signal";
  return place;
}

/** A stop that the tracer has not yet waited for is its exit code. */
function unreported(task: Task, place: Found, values: Values): Found {
  const word = (task.exitCode << 8) | 0x7f;
  const signal = u64(waitValue(word));
  tellWord(word, values);
  if (((task.caught << 1) >> signal) % 2 == 1) values.set("action", "its handler runs");
  else if (((task.ignored << 1) >> signal) % 2 == 1) values.set("action", "it ignores it");
  const reported = causeOfWord(word);
  const narrow = narrowed(reported, place, task);
  const code = `exit code ${hex(task.exitCode)}, which its tracer has not waited for`;
  const isCodeOnly = narrow == reported || place.by == "";
  return new Found(narrow, isCodeOnly ? code : `${code}; ${place.by}`);
}

/** The kernel's function that called ptrace_stop, and that stop; its id is "" if it is not known. */
function placeOf(task: Task): Found {
  for (let n = 0; n < task.functions.length; n++) {
    const known = recognise(STOPS, task.functions[n]);
    if (known == "") continue;
    // do_jobctl_trap may be inlined; a signal's stop does not notify.
    const isTrap = known == "signal-delivery" && task.functions.includes("ptrace_do_notify");
    return byFile(isTrap ? "trap-stop" : known, task, "stack", task.functions[n]);
  }
  return inlinedPlace(task);
}

/** Where the functions of a system call stop are inlined, entry and exit look the same. */
function inlinedPlace(task: Task): Found {
  let n = 0;
  while (n < task.functions.length - 1 && task.functions[n].startsWith("ptrace_")) n++;
  const caller = task.functions[n];
  const isCall =
    caller.startsWith("do_syscall_64") ||
    caller.startsWith("el0_svc") ||
    caller.startsWith("do_el0_svc");
  return isCall ? byFile("syscall", task, "stack", caller) : new Found("");
}

/** Some codes stand for several stops, which the stack distinguishes. */
function narrowed(reported: string, place: Found, task: Task): string {
  const isCall = reported == "syscall" || reported == "signal-trap";
  if (isCall && place.id.startsWith("syscall")) return place.id;
  if (reported != "stop-signal" || task.groupCode < 0) return reported;
  return groupStop(task) != 0 ? "group-stop" : "signal-delivery";
}

/** The exception that was on its way back to the program: most signals of instructions come from one. */
function wayOf(task: Task): string {
  for (let n = 0; n < task.functions.length; n++) {
    const name = task.functions[n];
    const isExit = name.startsWith("el0_svc") || name.startsWith("el0_interrupt");
    const start = name.startsWith("asm_exc_") ? 8 : name.startsWith("el0_") && !isExit ? 4 : 0;
    if (start > 0) return `, at the end of the exception ${name.slice(start)}`;
  }
  return "";
}

/** The event of a call that makes a process: kernel_clone in the kernel's kernel/fork.c. */
function forkOf(task: Task): string {
  if (task.call == "") return "event-fork-any";
  const name = callName(task.callNumber);
  const flags = name == "clone" ? task.callWord(0) : 0;
  if (name == "vfork" || (flags & CLONE_VFORK) != 0) return "event-vfork-any";
  return name == "fork" || (flags & CSIGNAL) == SIGCHLD ? "event-fork" : "event-clone";
}

function ended(task: Task, values: Values): Found {
  if (task.tid == task.pid)
    for (let n = 0; n < task.threads.length; n++)
      if (!hasEnded(task.threads[n].state)) return new Found("zombie-leader");
  const status = task.hasCodes ? meaningOf(task.exitCode) : "its status is not shown here";
  values.set("status", `: ${status}`);
  const tracer = task.tracer;
  return new Found(tracer != null && tracer.pid != task.parent.pid ? "zombie-traced" : "zombie");
}

// A status word of wait4: which stop or end it is, and the macros of wait(2) that hold.

import {
  SIGCHLD,
  SIGCONT,
  SIGSTOP,
  SIGTRAP,
  SIGTSTP,
  SIGTTIN,
  SIGTTOU,
  SIGURG,
  SIGWINCH,
} from "../linux/signal";
import {
  WAIT_CONTINUED,
  WAIT_EVENT,
  WAIT_EXITED,
  WAIT_GROUP_STOP,
  WAIT_SIGNALED,
  WAIT_SYSCALL_STOP,
  waitCoreDumped,
  waitEvent,
  waitKind,
  waitValue,
} from "../linux/wait";
import { EVENTS, recognise, sentence, TEXT, Values } from "./cause";
import { signalName } from "./names";

/** Signals that by default stop a process. */
export function isStopping(signal: i32): bool {
  return signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU;
}

/** What a signal does to a process without a handler (signal(7)). */
function defaultAction(signal: i32): string {
  if (isStopping(signal)) return "it stops the process";
  if (signal == SIGCHLD || signal == SIGCONT || signal == SIGURG || signal == SIGWINCH)
    return "it does nothing";
  return "it ends the process";
}

/** The cause of a word. */
export function causeOfWord(word: i32): string {
  const kind = waitKind(word);
  if (kind < 0) return "not-a-status";
  if (kind == WAIT_CONTINUED) return "continued";
  if (kind == WAIT_EXITED) return "exited";
  if (kind == WAIT_SIGNALED) return "killed";
  if (kind == WAIT_SYSCALL_STOP) return "syscall";
  if (kind == WAIT_GROUP_STOP) return "group-stop";
  if (kind == WAIT_EVENT) {
    const event = recognise(EVENTS, waitEvent(word).toString());
    return event == "" ? "event-other" : event;
  }
  if (waitValue(word) == SIGTRAP) return "signal-trap";
  return isStopping(waitValue(word)) ? "stop-signal" : "signal-delivery";
}

/** Tells what a word says. */
export function tellWord(word: i32, values: Values): void {
  const value = waitValue(word);
  values.set("code", value.toString());
  values.set("signal", signalName(value));
  values.set("action", defaultAction(value));
  values.set("event", waitEvent(word).toString());
  values.set("core", waitCoreDumped(word) == 1 ? ", with a core dump" : "");
  values.set("call", "a system call");
  values.set("status", "");
  values.set("way", "");
}

/** The sentence of a word. */
export function meaningOf(word: i32): string {
  const values: Values = new Map();
  tellWord(word, values);
  return sentence(causeOfWord(word), TEXT, values);
}

/** The macros of wait(2) that hold, or that have a value, each with its value. */
export function macrosOf(word: i32): Map<string, string> {
  const macros = new Map<string, string>();
  const value = waitValue(word).toString();
  const kind = waitKind(word);
  if (kind == WAIT_CONTINUED) macros.set("WIFCONTINUED", "1");
  else if (kind == WAIT_EXITED) {
    macros.set("WIFEXITED", "1");
    macros.set("WEXITSTATUS", value);
  } else if (kind == WAIT_SIGNALED) {
    macros.set("WIFSIGNALED", "1");
    macros.set("WTERMSIG", value);
    macros.set("WCOREDUMP", waitCoreDumped(word).toString());
  } else if (kind >= 0) {
    macros.set("WIFSTOPPED", "1");
    macros.set("WSTOPSIG", ((word >> 8) & 0xff).toString());
    macros.set("status >> 16", waitEvent(word).toString());
  }
  return macros;
}

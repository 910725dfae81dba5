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
import { Cause, cause, EVENTS, recognise } from "./cause";
import { isDocument, numberMember, say, sayNumber } from "./output";
import { Text, text } from "./text";

/** Signals that by default stop a process. */
export function isStopping(signal: i32): bool {
  return signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU;
}

/** What a signal does to a process without a handler (signal(7)). */
export function defaultAction(signal: i32): string {
  if (isStopping(signal)) return "it stops the process";
  if (signal == SIGCHLD || signal == SIGCONT || signal == SIGURG || signal == SIGWINCH)
    return "it does nothing";
  return "it ends the process";
}

/** The cause of a word. */
export function causeOfWord(word: i32): Cause {
  const value = waitValue(word);
  const kind = waitKind(word);
  if (kind < 0) return cause("not-a-status");
  if (kind == WAIT_CONTINUED) return cause("continued");
  if (kind == WAIT_EXITED) return cause("exited");
  if (kind == WAIT_SIGNALED) return cause("killed");
  if (kind == WAIT_SYSCALL_STOP) return cause("syscall");
  if (kind == WAIT_GROUP_STOP) return cause("group-stop");
  if (kind == WAIT_EVENT) {
    const found = recognise(EVENTS, numeral(waitEvent(word)));
    return found == 0 ? cause("event-other") : found;
  }
  if (value == SIGTRAP) return cause("signal-trap");
  return isStopping(value) ? cause("stop-signal") : cause("signal-delivery");
}

const DIGITS: usize = memory.data(16);

/** A number as a text, until the next. */
function numeral(number: i32): Text {
  let at = DIGITS + 16;
  do {
    store<u8>(--at, u8(0x30 + (number % 10)));
    number /= 10;
  } while (number > 0);
  return text(at, u32(DIGITS + 16 - at));
}

let isFirst: bool = true;

function macro(name: string, value: i32): void {
  if (isDocument) {
    numberMember(name, value);
    return;
  }
  if (!isFirst) say(", ");
  isFirst = false;
  say(name);
  say(" ");
  sayNumber(value);
}

/** Says the macros of wait(2) that hold, and those that have a value. */
export function sayMacros(word: i32): void {
  isFirst = true;
  const kind = waitKind(word);
  if (kind < 0) return;
  if (kind == WAIT_CONTINUED) macro("WIFCONTINUED", 1);
  else if (kind == WAIT_EXITED) {
    macro("WIFEXITED", 1);
    macro("WEXITSTATUS", waitValue(word));
  } else if (kind == WAIT_SIGNALED) {
    macro("WIFSIGNALED", 1);
    macro("WTERMSIG", waitValue(word));
    macro("WCOREDUMP", waitCoreDumped(word));
  } else {
    macro("WIFSTOPPED", 1);
    macro("WSTOPSIG", (word >> 8) & 0xff);
    macro("status >> 16", waitEvent(word));
  }
}

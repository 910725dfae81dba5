// A status word of wait4: what it says, as the encoder decodes it, and which stop or end that is.

import { constants } from "node:os";
import type { CompleteEncoder } from "../../core/encoder/abi.ts";
import { constantName, signalName } from "../../core/encoder/names.ts";
import { type Cause, cause, recognise } from "./cause.ts";

const { SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU } = constants.signals;
const { SIGCHLD, SIGCONT, SIGURG, SIGWINCH } = constants.signals;
/** Signals that by default stop a process, and those that do nothing (signal(7)). */
export const STOPPING: readonly number[] = [SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU];
const HARMLESS: readonly number[] = [SIGCHLD, SIGCONT, SIGURG, SIGWINCH];

/** What a status word says. */
export interface Report {
  /** The id of its cause, and the values of its text that the word has. */
  readonly id: string;
  readonly values: Readonly<Record<string, string>>;
  /** The exit status, or the signal that stopped or ended it. */
  readonly value: number;
  /** The macros of wait(2) that hold, and those that have a value. */
  readonly macros: Readonly<Record<string, number>>;
}

export function reportOf(word: number, encoder: CompleteEncoder): Report {
  const kind = encoder.waitKind(word);
  const value = encoder.waitValue(word);
  const event = encoder.waitEvent(word);
  const core = encoder.waitCoreDumped(word);
  const signal = value === 0 ? "a signal" : signalName(value, encoder.constants);
  const dumped = core === 1 ? ", with a core dump" : "";
  const values = { signal, code: `${value}`, event: `${event}`, core: dumped };
  const report = (id: string, macros: Report["macros"]) => ({
    ...{ id, value, macros },
    values: { ...values, action: defaultAction(value) },
  });
  const stopped = (id: string) =>
    report(id, { WIFSTOPPED: 1, WSTOPSIG: (word >> 8) & 0xff, "status >> 16": event });
  switch (kind < 0 ? undefined : constantName(BigInt(kind), "WAIT_", encoder.constants)) {
    case undefined:
      return report("not-a-status", {});
    case "WAIT_CONTINUED":
      return report("continued", { WIFCONTINUED: 1 });
    case "WAIT_EXITED":
      return report("exited", { WIFEXITED: 1, WEXITSTATUS: value });
    case "WAIT_SIGNALED":
      return report("killed", { WIFSIGNALED: 1, WTERMSIG: value, WCOREDUMP: core });
    case "WAIT_SYSCALL_STOP":
      return stopped("syscall");
    case "WAIT_GROUP_STOP":
      return stopped("group-stop");
    case "WAIT_EVENT":
      return stopped(recognise("events", [`${event}`]).id ?? "event-other");
    default:
      if (signal === "SIGTRAP") return stopped("signal-trap");
      return stopped(STOPPING.includes(value) ? "stop-signal" : "signal-delivery");
  }
}

/** What a signal does to a process without a handler. */
export function defaultAction(signal: number): string {
  if (STOPPING.includes(signal)) return "it stops the process";
  return HARMLESS.includes(signal) ? "it does nothing" : "it ends the process";
}

/** A status word, explained: "stublab.explain/1". */
export interface WordExplanation {
  readonly status: string;
  readonly macros: Report["macros"];
  readonly stop: Cause;
  readonly lessons: readonly string[];
}

/** What a status word says of a process of which nothing else is known. */
export function explainWord(word: number, encoder: CompleteEncoder): WordExplanation {
  const { id, values, macros } = reportOf(word, encoder);
  const stop = cause(id, { call: "a system call", way: "", status: "", ...values });
  const status = `0x${word.toString(16)}`;
  return { status, macros, stop, lessons: stop.lesson === null ? [] : [stop.lesson] };
}

// A status word of wait4: what it says, as the encoder decodes it, and which stop or end that is.

import type { CompleteEncoder } from "../../core/encoder/abi.ts";
import { signalName } from "../../core/encoder/names.ts";
import { type Cause, cause } from "./texts.ts";

/** The events of PTRACE_O_TRACE* (the kernel's include/uapi/linux/ptrace.h). */
const EVENTS: Readonly<Record<number, string>> = {
  1: "event-fork",
  2: "event-vfork",
  3: "event-clone",
  4: "event-exec",
  5: "event-vfork-done",
  6: "event-exit",
  7: "event-seccomp",
  128: "event-stop",
};

/** Signals that by default stop a process, and those that do nothing (signal(7)). */
const STOPPING = ["SIGSTOP", "SIGTSTP", "SIGTTIN", "SIGTTOU"];
const HARMLESS = ["SIGCHLD", "SIGCONT", "SIGURG", "SIGWINCH"];

/** What a status word says. */
export interface Report {
  /** The id of its cause. */
  readonly id: string;
  /** The exit status, or the signal that stopped or ended it. */
  readonly value: number;
  readonly event: number;
  /** The values of its text that the word has. */
  readonly values: Readonly<Record<string, string>>;
  /** The macros of wait(2) that hold, and those that have a value. */
  readonly macros: Readonly<Record<string, number>>;
}

export function reportOf(word: number, encoder: CompleteEncoder): Report {
  const kind = encoder.waitKind(word);
  const value = encoder.waitValue(word);
  const event = encoder.waitEvent(word);
  const core = encoder.waitCoreDumped(word);
  const signal = value === 0 ? "a signal" : signalName(value, encoder.constants);
  const is = (name: string) => BigInt(kind) === encoder.constants.get(`WAIT_${name}`);
  const values = {
    signal,
    code: `${value}`,
    event: `${event}`,
    core: core ? ", with a core dump" : "",
  };
  const all = { value, event, values: { ...values, action: defaultAction(signal) } };
  if (kind < 0) return { ...all, id: "not-a-status", macros: {} };
  if (is("CONTINUED")) return { ...all, id: "continued", macros: { WIFCONTINUED: 1 } };
  if (is("EXITED")) return { ...all, id: "exited", macros: { WIFEXITED: 1, WEXITSTATUS: value } };
  if (is("SIGNALED"))
    return { ...all, id: "killed", macros: { WIFSIGNALED: 1, WTERMSIG: value, WCOREDUMP: core } };
  const macros = { WIFSTOPPED: 1, WSTOPSIG: (word >> 8) & 0xff, "status >> 16": event };
  if (is("SYSCALL_STOP")) return { ...all, id: "syscall", macros };
  if (is("GROUP_STOP")) return { ...all, id: "group-stop", macros };
  if (is("EVENT")) return { ...all, id: EVENTS[event] ?? "event-other", macros };
  const id = STOPPING.includes(signal) ? "stop-signal" : "signal-delivery";
  return { ...all, id: signal === "SIGTRAP" ? "signal-trap" : id, macros };
}

/** What a signal does to a process without a handler. */
export function defaultAction(signal: string): string {
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

import { FUNCTION_NAMES, type FunctionName } from "../../core/encoder/abi.ts";
import type { Apart } from "./report.ts";

/** What of a function's results docs/encoder-abi.md chooses: no header prescribes it. */
interface Choice {
  readonly names: readonly FunctionName[];
  /** The places, if not all of the function. */
  readonly fields?: readonly string[];
  /** The inputs about which it is, by a parameter; all if undefined. */
  readonly about?: { readonly parameter: string; readonly has: (word: number) => boolean };
  /** Why an encoder that differs is not wrong; undefined if it is: hosts and stubs rely on the choice. */
  readonly apart?: Apart;
  readonly reason: string;
}

const byDesign = { apart: "differs by design" } as const;
const notASignal = {
  apart: "no such input",
  about: { parameter: "signal", has: (signal: number) => signal < 1 || signal > 64 },
} as const;

const CHOICES: readonly Choice[] = [
  {
    names: FUNCTION_NAMES,
    fields: ["outside"],
    reason: "a function writes nothing but the blocks and areas that it is given",
  },
  {
    ...byDesign,
    names: ["encodeSyscall"],
    fields: ["block.orig_rax"],
    reason: "no header prescribes orig_rax for an injected frame, but only −1 excludes a restart",
  },
  {
    ...byDesign,
    names: ["enterGuest"],
    fields: ["block.orig_rax"],
    reason: "no header prescribes orig_rax for a resumed guest, but only −1 excludes a restart",
  },
  {
    ...byDesign,
    names: ["decodeGuestSyscall"],
    fields: ["block.rax"],
    reason: "rax becomes orig_rax whether it is −ENOSYS or not: a tracer may have changed it",
  },
  {
    names: ["encodeBootstrap"],
    fields: ["block.r15", "block.rbx", "block.x7", "block.x9"],
    reason: "the registers for the parent and for the mark are a convention of stubs",
  },
  {
    ...notASignal,
    names: ["encodeStop"],
    reason: "no process is stopped by signal 0 or by one above 64",
  },
  { ...notASignal, names: ["signalSet"], reason: "signals are numbered 1 to 64" },
  {
    names: ["waitKind", "waitValue", "waitEvent", "waitCoreDumped"],
    about: { parameter: "status", has: (status) => !isStored(status) },
    apart: "no such input",
    reason: "wait4 stores no such status word",
  },
  { names: ["encodeSeccomp"], reason: "which calls a stub may make is a policy" },
];

/** The places of a function in which an encoder may differ by design. */
export function designOf(name: FunctionName): readonly string[] {
  return CHOICES.flatMap(({ names, fields = [], apart }) =>
    apart === "differs by design" && names.includes(name) ? fields : [],
  );
}

/**
 * The choice that decides a difference, and not the headers; undefined if the headers do.
 *
 * @param wordOf the word of a parameter of the input
 */
export function choiceOf(
  name: FunctionName,
  field: string,
  wordOf: (parameter: string) => bigint,
): Choice | undefined {
  return CHOICES.find(
    ({ names, fields, about }) =>
      names.includes(name) &&
      (fields?.includes(field) ?? true) &&
      (about?.has(Number(BigInt.asIntN(32, wordOf(about.parameter)))) ?? true),
  );
}

const SIGTRAP = 5;
/** SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU: the signals of a group-stop. */
const GROUP_STOPS = [19, 20, 21, 22];

/**
 * Whether wait4 stores a status word: an exit, a death or a stop by a signal from 1 to 64, a stop at a system call or an
 * event, a continuation. Events are PTRACE_EVENT_FORK 1 to PTRACE_EVENT_SECCOMP 7, and PTRACE_EVENT_STOP 128
 * (linux/ptrace.h; kernel/signal.c, ptrace_notify).
 */
function isStored(status: number): boolean {
  const [low, high, event] = [status & 0xff, (status >>> 8) & 0xff, status >>> 16];
  const isSignal = (number: number) => number >= 1 && number <= 64;
  if (low === 0x7f) {
    if (event === 0) return isSignal(high) || high === (SIGTRAP | 0x80);
    if (event === 128) return high === SIGTRAP || GROUP_STOPS.includes(high);
    return event <= 7 && high === SIGTRAP;
  }
  if (event !== 0) return false;
  return low === 0 || (low === 0xff && high === 0xff) || (high === 0 && isSignal(low & 0x7f));
}

/** What the headers leave open about constants. */
export const OPEN_CONSTANTS: Readonly<Record<string, string>> = {
  SIGRTMIN: "in the kernel's header; a libc keeps the first for itself, so its own is greater",
  SIGRTMAX: "in the kernel's header, as _NSIG; the _NSIG of a libc is one more",
};

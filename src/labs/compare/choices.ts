import { FUNCTION_NAMES, type FunctionName } from "../../core/encoder/abi.ts";
import type { Apart } from "./report.ts";
import { isSignal, mayRead, whyNeverStored } from "./stored.ts";

/** The word of an input by its name: a parameter, or a register of a block. */
type Given = (name: string) => bigint;

/** What decides a difference, and not the headers. */
export interface Decision {
  /** Why an encoder that differs is not wrong; undefined if it is. */
  readonly apart?: Apart;
  readonly reason: string;
}

/** What docs/encoder-abi.md chooses of a function's results: no header prescribes it. */
interface Choice {
  readonly names: readonly FunctionName[];
  /** The places, if not all of the function. */
  readonly fields?: readonly string[];
  /** The inputs about which it is; all if undefined. */
  readonly about?: (given: Given) => boolean;
  readonly reason: string;
  /** Why the encoder's word is not wrong; undefined if it is, as every word that is not named. */
  readonly excuse?: (own: bigint, given: Given, name: FunctionName) => Decision | undefined;
}

const [EINVAL, ENOSYS] = [BigInt.asUintN(32, -22n), BigInt.asUintN(64, -38n)];
const intOf = (word: bigint) => Number(BigInt.asIntN(32, word));
const isAboutNoSignal = (given: Given) => !isSignal(intOf(given("signal")));

/** The excuse of a register that an encoder may leave as it was. @param may whether it may leave this word */
function keeping(from: string, reason: string, may = (_word: bigint) => true) {
  const excused: Decision = { apart: "differs by design", reason };
  return (own: bigint, given: Given) => (own === given(from) && may(own) ? excused : undefined);
}

const CHOICES: readonly Choice[] = [
  {
    names: FUNCTION_NAMES,
    fields: ["outside"],
    reason: "a function writes nothing but the blocks and areas that it is given",
  },
  {
    names: ["encodeSyscall"],
    fields: ["block.orig_rax"],
    reason:
      "orig_rax becomes −1, so that the kernel restarts no call, or is that of the initial block",
    excuse: keeping(
      "initial.orig_rax",
      "no header prescribes orig_rax for an injected frame, but only −1 excludes a restart",
    ),
  },
  {
    names: ["enterGuest"],
    fields: ["block.orig_rax"],
    reason: "orig_rax becomes −1, so that the kernel restarts no call, or stays as it was",
    excuse: keeping(
      "block.orig_rax",
      "no header prescribes orig_rax for a resumed guest, but only −1 excludes a restart",
    ),
  },
  {
    names: ["decodeGuestSyscall"],
    fields: ["block.rax"],
    reason: "rax becomes orig_rax, or stays as it was if that is not −ENOSYS",
    excuse: keeping(
      "block.rax",
      "rax becomes orig_rax whether it is −ENOSYS or not: a tracer may have changed it",
      (word) => word !== ENOSYS,
    ),
  },
  {
    names: ["encodeBootstrap"],
    fields: ["block.r15", "block.rbx", "block.x7", "block.x9"],
    reason: "the registers for the parent and for the mark are a convention of stubs",
  },
  {
    names: ["encodeStop"],
    about: isAboutNoSignal,
    reason: "every number is shifted, or refused if it is not a signal",
    excuse: (own) =>
      own === EINVAL
        ? {
            apart: "no such input",
            reason: "no process is stopped by signal 0 or by one above 64",
          }
        : undefined,
  },
  {
    names: ["signalSet"],
    about: isAboutNoSignal,
    reason: "signals are numbered 1 to 64: the set of any other is empty",
  },
  {
    names: ["waitKind", "waitValue", "waitEvent", "waitCoreDumped"],
    about: (given) => whyNeverStored(intOf(given("status"))) !== undefined,
    reason: "wait4 stores no such word, which is refused, or read as by the macros of sys/wait.h",
    excuse(own, given, name) {
      const status = intOf(given("status"));
      const reason = whyNeverStored(status);
      const isExcused = reason !== undefined && mayRead(name, status, own);
      return isExcused ? { apart: "no such input", reason } : undefined;
    },
  },
  { names: ["encodeSeccomp"], reason: "which calls a stub may make is a policy" },
];

/**
 * What decides a difference, and not the headers; undefined if the headers do.
 *
 * @param own the encoder's word
 */
export function decisionOf(
  name: FunctionName,
  field: string,
  own: bigint,
  given: Given,
): Decision | undefined {
  const choice = CHOICES.find(
    ({ names, fields, about }) =>
      names.includes(name) && (fields?.includes(field) ?? true) && (about?.(given) ?? true),
  );
  return choice?.excuse?.(own, given, name) ?? choice;
}

/** What the headers leave open about constants. */
export const OPEN_CONSTANTS: Readonly<Record<string, string>> = {
  SIGRTMIN: "in the kernel's header; a libc keeps the first for itself, so its own is greater",
  SIGRTMAX: "in the kernel's header, as _NSIG; the _NSIG of a libc is one more",
};

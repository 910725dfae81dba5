import type { FunctionName } from "../encoder/abi.ts";

/** What of a function's results docs/encoder-abi.md chooses: no header prescribes it. */
interface Choice {
  readonly name: FunctionName;
  /** The places, if not all of the function. */
  readonly fields?: readonly string[];
  /** The signals about which it is, by the parameter; all if undefined. */
  readonly signals?: (signal: bigint) => boolean;
  readonly reason: string;
}

const isNoSignal = (signal: bigint) => signal < 1n || signal > 64n;

const CHOICES: readonly Choice[] = [
  {
    name: "encodeSyscall",
    fields: ["block.orig_rax"],
    reason: "no header prescribes orig_rax for an injected frame; −1 excludes a restart",
  },
  {
    name: "enterGuest",
    fields: ["block.orig_rax"],
    reason: "no header prescribes orig_rax for a resumed guest; −1 excludes a restart",
  },
  {
    name: "decodeGuestSyscall",
    fields: ["block.rax"],
    reason: "rax becomes orig_rax whether it is −ENOSYS or not: a tracer may have changed it",
  },
  {
    name: "encodeBootstrap",
    fields: ["block.r15", "block.rbx", "block.x7", "block.x9"],
    reason: "the registers for the parent and for the mark are a convention of stubs",
  },
  {
    name: "encodeStop",
    signals: isNoSignal,
    reason: "no process is stopped by signal 0 or by one above 64",
  },
  { name: "signalSet", signals: isNoSignal, reason: "signals are numbered 1 to 64" },
  { name: "encodeSeccomp", reason: "which calls a stub may make is a policy" },
];

/** Why the ABI decides a difference, and not the headers; undefined if the headers do. */
export function choiceOf(name: FunctionName, field: string, signal: bigint): string | undefined {
  return CHOICES.find(
    (choice) =>
      choice.name === name &&
      (choice.fields?.includes(field) ?? true) &&
      (choice.signals?.(BigInt.asIntN(32, signal)) ?? true),
  )?.reason;
}

/** What the headers leave open about constants. */
export const OPEN_CONSTANTS: Readonly<Record<string, string>> = {
  SIGRTMIN: "in the kernel's header; a libc keeps the first for itself, so its own is greater",
  SIGRTMAX: "in the kernel's header, as _NSIG; the _NSIG of a libc is one more",
};

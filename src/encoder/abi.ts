import type { EncoderFunctions } from "./encoder.ts";

/** The version of the ABI (docs/encoder-abi.md): an encoder exports it as ENCODER_ABI. */
export const ENCODER_ABI = 1n;

/** The architectures whose register blocks are known, and the kernel's number of each (linux/elf-em.h). */
export const MACHINES = { amd64: 62n, arm64: 183n } as const;

export type Arch = keyof typeof MACHINES;

export const ARCHES: readonly Arch[] = ["amd64", "arm64"];

/**
 * A parameter. A `block` is the byte offset of a register block, an `area` that of `size` bytes which the
 * function fills; the others are numbers of 32 bits (Number) and words of 64 (BigInt).
 */
export type Parameter =
  | { readonly kind: "i32" | "i64" | "block"; readonly name: string }
  | { readonly kind: "area"; readonly name: string; readonly size: number };

/** A function of the ABI, as far as it has to be known to call it. */
export interface Signature {
  /** What it is part of: the functions of one operation are compared and reported together. */
  readonly operation: Operation;
  readonly parameters: readonly Parameter[];
  /** `word` is an i64 that means 0 to 2^64 - 1; `i64` is signed. */
  readonly result: "none" | "i32" | "i64" | "word";
}

/** What encoders do, in the order of the page; "layout" are the constants. */
export const OPERATIONS = [
  "layout",
  "syscall",
  "bootstrap",
  "clone",
  "clone3",
  "wait4",
  "status",
  "result",
  "restart",
  "signals",
  "siginfo",
  "seccomp",
  "guest",
] as const;

export type Operation = (typeof OPERATIONS)[number];
export type FunctionName = keyof EncoderFunctions;

const block = (name: string): Parameter => ({ kind: "block", name });
const area = (name: string, size: number): Parameter => ({ kind: "area", name, size });
const i32 = (...names: string[]): Parameter[] => names.map((name) => ({ kind: "i32", name }));
const i64 = (...names: string[]): Parameter[] => names.map((name) => ({ kind: "i64", name }));

const ARGUMENTS = ["arg0", "arg1", "arg2", "arg3", "arg4", "arg5"];

/** The members of struct clone_args in their order (linux/sched.h). */
const CLONE_ARGS = [
  "flags",
  "pidfd",
  "child_tid",
  "parent_tid",
  "exit_signal",
  "stack",
  "stack_size",
  "tls",
  "set_tid",
  "set_tid_size",
  "cgroup",
];

/** Bytes of struct clone_args, of siginfo_t, and of the longest filter: 128 instructions. */
const CLONE_ARGS_SIZE = 88;
const SIGINFO_SIZE = 128;
const FILTER_SIZE = 1024;

function define(
  operation: Operation,
  result: Signature["result"],
  ...parameters: Parameter[]
): Signature {
  return { operation, result, parameters };
}

/** Every function of the ABI: docs/encoder-abi.md says what each does. */
export const FUNCTIONS: Readonly<Record<FunctionName, Signature>> = {
  encodeSyscall: define(
    "syscall",
    "none",
    block("block"),
    block("initial"),
    ...i64("number", ...ARGUMENTS),
  ),
  encodeBootstrap: define("bootstrap", "none", block("block"), ...i32("parent")),
  encodeClone: define("clone", "i64", ...i64("flags"), ...i32("exitSignal")),
  cloneFlags: define("clone", "word", ...i64("word")),
  cloneExitSignal: define("clone", "i32", ...i64("word")),
  encodeClone3: define("clone3", "i32", area("at", CLONE_ARGS_SIZE), ...i64(...CLONE_ARGS)),
  encodeWaitOptions: define("wait4", "i64", ...i64("options")),
  waitKind: define("status", "i32", ...i32("status")),
  waitValue: define("status", "i32", ...i32("status")),
  waitEvent: define("status", "i32", ...i32("status")),
  waitCoreDumped: define("status", "i32", ...i32("status")),
  encodeStop: define("status", "i32", ...i32("signal")),
  syscallResult: define("result", "word", block("block")),
  syscallErrno: define("result", "i32", ...i64("result")),
  restartsSyscall: define("result", "i32", ...i32("errno")),
  rewindSyscall: define("restart", "none", block("block")),
  restartSyscall: define("restart", "i32", block("block"), ...i64("original")),
  signalSet: define("signals", "word", ...i32("signal")),
  blockableSignals: define("signals", "word", ...i64("set")),
  siginfoForm: define("siginfo", "i32", ...i32("signal", "code")),
  encodeSiginfo: define(
    "siginfo",
    "i32",
    area("at", SIGINFO_SIZE),
    ...i32("signal", "code"),
    ...i64("first", "second", "third"),
  ),
  encodeSeccomp: define("seccomp", "i32", area("at", FILTER_SIZE), ...i32("exitSignal")),
  enterGuest: define("guest", "none", block("block"), block("initial")),
  isSingleStepping: define("guest", "i32", block("block")),
  decodeGuestSyscall: define("guest", "i32", block("block")),
  guestArgument: define("guest", "word", block("block"), ...i32("index")),
  encodeGuestResult: define("guest", "none", block("block"), ...i64("result")),
  rewindVsyscall: define("guest", "none", block("block"), ...i64("address")),
};

/** What a function is called with, for a person: "cloneFlags(word: i64)". */
export function prototypeOf(name: FunctionName): string {
  const parameters = FUNCTIONS[name].parameters.map(
    (each) => `${each.name}: ${each.kind === "i64" ? "i64" : "i32"}`,
  );
  return `${name}(${parameters.join(", ")})`;
}

// Object.keys forgets which strings they are.
function isFunctionName(name: string): name is FunctionName {
  return Object.hasOwn(FUNCTIONS, name);
}

export const FUNCTION_NAMES: readonly FunctionName[] =
  Object.keys(FUNCTIONS).filter(isFunctionName);

import type { Arch } from "../machine/index.ts";

/** The version of the ABI (docs/encoder-abi.md): an encoder exports it as ENCODER_ABI. */
export const ENCODER_ABI = 2n;

/**
 * A parameter. A `block` is the byte offset of a register block, an `area` that of `size` bytes that the function
 * fills; an `i32` is a Number, an `i64` a BigInt.
 */
export interface Parameter<
  K extends "i32" | "i64" | "block" | "area" = "i32" | "i64" | "block" | "area",
> {
  readonly kind: K;
  readonly name: string;
  /** Bytes of an area. */
  readonly size?: number;
}

/** A `word` is an unsigned i64, 0 to 2^64 - 1; an `i64` is signed. */
export type Result = "none" | "i32" | "i64" | "word";

/** The signature of a function of the ABI. */
export interface Signature<
  P extends readonly Parameter[] = readonly Parameter[],
  R extends Result = Result,
  C extends boolean = boolean,
> {
  /** The operation that it belongs to: functions of one operation are compared and reported together. */
  readonly operation: Operation;
  readonly parameters: P;
  readonly result: R;
  /** Whether only the comparison calls it: an encoder can drive stubs without it. */
  readonly comparisonOnly: C;
}

/** The operations of encoders, in the order of the comparison's page; "layout" stands for the constants. */
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

const block = (name: string): Parameter<"block"> => ({ kind: "block", name });
const area = (name: string, size: number): Parameter<"area"> => ({ kind: "area", name, size });
const i32 = (name: string): Parameter<"i32"> => ({ kind: "i32", name });
const i64 = (name: string): Parameter<"i64"> => ({ kind: "i64", name });

/** A function that stubs, platforms or guests need. */
function define<const P extends readonly Parameter[], R extends Result>(
  operation: Operation,
  parameters: P,
  result: R,
): Signature<P, R, false> {
  return { operation, parameters, result, comparisonOnly: false };
}

/** A function that only the comparison calls. */
function compared<const P extends readonly Parameter[], R extends Result>(
  operation: Operation,
  parameters: P,
  result: R,
): Signature<P, R, true> {
  return { operation, parameters, result, comparisonOnly: true };
}

/** The sizes in bytes of struct clone_args, siginfo_t, the longest filter (128 instructions), and six arguments. */
const CLONE_ARGS_SIZE = 88;
const SIGINFO_SIZE = 128;
const FILTER_SIZE = 1024;
const ARGUMENTS_SIZE = 48;

/*
 * The ABI. The types of this file, the bindings of the C encoder and its prototypes derive from this table;
 * docs/encoder-abi.md specifies each function.
 */
const TABLE = {
  /**
   * (block, initial, number, arg0, …, arg5) Writes the frame of one system call to `block`: a copy of `initial` with
   * the number and the six arguments, which the kernel cannot mistake for an interrupted call to restart.
   */
  encodeSyscall: define(
    "syscall",
    [
      block("block"),
      block("initial"),
      i64("number"),
      i64("arg0"),
      i64("arg1"),
      i64("arg2"),
      i64("arg3"),
      i64("arg4"),
      i64("arg5"),
    ],
    "none",
  ),
  /** (block, parent) Sets the bootstrap convention of a clone: the parent that the child must find, and the mark. */
  encodeBootstrap: define("bootstrap", [block("block"), i32("parent")], "none"),
  /** (flags, exitSignal) The first argument of clone(2); -EINVAL if a field overflows or the kernel refuses the flags. */
  encodeClone: define("clone", [i64("flags"), i32("exitSignal")], "i64"),
  /** (word) The flags of a clone word: bits 8 to 31. */
  cloneFlags: compared("clone", [i64("word")], "word"),
  /** (word) The exit signal of a clone word: bits 0 to 7. */
  cloneExitSignal: compared("clone", [i64("word")], "i32"),
  /**
   * (at, …) Writes struct clone_args, the argument of clone3(2), to `at`, and returns its size; -EINVAL, with nothing
   * written, if the kernel refuses the members.
   */
  encodeClone3: compared(
    "clone3",
    [
      area("at", CLONE_ARGS_SIZE),
      // The members of struct clone_args in their order (linux/sched.h).
      i64("flags"),
      i64("pidfd"),
      i64("child_tid"),
      i64("parent_tid"),
      i64("exit_signal"),
      i64("stack"),
      i64("stack_size"),
      i64("tls"),
      i64("set_tid"),
      i64("set_tid_size"),
      i64("cgroup"),
    ],
    "i32",
  ),
  /** (options) The third argument of wait4(2), or -EINVAL if the kernel refuses it. */
  encodeWaitOptions: define("wait4", [i64("options")], "i64"),
  /** (status) The kind of a status word, a constant WAIT_*; -EINVAL if wait4 never stores that word. */
  waitKind: define("status", [i32("status")], "i32"),
  /** (status) The exit code, or the signal that killed or stopped the process; 0 if there is neither. */
  waitValue: define("status", [i32("status")], "i32"),
  /** (status) The PTRACE_EVENT_* of a stop, or 0. */
  waitEvent: define("status", [i32("status")], "i32"),
  /** (status) 1 if a core was dumped, else 0. */
  waitCoreDumped: define("status", [i32("status")], "i32"),
  /** (signal) The status word of a stop by `signal`. */
  encodeStop: compared("status", [i32("signal")], "i32"),
  /** (block) The word that the last system call left in `block`, 0 to 2^64 - 1. */
  syscallResult: define("result", [block("block")], "word"),
  /** (result) The errno of a result, or 0 if it is a value. */
  syscallErrno: define("result", [i64("result")], "i32"),
  /** (errno) 1 if the errno makes the kernel restart the call (ERESTARTSYS and the like), else 0. */
  restartsSyscall: define("result", [i32("errno")], "i32"),
  /** (block) Moves the instruction pointer of `block` back over the system call instruction before it. */
  rewindSyscall: define("restart", [block("block")], "none"),
  /**
   * (block, original) Changes `block` as the kernel does before it restarts a call, and returns 1; returns 0 if the
   * result does not request a restart. `original` is the value of the result register before the call: only arm64 uses
   * it, as amd64 has orig_rax.
   */
  restartSyscall: compared("restart", [block("block"), i64("original")], "i32"),
  /** (signal) The kernel's signal set of one signal; 0 if there is no such signal. */
  signalSet: define("signals", [i32("signal")], "word"),
  /** (set) `set` without the signals that cannot be blocked. */
  blockableSignals: compared("signals", [i64("set")], "word"),
  /** (signal, code) The form of the union of a siginfo_t: a constant, SIGINFO_KILL to SIGINFO_SYS. */
  siginfoForm: compared("siginfo", [i32("signal"), i32("code")], "i32"),
  /**
   * (at, signal, code, first, second, third) Writes a siginfo_t of 128 bytes to `at`, with the members of its form in
   * their order, and returns the form.
   */
  encodeSiginfo: compared(
    "siginfo",
    [
      area("at", SIGINFO_SIZE),
      i32("signal"),
      i32("code"),
      i64("first"),
      i64("second"),
      i64("third"),
    ],
    "i32",
  ),
  /**
   * (at, exitSignal) Writes the seccomp filter of guests' stubs to `at`, at most 128 instructions of 8 bytes, and
   * returns their number. `exitSignal` is the exit signal of cloned stubs.
   */
  encodeSeccomp: define("seccomp", [area("at", FILTER_SIZE), i32("exitSignal")], "i32"),
  /**
   * (block, initial) Prepares `block` for a resume: on amd64 the segment selectors of `initial`, and no call to restart.
   * Returns 1 if the guest single-steps itself (TF), else 0.
   */
  enterGuest: define("guest", [block("block"), block("initial")], "i32"),
  /**
   * (block, at) Returns the number of the system call that a guest stopped at. Writes its six arguments to `at`, and
   * on amd64 orig_rax to rax, whether that still is the -ENOSYS of the kernel or not.
   */
  decodeGuestSyscall: define("guest", [block("block"), area("at", ARGUMENTS_SIZE)], "i32"),
  /** (block, result) Sets the result of the call that a guest stopped at. */
  encodeGuestResult: define("guest", [block("block"), i64("result")], "none"),
  /** (block, address) On amd64, undoes the kernel's emulation of a vsyscall: RIP becomes `address`, RSP goes down by a word. */
  rewindVsyscall: define("guest", [block("block"), i64("address")], "none"),
};

export type FunctionName = keyof typeof TABLE;

/** Every function of the ABI. */
export const FUNCTIONS: Readonly<Record<FunctionName, Signature>> = TABLE;

/** The TypeScript types of parameters. */
export type ParameterValues<P extends readonly Parameter[]> = {
  -readonly [I in keyof P]: P[I] extends Parameter<"i64"> ? bigint : number;
};

/** The TypeScript type of a result. */
export type ResultValue<R extends Result> = {
  // biome-ignore lint/suspicious/noConfusingVoidType: ES modules return void; undefined would refuse their types
  readonly none: void;
  readonly i32: number;
  readonly i64: bigint;
  readonly word: bigint;
}[R];

/** The functions of the ABI with their TypeScript types. */
export type EncoderFunctions = {
  [N in keyof typeof TABLE]: (
    ...args: ParameterValues<(typeof TABLE)[N]["parameters"]>
  ) => ResultValue<(typeof TABLE)[N]["result"]>;
};

/** The names of the functions that only the comparison calls. */
export type ComparisonFunctionName = {
  [N in FunctionName]: (typeof TABLE)[N]["comparisonOnly"] extends true ? N : never;
}[FunctionName];

// Object.keys returns string[], not the names.
function isFunctionName(name: string): name is FunctionName {
  return Object.hasOwn(TABLE, name);
}

export const FUNCTION_NAMES: readonly FunctionName[] = Object.keys(TABLE).filter(isFunctionName);

/** The functions for an architecture: only amd64 has vsyscalls. */
export function functionsOf(arch: Arch): FunctionName[] {
  return FUNCTION_NAMES.filter((name) => arch === "amd64" || name !== "rewindVsyscall");
}

/**
 * The encoder ABI (docs/encoder-abi.md) in TypeScript.
 *
 * An encoder owns one `buffer` of fixed size, which contains the register blocks; functions take their byte offsets.
 * Words of 64 bits are BigInts; pids, signals, errnos and status words are Numbers (32 bits, signed).
 */
export interface EncoderIdentity {
  /** Its name, as for `--encoder`; the base name of its file if it was loaded from one. */
  readonly name: string;
  /** The file that `loadEncoderUnconfined` loaded it from. */
  readonly file?: string;
  readonly arch: Arch;
  /** The memory with the register blocks. It never grows or moves. */
  readonly buffer: ArrayBuffer;
  /** The first byte of `buffer` that belongs to the caller, up to its end. */
  readonly heap: number;
  /** All constants of the encoder, by the kernel's names; `REG_rax` is the byte offset of rax. */
  readonly constants: ReadonlyMap<string, bigint>;
}

/** An encoder that has every function. */
export interface CompleteEncoder extends EncoderIdentity, EncoderFunctions {}

/** An encoder that can drive stubs: it may lack the functions that only the comparison calls. */
export interface Encoder
  extends EncoderIdentity,
    Omit<EncoderFunctions, ComparisonFunctionName>,
    Partial<Pick<EncoderFunctions, ComparisonFunctionName>> {}

/** An encoder that may lack any function. */
export interface PartialEncoder extends EncoderIdentity, Partial<EncoderFunctions> {
  /** The names of functions that its file exports and the ABI does not have. */
  readonly others?: readonly string[];
}

/** Any function of an encoder. */
export type Callable = (...args: (number | bigint)[]) => unknown;

export function isCallable(value: unknown): value is Callable {
  return typeof value === "function";
}

/** Converts the result of a function to the sign of its signature: an ES module may return either. */
export function signedAs(result: Result, call: Callable): Callable {
  if (result === "word") return converting(call, (word) => BigInt.asUintN(64, word));
  return result === "i64" ? converting(call, (word) => BigInt.asIntN(64, word)) : call;
}

function converting(call: Callable, convert: (word: bigint) => bigint): Callable {
  return (a = 0, b = 0) => {
    const word = call(a, b);
    return typeof word === "bigint" ? convert(word) : word;
  };
}

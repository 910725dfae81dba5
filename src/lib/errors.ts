/** The details of an error, in addition to its message. */
export interface ErrorDetails {
  /** The call that failed, e.g. "ptrace(PTRACE_ATTACH)". */
  call?: string;
  /** The errno by name, e.g. "EPERM". */
  errno?: string;
  /** What the reader can do about it. */
  remedy?: string | undefined;
  cause?: unknown;
  /** Overrides the code of the class. */
  code?: string;
}

/** The base of every error that stublab throws. `code` is stable; the message is for people. */
export class StublabError extends Error {
  /** The default code of this class's errors. */
  static readonly code: string = "ERR_STUBLAB";
  readonly code: string;
  readonly call: string | undefined;
  readonly errno: string | undefined;
  readonly remedy: string | undefined;

  constructor(message: string, details: ErrorDetails = {}) {
    super(message, "cause" in details ? { cause: details.cause } : undefined);
    this.name = new.target.name;
    this.code = details.code ?? new.target.code;
    this.call = details.call;
    this.errno = details.errno;
    this.remedy = details.remedy;
  }
}

/** Invalid input: an unknown name, a number out of range, a bad address. */
export class InputError extends StublabError {
  static override readonly code = "ERR_STUBLAB_INPUT";
}

/** An output cannot be written. */
export class OutputError extends StublabError {
  static override readonly code = "ERR_STUBLAB_OUTPUT";
}

/** This machine or this build does not support the operation. */
export class UnsupportedError extends StublabError {
  static override readonly code = "ERR_STUBLAB_UNSUPPORTED";
}

/** An encoder is incomplete or returns something invalid. */
export class EncoderError extends StublabError {
  static override readonly code = "ERR_STUBLAB_ENCODER";
}

/** The host cannot fork. */
export class ForkError extends StublabError {
  static override readonly code = "ERR_STUBLAB_FORK";
}

/** A child ended before it stopped itself; `step` is the step of its set-up that failed. */
export class BirthError extends StublabError {
  static override readonly code = "ERR_STUBLAB_BIRTH";
  readonly step: string;

  constructor(step: string, message: string, details?: ErrorDetails) {
    super(message, details);
    this.step = step;
  }
}

/** PTRACE_ATTACH was refused. */
export class AttachError extends StublabError {
  static override readonly code = "ERR_STUBLAB_ATTACH";
}

/** Another ptrace or wait request failed. */
export class TraceError extends StublabError {
  static override readonly code = "ERR_STUBLAB_TRACE";
}

/** A stub cannot be ended without harm to its parent. */
export class CloseError extends StublabError {
  static override readonly code = "ERR_STUBLAB_CLOSE";
}

/** The operation is not possible in the current state of the stub. */
export class StateError extends StublabError {
  static override readonly code = "ERR_STUBLAB_STATE";
}

/** The kernel changed floating point of a process, or of this one, to which nothing was written. */
export class CorruptionError extends StublabError {
  static override readonly code = "ERR_STUBLAB_CORRUPTION";
}

/** A system call that must succeed in a stub returned an errno. */
export class SyscallError extends StublabError {
  static override readonly code = "ERR_STUBLAB_SYSCALL";
}

/** A stub's memory cannot be read or written. */
export class MemoryError extends StublabError {
  static override readonly code = "ERR_STUBLAB_MEMORY";
}

/** The values of registers, by name. */
export type RegisterDump = Readonly<Record<string, bigint>>;

/** An unexpected event in one stub. */
export class StubError extends StublabError {
  readonly pid: number;
  /** The stub's registers at that time; undefined if they could not be read. */
  readonly registers: RegisterDump | undefined;

  constructor(pid: number, message: string, registers?: RegisterDump, details?: ErrorDetails) {
    super(`stub ${pid} ${message}${dump(registers)}`, details);
    this.pid = pid;
    this.registers = registers;
    // Not enumerable: the message has them, and JSON has no BigInt.
    Object.defineProperty(this, "registers", { enumerable: false });
  }
}

/** How a stub ended. */
export type StubEnd =
  | { readonly kind: "exited"; readonly status: number }
  | {
      readonly kind: "signaled";
      /** The signal by name, e.g. "SIGKILL". */
      readonly signal: string;
      readonly coreDumped: boolean;
    }
  /** No status word reports the end; `reason` says why. */
  | { readonly kind: "unknown"; readonly reason: string };

/**
 * A stub died, and cannot be used any more. The registers are those at its exit stop, or, if that was missed, those at
 * its last rest.
 */
export class DeathError extends StubError {
  static override readonly code = "ERR_STUBLAB_DEATH";
  readonly end: StubEnd;

  constructor(pid: number, end: StubEnd, registers?: RegisterDump, details?: ErrorDetails) {
    super(pid, `died: ${describeEnd(end)}`, registers, details);
    this.end = end;
  }

  /** The end as text, e.g. "killed by SIGKILL" or "exited with status 1". */
  get how(): string {
    return describeEnd(this.end);
  }
}

/** An end as text, e.g. "killed by SIGSEGV (core dumped)". @internal */
export function describeEnd(end: StubEnd): string {
  switch (end.kind) {
    case "exited":
      return `exited with status ${end.status}`;
    case "signaled":
      return `killed by ${end.signal}${end.coreDumped ? " (core dumped)" : ""}`;
    case "unknown":
      return end.reason;
  }
}

/** A stub stopped for an unexpected reason. */
export class StopError extends StubError {
  static override readonly code = "ERR_STUBLAB_STOP";
}

/** A wait exceeded its deadline. */
export class DeadlineError extends StubError {
  static override readonly code = "ERR_STUBLAB_DEADLINE";
}

/** An error on its way to another thread, which it reaches without its class. */
export interface Failure {
  readonly failure: string;
  readonly details: ErrorDetails;
}

/** Packs an error for another thread. */
export function failureOf(error: unknown): Failure {
  if (error instanceof StublabError) {
    const { code, message, call, errno, remedy } = error;
    const known = Object.entries({ call, errno, remedy }).filter(([, text]) => text !== undefined);
    return { failure: message, details: { code, ...Object.fromEntries(known) } };
  }
  const message = error instanceof Error ? error.message : String(error);
  // The stack says where it comes from.
  const cause = error instanceof Error ? error.stack : undefined;
  return {
    failure: `internal error: ${message}`,
    details: { code: "ERR_STUBLAB_INTERNAL", cause },
  };
}

/** Unpacks an error of another thread. */
export function errorOf({ failure, details }: Failure): StublabError {
  const isInput = details.code === InputError.code;
  return isInput ? new InputError(failure, details) : new StublabError(failure, details);
}

/** The remedy if a part of the package is missing or outdated. */
export const REBUILD =
  "run `npm run build`, or install the package again; if stublab is bundled, copy its dist/*.so and dist/*.wasm beside the bundle";

/** The remedy if a process or a thread cannot be created: EAGAIN. */
export const PROCESS_LIMIT =
  "a limit on processes is reached: RLIMIT_NPROC (ulimit -u), kernel.pid_max, or pids.max of the cgroup";

/** A 64-bit word in hexadecimal, e.g. "0x7fffffffe044". */
export function hex(word: bigint): string {
  return `0x${BigInt.asUintN(64, word).toString(16)}`;
}

function dump(registers: RegisterDump | undefined): string {
  if (registers === undefined) return "";
  const words = Object.entries(registers).map(([name, word]) => `${name} ${hex(word)}`);
  const lines: string[] = [];
  for (let i = 0; i < words.length; i += 4) lines.push(`\n  ${words.slice(i, i + 4).join("  ")}`);
  return lines.join("");
}

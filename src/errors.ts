/** What an error may tell beyond its message. */
export interface ErrorDetails {
  /** The call that failed, e.g. "ptrace(PTRACE_ATTACH)". */
  call?: string;
  /** The errno by name, e.g. "EPERM". */
  errno?: string;
  /** What the reader can do about it. */
  remedy?: string;
  cause?: unknown;
}

/** The base of every error that stublab throws. `code` is stable; the message is for people. */
export class StublabError extends Error {
  readonly code: string;
  readonly call: string | undefined;
  readonly errno: string | undefined;
  readonly remedy: string | undefined;

  constructor(code: string, message: string, details: ErrorDetails = {}) {
    super(message, "cause" in details ? { cause: details.cause } : undefined);
    this.name = new.target.name;
    this.code = code;
    this.call = details.call;
    this.errno = details.errno;
    this.remedy = details.remedy;
  }
}

/** Input that means nothing: an unknown name, a number out of range, a bad address. */
export class InputError extends StublabError {
  constructor(message: string, details?: ErrorDetails) {
    super("ERR_STUBLAB_INPUT", message, details);
  }
}

/** A result that could not be written. */
export class OutputError extends StublabError {
  constructor(message: string, details?: ErrorDetails) {
    super("ERR_STUBLAB_OUTPUT", message, details);
  }
}

/** This machine, or this build, cannot do it. */
export class UnsupportedError extends StublabError {
  constructor(message: string, details?: ErrorDetails) {
    super("ERR_STUBLAB_UNSUPPORTED", message, details);
  }
}

/** An encoder that is not what it should be. */
export class EncoderError extends StublabError {
  constructor(message: string, details?: ErrorDetails) {
    super("ERR_STUBLAB_ENCODER", message, details);
  }
}

/** The host could not fork. */
export class ForkError extends StublabError {
  constructor(message: string, details?: ErrorDetails) {
    super("ERR_STUBLAB_FORK", message, details);
  }
}

/** A forked child ended before it stopped itself; `step` says where. */
export class BirthError extends StublabError {
  readonly step: string;

  constructor(step: string, message: string, details?: ErrorDetails) {
    super("ERR_STUBLAB_BIRTH", message, details);
    this.step = step;
  }
}

/** PTRACE_ATTACH was refused. */
export class AttachError extends StublabError {
  constructor(message: string, details?: ErrorDetails) {
    super("ERR_STUBLAB_ATTACH", message, details);
  }
}

/** Any other ptrace or wait request failed. */
export class TraceError extends StublabError {
  constructor(message: string, details?: ErrorDetails) {
    super("ERR_STUBLAB_TRACE", message, details);
  }
}

/** Registers by name, as an error carries them. */
export type RegisterDump = Readonly<Record<string, bigint>>;

/** What became of one stub. */
export class StubError extends StublabError {
  readonly pid: number;
  /** Its registers then; undefined where it could not be asked. */
  readonly registers: RegisterDump | undefined;

  constructor(
    code: string,
    pid: number,
    message: string,
    registers?: RegisterDump,
    details?: ErrorDetails,
  ) {
    super(code, `stub ${pid} ${message}${dump(registers)}`, details);
    this.pid = pid;
    this.registers = registers;
  }
}

/**
 * A stub died. It cannot be used any more. Its registers are those at its exit stop; where that was missed,
 * those that it rested with.
 */
export class DeathError extends StubError {
  /** How it died, e.g. "killed by SIGKILL" or "exited with status 1". */
  readonly how: string;

  constructor(pid: number, how: string, registers?: RegisterDump, details?: ErrorDetails) {
    super("ERR_STUBLAB_DEATH", pid, `died: ${how}`, registers, details);
    this.how = how;
  }
}

/** A stub stopped for another reason than the one waited for. */
export class StopError extends StubError {
  constructor(pid: number, message: string, registers?: RegisterDump, details?: ErrorDetails) {
    super("ERR_STUBLAB_STOP", pid, message, registers, details);
  }
}

/** A wait took too long. */
export class DeadlineError extends StubError {
  constructor(pid: number, message: string, registers?: RegisterDump, details?: ErrorDetails) {
    super("ERR_STUBLAB_DEADLINE", pid, message, registers, details);
  }
}

/** The stub is not in a state in which this can be asked of it. */
export class StateError extends StublabError {
  constructor(message: string, details?: ErrorDetails) {
    super("ERR_STUBLAB_STATE", message, details);
  }
}

/** A system call that had to succeed in a stub returned an errno. */
export class SyscallError extends StublabError {
  constructor(message: string, details?: ErrorDetails) {
    super("ERR_STUBLAB_SYSCALL", message, details);
  }
}

/** A stub's memory could not be read or written. */
export class MemoryError extends StublabError {
  constructor(message: string, details?: ErrorDetails) {
    super("ERR_STUBLAB_MEMORY", message, details);
  }
}

/** The remedy where a part of the package is missing or old. */
export const REBUILD = "run `npm run build`, or install the package again";

/** The remedy where a process or a thread cannot be created: EAGAIN. */
export const PROCESS_LIMIT =
  "a limit on processes is reached: RLIMIT_NPROC (ulimit -u), kernel.pid_max, or pids.max of the cgroup";

/** A 64-bit word as everything prints it, e.g. "0x7fffffffe044". */
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

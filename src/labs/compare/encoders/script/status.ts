import { constant, number, union } from "./constants.ts";

const EINVAL = constant("EINVAL");

/** The options of wait4; the others of linux/wait.h are for waitid. */
const WAIT_OPTIONS = union(
  "WNOHANG",
  "WUNTRACED",
  "WCONTINUED",
  "__WNOTHREAD",
  "__WALL",
  "__WCLONE",
);

/*
 * The status word of wait4(2):
 *
 *     31         16 15          8  7  6        0
 *    +-------------+-------------+---+----------+
 *    |      0      |  exit code  | 0 |    0     |  exited
 *    |      0      |      0      | c |  signal  |  killed by 1..0x7e; c: core dumped
 *    |    event    |   signal    |     0x7f     |  stopped
 *    |      0      |    0xff     |     0xff     |  continued
 *    +-------------+-------------+---+----------+
 */
const STOP = 0x7f;
const CONTINUED = 0xffff;
const CORE = 0x80;

export const WAIT_EXITED = number("WAIT_EXITED");
export const WAIT_SIGNALED = number("WAIT_SIGNALED");
export const WAIT_STOPPED = number("WAIT_STOPPED");
export const WAIT_SYSCALL_STOP = number("WAIT_SYSCALL_STOP");
export const WAIT_EVENT = number("WAIT_EVENT");
const WAIT_GROUP_STOP = number("WAIT_GROUP_STOP");
const WAIT_CONTINUED = number("WAIT_CONTINUED");
const WAIT_INVALID = -number("EINVAL");

export const SIGTRAP = number("SIGTRAP");
/** SIGTRAP at a system call stop, with PTRACE_O_TRACESYSGOOD (ptrace(2)). */
export const SYSCALL_TRAP = SIGTRAP | 0x80;
const EVENT_STOP = number("PTRACE_EVENT_STOP");

/** The options, or -EINVAL if one of them is not wait4's. */
export function encodeWaitOptions(options: bigint): bigint {
  const word = BigInt.asUintN(64, options);
  return word === BigInt.asUintN(64, word & WAIT_OPTIONS) ? word : -EINVAL;
}

/** Whether a status word has the form of a stop. */
export function isStop(status: number): boolean {
  return (status & 0xff) === STOP;
}

/** The signal of a stop, or the exit code. */
export function secondByte(status: number): number {
  return (status >>> 8) & 0xff;
}

/** The signal that killed the process. */
export function fatalSignal(status: number): number {
  return status & 0x7f;
}

/** The PTRACE_EVENT_* of a stop, or 0. */
export function waitEvent(status: number): number {
  return isStop(status) ? status >>> 16 : 0;
}

/** The kind of a status word, a WAIT_*, or -EINVAL. */
export function waitKind(status: number): number {
  return isStop(status) ? stopKind(status >>> 16, secondByte(status)) : endKind(status >>> 0);
}

function stopKind(event: number, signal: number): number {
  if (event === EVENT_STOP && signal !== SIGTRAP) return WAIT_GROUP_STOP;
  if (event !== 0) return WAIT_EVENT;
  return signal === SYSCALL_TRAP ? WAIT_SYSCALL_STOP : WAIT_STOPPED;
}

/** The kind of a word that is not a stop. Bits that its form leaves 0 must be 0. */
function endKind(word: number): number {
  if (word === CONTINUED) return WAIT_CONTINUED;
  if (word >>> 16 !== 0) return WAIT_INVALID;
  const signal = fatalSignal(word);
  if (signal === 0) return word & CORE ? WAIT_INVALID : WAIT_EXITED;
  // The low byte 0xff, without 0xff above it, is invalid too: 0x7f marks a stop, and is not a signal.
  return signal === STOP || word >>> 8 !== 0 ? WAIT_INVALID : WAIT_SIGNALED;
}

/** The functions that depend on the kind of a status word. */
export interface StatusReaders {
  waitKind(status: number): number;
  waitValue(status: number): number;
  waitCoreDumped(status: number): number;
}

/** The readers of status words by their kinds. */
export function statusReaders(kindOf: StatusReaders["waitKind"]): StatusReaders {
  return {
    waitKind: kindOf,
    waitValue: (status) => readValue(kindOf(status), status),
    waitCoreDumped: (status) => (kindOf(status) === WAIT_SIGNALED && (status & CORE) !== 0 ? 1 : 0),
  };
}

/** The exit code or the signal of a word of that kind; SIGTRAP at a system call; 0 if it has neither. */
function readValue(kind: number, status: number): number {
  switch (kind) {
    case WAIT_CONTINUED:
    case WAIT_INVALID:
      return 0;
    case WAIT_SIGNALED:
      return fatalSignal(status);
    case WAIT_SYSCALL_STOP:
      return SIGTRAP;
    default:
      return secondByte(status);
  }
}

/** The status word of a stop by `signal`. */
export function encodeStop(signal: number): number {
  return (signal << 8) | STOP;
}

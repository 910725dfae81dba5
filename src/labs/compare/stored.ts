import type { FunctionName } from "../../core/encoder/abi.ts";

/* Which status words wait4 stores, and how the others may be read. */

// WAIT_*
const [EXITED, SIGNALED, STOPPED, SYSCALL_STOP] = [0, 1, 2, 3];
const SIGTRAP = 5;
const SYSCALL_TRAP = SIGTRAP | 0x80;
/** SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU: the signals of a group-stop. */
const GROUP_STOPS = [19, 20, 21, 22];
const EVENT_STOP = 128;
const EINVAL = 22;

export function isSignal(number: number): boolean {
  return number >= 1 && number <= 64;
}

/** The parts of a status word. */
function partsOf(status: number) {
  const [low, high, event] = [status & 0xff, (status >>> 8) & 0xff, status >>> 16];
  return { low, high, event, signal: low & 0x7f, isStop: low === 0x7f };
}

/**
 * Why wait4 never stores a status word; undefined if it does: an exit, a death or a stop by a signal from 1 to 64, a stop
 * at a system call or an event, a continuation. Events are PTRACE_EVENT_FORK 1 to PTRACE_EVENT_SECCOMP 7, and
 * PTRACE_EVENT_STOP 128 (linux/ptrace.h; kernel/signal.c, ptrace_notify).
 */
export function whyNeverStored(status: number): string | undefined {
  const { low, high, event, signal, isStop } = partsOf(status);
  if (isStop && event === 0) {
    if (isSignal(high) || high === SYSCALL_TRAP) return undefined;
    return "no process is stopped by signal 0 or by one above 64, except by SIGTRAP with bit 7";
  }
  if (isStop) {
    const isGroupStop = event === EVENT_STOP && GROUP_STOPS.includes(high);
    if (isGroupStop || (high === SIGTRAP && (event <= 7 || event === EVENT_STOP))) return undefined;
    return "no stop has this event with this signal: it is SIGTRAP, or of PTRACE_EVENT_STOP one of the four that stop";
  }
  if (event === 0 && (low === 0 || status === 0xffff || (high === 0 && isSignal(signal)))) {
    return undefined;
  }
  if (event === 0 && high === 0 && signal > 64 && signal < 0x7f) {
    return "no signal above 64 kills a process: the kernel has 64 (_NSIG), and kill, sigqueue and PTRACE_CONT refuse others (valid_signal)";
  }
  return "wait4 stores 0 in the other bits of such a word";
}

/**
 * What a function may return for a word that wait4 never stores: a refusal; or what the macros of sys/wait.h make of
 * it, which look at a part of the word only. To them a stop has no event.
 */
const READINGS: Readonly<Partial<Record<FunctionName, (status: number) => readonly number[]>>> = {
  waitKind(status) {
    const { high, signal, isStop } = partsOf(status);
    if (isStop) return [-EINVAL, high === SYSCALL_TRAP ? SYSCALL_STOP : STOPPED];
    return signal === 0x7f ? [-EINVAL] : [-EINVAL, signal === 0 ? EXITED : SIGNALED];
  },
  waitValue(status) {
    const { high, signal, isStop } = partsOf(status);
    if (isStop) return [0, high === SYSCALL_TRAP ? SIGTRAP : high];
    return [0, signal === 0 ? high : signal];
  },
  waitEvent: (status) => [0, partsOf(status).event],
  waitCoreDumped: (status) => [0, (status >> 7) & 1],
};

/** Whether a function may return a word, as an i32 without sign, for a status word that wait4 never stores. */
export function mayRead(name: FunctionName, status: number, word: bigint): boolean {
  const readings = READINGS[name]?.(status) ?? [];
  return readings.some((reading) => BigInt(reading >>> 0) === word);
}

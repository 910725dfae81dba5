/**
 * The decisions of gVisor's ptrace platform, pkg/sentry/platform/ptrace, and of pkg/sentry/arch, which reads its
 * registers. This encoder follows them where they differ from the ABI:
 *
 * - `syscallErrno`: every negative result is an error, even below -4095 (syscallReturnValue). An errno that does not
 *   fit into 32 bits is 2^31 - 1 here.
 * - `restartsSyscall`: ERESTARTSYS, ERESTARTNOINTR and ERESTARTNOHAND; ERESTART_RESTARTBLOCK is an ordinary error
 *   (thread.syscallIgnoreInterrupt).
 * - `encodeBootstrap`: the pid is sign-extended (initChildProcessPPID). Pids are positive, so a stub sees no
 *   difference.
 * - `waitKind`, `waitEvent`, and with them `waitValue` and `waitCoreDumped` (thread.wait, with the WaitStatus of
 *   golang.org/x/sys/unix): a stop has an event only if its signal is SIGTRAP; a stop by another signal is a stop by
 *   that signal, or by a system call if it is SIGTRAP | 0x80. The low 7 bits alone decide how a process ended, so words
 *   that wait4 never stores become exits and deaths. The difference shows in those words, and in a group-stop of a
 *   seized tracee; gVisor attaches.
 * - `encodeSyscall`, amd64: orig_rax is that of the initial block (createSyscallRegs). arm64 has no such register.
 * - `enterGuest`: orig_rax stays unchanged (thread.resetSysemuRegs).
 * - `decodeGuestSyscall`: the number is the whole of orig_rax (Context64.SyscallNo); the kernel takes the low half. A
 *   number that does not fit into 32 bits becomes the nearest that does: neither is a system call.
 *
 * Everything else is that of `script`, because gVisor decides the same or nothing: its clone words and wait4 options
 * are constants that it does not check, it has no clone3, and when it restarts guests' calls by their results
 * (runApp.execute of pkg/sentry/kernel), a flag outside the registers says whether there was a call. Its filter
 * differs: it does not allow mprotect, restart_syscall or execveat, traps three calls of the vsyscall page, and kills a
 * thread. But this tracer needs the filter of the ABI.
 */

import { RESTART_BLOCK, restartsSyscall as restartsByAbi } from "../script/result.ts";
import {
  waitEvent as eventByAbi,
  fatalSignal,
  isStop,
  waitKind as kindByAbi,
  SIGTRAP,
  SYSCALL_TRAP,
  secondByte,
  statusReaders,
  WAIT_EVENT,
  WAIT_EXITED,
  WAIT_SIGNALED,
  WAIT_STOPPED,
  WAIT_SYSCALL_STOP,
} from "../script/status.ts";

/** The range of an i32. */
const LEAST = -(2n ** 31n);
const MOST = 2n ** 31n - 1n;

function syscallErrno(result: bigint): number {
  const value = BigInt.asIntN(64, result);
  if (value >= 0n) return 0;
  return Number(-value > MOST ? MOST : -value);
}

function restartsSyscall(errno: number): number {
  return (errno | 0) === RESTART_BLOCK ? 0 : restartsByAbi(errno);
}

function waitKind(status: number): number {
  if (isStop(status)) return stopKind(secondByte(status), status >>> 16);
  const signal = fatalSignal(status);
  if (signal === 0) return WAIT_EXITED;
  // A word that is not a stop may still have the low byte 0xff: it is continued or invalid.
  return isStop(signal) ? kindByAbi(status) : WAIT_SIGNALED;
}

function stopKind(signal: number, event: number): number {
  if (signal === SYSCALL_TRAP) return WAIT_SYSCALL_STOP;
  return signal === SIGTRAP && event !== 0 ? WAIT_EVENT : WAIT_STOPPED;
}

function waitEvent(status: number): number {
  return secondByte(status) === SIGTRAP ? eventByAbi(status) : 0;
}

/** Clamps a signed word to the range of an i32. */
export function clamp(word: bigint): number {
  const value = BigInt.asIntN(64, word);
  if (value > MOST) return Number(MOST);
  return Number(value < LEAST ? LEAST : value);
}

/** gVisor's decisions on every architecture. */
export const DECISIONS = {
  name: "gvisor",
  syscallErrno,
  restartsSyscall,
  ...statusReaders(waitKind),
  waitEvent,
};

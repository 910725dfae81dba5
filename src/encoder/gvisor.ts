/**
 * The decisions of the original: gVisor's ptrace platform, pkg/sentry/platform/ptrace, and what it reads
 * registers with, pkg/sentry/arch. Where it decides otherwise than the ABI says, this encoder follows it:
 *
 * - `syscallErrno`: every negative result is an error, those below -4095 too (syscallReturnValue). An errno
 *   beyond what 32 bits hold is 2^31 - 1 here.
 * - `restartsSyscall`: ERESTARTSYS, ERESTARTNOINTR and ERESTARTNOHAND; ERESTART_RESTARTBLOCK is an error like
 *   others (thread.syscallIgnoreInterrupt).
 * - `encodeBootstrap`: the pid is extended with its sign (initChildProcessPPID). Pids have none, so a stub
 *   cannot tell.
 * - `waitKind`, `waitEvent`, and with them `waitValue` and `waitCoreDumped` (thread.wait, with the WaitStatus of
 *   golang.org/x/sys/unix): a stop has an event only if its signal is SIGTRAP; one by another signal is a stop by
 *   that signal, or by a system call where it is SIGTRAP | 0x80. The low 7 bits tell an end, whatever the others
 *   are, so words that wait4 never stores tell exits and deaths. The difference shows in those words, and in a
 *   group-stop of a seized tracee; the original attaches.
 * - `encodeSyscall`, amd64: orig_rax is the initial one's (createSyscallRegs). arm64 has none, and the same frame.
 * - `enterGuest`: orig_rax stays as it is (thread.resetSysemuRegs).
 * - `decodeGuestSyscall`: the number is all of orig_rax (Context64.SyscallNo), where the kernel takes the low
 *   half. One that 32 bits do not hold is the nearest that they do: there is no such call either.
 *
 * All else is as `script` has it, because the original decides the same, or decides nothing: its clone words and
 * wait4 options are constants that it does not check, it has no clone3, and where it restarts guests' calls by
 * their results (runApp.execute of pkg/sentry/kernel), a flag beside the registers says whether there was a call.
 * Its filter is another: it has no mprotect, restart_syscall or execveat, traps three calls of the vsyscall
 * page, and kills a thread. But what a filter answers is for the tracer that it is to serve, and so the ABI's.
 */

import type { Arch } from "./abi.ts";
import type { PartialEncoder } from "./encoder.ts";
import { PARENT as R15 } from "./script/amd64.ts";
import { PARENT as X7 } from "./script/arm64.ts";
import { copySelectors, ORIG_RAX } from "./script/guest.ts";
import { RESTART_BLOCK, restarts } from "./script/result.ts";
import { ScriptAmd64, ScriptEncoder } from "./script/script.ts";
import {
  fatalSignal,
  isStop,
  SIGTRAP,
  SYSCALL_TRAP,
  secondByte,
  statusEvent,
  statusKind,
  WAIT_EVENT,
  WAIT_EXITED,
  WAIT_SIGNALED,
  WAIT_STOPPED,
  WAIT_SYSCALL_STOP,
} from "./script/status.ts";

const NAME = "gvisor";

/** What an i32 can hold. */
const LEAST = -(2n ** 31n);
const MOST = 2n ** 31n - 1n;

type SyscallArguments = [
  arg0: bigint,
  arg1: bigint,
  arg2: bigint,
  arg3: bigint,
  arg4: bigint,
  arg5: bigint,
];

function errnoOf(result: bigint): number {
  const value = BigInt.asIntN(64, result);
  if (value >= 0n) return 0;
  return Number(-value > MOST ? MOST : -value);
}

function restartsAgain(errno: number): number {
  return restarts(errno) && (errno | 0) !== RESTART_BLOCK ? 1 : 0;
}

function kindOf(status: number): number {
  if (isStop(status)) return stopKind(secondByte(status), status >>> 16);
  const signal = fatalSignal(status);
  if (signal === 0) return WAIT_EXITED;
  // The low byte of a word that is no stop can be 0xff still: continued, or nothing.
  return isStop(signal) ? statusKind(status) : WAIT_SIGNALED;
}

function stopKind(signal: number, event: number): number {
  if (signal === SYSCALL_TRAP) return WAIT_SYSCALL_STOP;
  return signal === SIGTRAP && event !== 0 ? WAIT_EVENT : WAIT_STOPPED;
}

function eventOf(status: number): number {
  return secondByte(status) === SIGTRAP ? statusEvent(status) : 0;
}

/** The nearest that an i32 can hold, of a word with a sign. */
function clamp(word: bigint): number {
  const value = BigInt.asIntN(64, word);
  if (value > MOST) return Number(MOST);
  return Number(value < LEAST ? LEAST : value);
}

class GvisorArm64 extends ScriptEncoder {
  override readonly name = NAME;

  constructor() {
    super("arm64");
  }

  override syscallErrno(result: bigint): number {
    return errnoOf(result);
  }

  override restartsSyscall(errno: number): number {
    return restartsAgain(errno);
  }

  override waitKind(status: number): number {
    return kindOf(status);
  }

  override waitEvent(status: number): number {
    return eventOf(status);
  }

  override encodeBootstrap(block: number, parent: number): void {
    super.encodeBootstrap(block, parent);
    this.memory.setHalves(this.block(block) + X7, parent, parent >> 31);
  }
}

class GvisorAmd64 extends ScriptAmd64 {
  override readonly name = NAME;

  override syscallErrno(result: bigint): number {
    return errnoOf(result);
  }

  override restartsSyscall(errno: number): number {
    return restartsAgain(errno);
  }

  override waitKind(status: number): number {
    return kindOf(status);
  }

  override waitEvent(status: number): number {
    return eventOf(status);
  }

  override encodeBootstrap(block: number, parent: number): void {
    super.encodeBootstrap(block, parent);
    this.memory.setHalves(this.block(block) + R15, parent, parent >> 31);
  }

  override encodeSyscall(
    block: number,
    initial: number,
    number: bigint,
    ...args: SyscallArguments
  ): void {
    const carried = this.memory.get(this.block(initial) + ORIG_RAX);
    super.encodeSyscall(block, initial, number, ...args);
    this.memory.set(this.block(block) + ORIG_RAX, carried);
  }

  override enterGuest(block: number, initial: number): void {
    copySelectors(this.memory, this.block(block), this.block(initial));
  }

  override decodeGuestSyscall(block: number): number {
    super.decodeGuestSyscall(block);
    return clamp(this.memory.get(this.block(block) + ORIG_RAX));
  }
}

/** The `gvisor` encoder of an architecture; that of amd64 has guests, and so is complete. */
export function openGvisorEncoder(arch: Arch): PartialEncoder {
  return arch === "amd64" ? new GvisorAmd64() : new GvisorArm64();
}

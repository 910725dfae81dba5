import type { Arch } from "../abi.ts";
import type { Encoder, PartialEncoder } from "../encoder.ts";
import { amd64 } from "./amd64.ts";
import type { Architecture } from "./architecture.ts";
import { arm64 } from "./arm64.ts";
import { cloneExitSignal, cloneFlags, encodeClone } from "./clone.ts";
import { type CloneArgs, encodeClone3 } from "./clone3.ts";
import { encodeFilter } from "./filter.ts";
import {
  argument,
  copySelectors,
  isSingleStepping,
  leaveSyscall,
  restoreNumber,
  rewindVsyscall,
  setResult,
  syscallNumber,
} from "./guest.ts";
import { Memory } from "./memory.ts";
import { errnoOf, restarts } from "./result.ts";
import { encodeSiginfo, siginfoForm } from "./siginfo.ts";
import { blockableSignals, signalSet } from "./signals.ts";
import {
  dumpedCore,
  encodeStop,
  encodeWaitOptions,
  statusEvent,
  statusKind,
  statusValue,
} from "./status.ts";

const ARCHITECTURES: Readonly<Record<Arch, Architecture>> = { amd64, arm64 };

/**
 * The encoder ABI in plain TypeScript, written from the manual pages and the headers alone, so that
 * a comparison with the other encoders means something.
 *
 * Numbers are converted as WebAssembly converts them: to 32 bits, whatever the caller gives.
 * Offsets that leave the buffer, or are no multiples of 8, are a RangeError.
 *
 * @example
 * const encoder = new ScriptEncoder("arm64");
 * new BigInt64Array(encoder.buffer)[0] = -22n; // x0 of the block at 0
 * encoder.syscallErrno(encoder.syscallResult(0)); // 22
 */
export class ScriptEncoder implements PartialEncoder {
  readonly name: string = "script";
  readonly arch: Arch;
  readonly buffer: ArrayBuffer;
  readonly heap = 0;
  readonly constants: ReadonlyMap<string, bigint>;
  protected readonly memory = new Memory();
  readonly #architecture: Architecture;

  constructor(arch: Arch) {
    this.arch = arch;
    this.buffer = this.memory.buffer;
    this.#architecture = ARCHITECTURES[arch];
    this.constants = this.#architecture.constants;
  }

  /** Writes the frame of one system call to `block`. */
  encodeSyscall(
    block: number,
    initial: number,
    number: bigint,
    arg0: bigint,
    arg1: bigint,
    arg2: bigint,
    arg3: bigint,
    arg4: bigint,
    arg5: bigint,
  ): void {
    const { memory } = this;
    const architecture = this.#architecture;
    const at = this.block(block);
    memory.copy(at, this.block(initial), architecture.blockSize / 8);
    architecture.encodeSyscall(memory, at, number, arg0, arg1, arg2, arg3, arg4, arg5);
  }

  /** Moves the instruction pointer back over a system call instruction. */
  rewindSyscall(block: number): void {
    this.#architecture.rewindSyscall(this.memory, this.block(block));
  }

  /** rax or x0, unsigned. */
  syscallResult(block: number): bigint {
    return this.#architecture.syscallResult(this.memory, this.block(block));
  }

  /** The errno of a result, signed or unsigned, or 0. */
  syscallErrno(result: bigint): number {
    return errnoOf(result);
  }

  /** 1 for the errnos by which the kernel asks for another run, else 0. */
  restartsSyscall(errno: number): number {
    return restarts(errno) ? 1 : 0;
  }

  /** Sets up another run where the result asks for one, as the kernel does; 1 if it did. */
  restartSyscall(block: number, original: bigint): number {
    return this.#architecture.restartSyscall(this.memory, this.block(block), original);
  }

  /** The pid of the parent, as 32 bits without a sign, and the mark of a clone, 1. */
  encodeBootstrap(block: number, parent: number): void {
    this.#architecture.encodeBootstrap(this.memory, this.block(block), parent);
  }

  /** Flags and exit signal in one word, or -EINVAL where clone(2) has no room or refuses them. */
  encodeClone(flags: bigint, exitSignal: number): bigint {
    return encodeClone(flags, exitSignal);
  }

  /** The CLONE_* of a clone word. */
  cloneFlags(word: bigint): bigint {
    return cloneFlags(word);
  }

  /** The low byte of a clone word. */
  cloneExitSignal(word: bigint): number {
    return cloneExitSignal(word);
  }

  /** struct clone_args at `at`: its size, or -EINVAL with nothing written where clone3(2) refuses it. */
  encodeClone3(at: number, ...args: CloneArgs): number {
    return encodeClone3(this.memory, at, args);
  }

  /** The options, or -EINVAL where one of them is not wait4's. */
  encodeWaitOptions(options: bigint): bigint {
    return encodeWaitOptions(options);
  }

  /** Which WAIT_* a status word tells, or -EINVAL. */
  waitKind(status: number): number {
    return statusKind(status);
  }

  /** The exit code or the signal; SIGTRAP at a system call; 0 where there is neither. */
  waitValue(status: number): number {
    return statusValue(this.waitKind(status), status);
  }

  /** The PTRACE_EVENT_* of a stop, or 0. */
  waitEvent(status: number): number {
    return statusEvent(status);
  }

  /** 1 if the word tells a death that dumped core, else 0. */
  waitCoreDumped(status: number): number {
    return dumpedCore(this.waitKind(status), status) ? 1 : 0;
  }

  /** The status word of a stop by `signal`. */
  encodeStop(signal: number): number {
    return encodeStop(signal);
  }

  /** Writes the filter of guests' stubs at `at`; its number of instructions. */
  encodeSeccomp(at: number, exitSignal: number): number {
    return encodeFilter(this.memory, at, this.#architecture, exitSignal);
  }

  /** Which SIGINFO_* tells what the union of a siginfo_t holds. */
  siginfoForm(signal: number, code: number): number {
    return siginfoForm(signal, code);
  }

  /** A siginfo_t at `at`, and its form. */
  encodeSiginfo(
    at: number,
    signal: number,
    code: number,
    first: bigint,
    second: bigint,
    third: bigint,
  ): number {
    return encodeSiginfo(this.memory, at, signal, code, [first, second, third]);
  }

  /** The set of one signal; empty outside 1..64. */
  signalSet(signal: number): bigint {
    return signalSet(signal);
  }

  /** `set` without SIGKILL and SIGSTOP, unsigned. */
  blockableSignals(set: bigint): bigint {
    return blockableSignals(set);
  }

  /** The index of a block's first word. @throws RangeError */
  protected block(offset: number): number {
    return this.memory.indexOf(offset, this.#architecture.blockSize);
  }
}

/** The same with guests, which amd64 alone has: an encoder that lacks nothing. */
export class ScriptAmd64 extends ScriptEncoder implements Encoder {
  constructor() {
    super("amd64");
  }

  /** Copies the six segment selectors, and says that no system call is under way. */
  enterGuest(block: number, initial: number): void {
    copySelectors(this.memory, this.block(block), this.block(initial));
    leaveSyscall(this.memory, this.block(block));
  }

  /** 1 if eflags has TF, else 0. */
  isSingleStepping(block: number): number {
    return isSingleStepping(this.memory, this.block(block)) ? 1 : 0;
  }

  /** orig_rax goes to rax, where the guest had put it; the kernel takes its low 32 bits for the number. */
  decodeGuestSyscall(block: number): number {
    restoreNumber(this.memory, this.block(block));
    return syscallNumber(this.memory, this.block(block));
  }

  /** An argument, unsigned; 0 for an index outside 0..5. */
  guestArgument(block: number, index: number): bigint {
    return argument(this.memory, this.block(block), index);
  }

  /** Puts the result into rax. */
  encodeGuestResult(block: number, result: bigint): void {
    setResult(this.memory, this.block(block), result);
  }

  /** Back to the call of `address`: the return address that the kernel popped is on the stack again. */
  rewindVsyscall(block: number, address: bigint): void {
    rewindVsyscall(this.memory, this.block(block), address);
  }
}

/** The `script` encoder of an architecture; that of amd64 has guests, and so is complete. */
export function openScriptEncoder(arch: Arch): PartialEncoder {
  return arch === "amd64" ? new ScriptAmd64() : new ScriptEncoder(arch);
}

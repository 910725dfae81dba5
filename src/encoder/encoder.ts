import type { Arch } from "./abi.ts";

/**
 * The encoder ABI (docs/encoder-abi.md) as TypeScript sees it.
 *
 * An encoder owns one fixed `buffer`. Register blocks lie in it and are named by their byte offset. Words
 * of 64 bits are BigInts; pids, signals, errnos and status words are numbers (32 bits, signed).
 */
export interface EncoderIdentity {
  /** What `--encoder` calls it. */
  readonly name: string;
  readonly arch: Arch;
  /** The memory in which register blocks lie. It never grows or moves. */
  readonly buffer: ArrayBuffer;
  /** The first byte of `buffer` that belongs to the caller, up to its end. */
  readonly heap: number;
  /** Every constant that the encoder knows, under the kernel's name; `REG_rax` is the byte offset of rax. */
  readonly constants: ReadonlyMap<string, bigint>;
}

/** What encoders compute. */
export interface EncoderFunctions {
  /**
   * Writes to `block` the frame of one system call: all of `initial`, then the number, the six arguments,
   * and whatever keeps the kernel from restarting an earlier call.
   */
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
  ): void;
  /** Moves the instruction pointer of `block` back over the system call instruction before it. */
  rewindSyscall(block: number): void;
  /**
   * Does to `block` what the kernel does before it runs a call again that asks for it; answers 1 if it did.
   * `original` is what the call found in the register of its result (arm64; amd64 has it in orig_rax).
   */
  restartSyscall(block: number, original: bigint): number;
  /** The word that the last system call left in `block`, 0 to 2^64 - 1. */
  syscallResult(block: number): bigint;
  /** The errno that a result stands for, or 0 where it is a value. */
  syscallErrno(result: bigint): number;
  /** 1 where the kernel asks for the call to be run again (ERESTARTSYS and its like), else 0. */
  restartsSyscall(errno: number): number;

  /** Sets in `block` the bootstrap convention of a clone: the parent that the child must find, and the mark. */
  encodeBootstrap(block: number, parent: number): void;

  /** The first argument of clone(2), or -EINVAL (negative) where a field overflows or the kernel refuses the flags. */
  encodeClone(flags: bigint, exitSignal: number): bigint;
  /** The flags of a clone word. */
  cloneFlags(word: bigint): bigint;
  /** The exit signal of a clone word. */
  cloneExitSignal(word: bigint): number;

  /**
   * Writes struct clone_args, the argument of clone3(2), at `at`, a multiple of 8; answers its size in bytes.
   * -EINVAL, with nothing written, where the kernel refuses the fields.
   */
  encodeClone3(
    at: number,
    flags: bigint,
    pidfd: bigint,
    childTid: bigint,
    parentTid: bigint,
    exitSignal: bigint,
    stack: bigint,
    stackSize: bigint,
    tls: bigint,
    setTid: bigint,
    setTidSize: bigint,
    cgroup: bigint,
  ): number;

  /** The third argument of wait4(2), or -EINVAL where the kernel refuses it. */
  encodeWaitOptions(options: bigint): bigint;
  /** Which of the constants WAIT_* a status word tells; -EINVAL where wait4 never stores it. */
  waitKind(status: number): number;
  /** The exit code, or the signal that killed or stopped. */
  waitValue(status: number): number;
  /** PTRACE_EVENT_*, or 0. */
  waitEvent(status: number): number;
  /** 1 if a core was dumped. */
  waitCoreDumped(status: number): number;
  /** The status word of a stop by `signal`. */
  encodeStop(signal: number): number;

  /** Makes `block` fit to be resumed: the segment selectors of `initial`, and no call to restart. */
  enterGuest(block: number, initial: number): void;
  /** 1 if the guest of `block` single-steps itself (TF). */
  isSingleStepping(block: number): number;
  /** The number of the system call that a guest stopped at; rax, where the kernel put -ENOSYS, gets it too. */
  decodeGuestSyscall(block: number): number;
  /** The argument of that call with index 0 to 5; 0 for another index. */
  guestArgument(block: number, index: number): bigint;
  /** Answers that call. */
  encodeGuestResult(block: number, result: bigint): void;
  /** Undoes the kernel's emulation of a vsyscall: RIP becomes `address`, RSP goes down by a word. */
  rewindVsyscall(block: number, address: bigint): void;

  /**
   * Writes the seccomp filter of guests' stubs at `at`, a multiple of 8 with room for 128 instructions of 8
   * bytes; answers their number. Stubs that are cloned have `exitSignal`.
   */
  encodeSeccomp(at: number, exitSignal: number): number;

  /** Which of the constants SIGINFO_KILL to SIGINFO_SYS tells what the union of such a siginfo holds. */
  siginfoForm(signal: number, code: number): number;
  /**
   * Writes a siginfo_t at `at`, a multiple of 8: 128 bytes, with the union's members in the order of the form,
   * which is the answer.
   */
  encodeSiginfo(
    at: number,
    signal: number,
    code: number,
    first: bigint,
    second: bigint,
    third: bigint,
  ): number;

  /** The kernel's signal set of one signal; 0 where there is no such signal. */
  signalSet(signal: number): bigint;
  /** `set` without what cannot be blocked. */
  blockableSignals(set: bigint): bigint;
}

/** An encoder that a platform can work with. */
export interface Encoder extends EncoderIdentity, EncoderFunctions {}

/** An encoder that may leave functions out. */
export interface PartialEncoder extends EncoderIdentity, Partial<EncoderFunctions> {}

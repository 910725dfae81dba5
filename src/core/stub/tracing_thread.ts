import { EncoderError, InputError } from "../../lib/errors.ts";
import { errorName, parseSignal, parseSyscall, signalName } from "../../lib/names.ts";
import type { Suggested } from "../../lib/nearest.ts";
import { integer, nameOrNumber, show } from "../../lib/shape.ts";
import type { Encoder } from "../encoder/abi.ts";
import { BlockAllocator, type RegisterBlock } from "../encoder/block.ts";
import { HOST_MACHINE } from "../machine/index.ts";
import type { SignalName, SyscallName } from "../shim/bindings.ts";
import { Deadline, Run } from "../shim/records.ts";
import { loadShim, type Shim } from "../shim/shim.ts";
import { bindThread, otherProcessor, unbindThread } from "./affinity.ts";
import { mapStubCode } from "./user_space.ts";

/** A system call: by its name, or its number. */
export type Syscall = Suggested<SyscallName> | number | bigint;

/** A signal: by its name, with or without SIG, or its number. */
export type Signal = Suggested<SignalName> | number;

/**
 * How a tracer drives its stubs.
 *
 *     faithful  gVisor's sequence of requests, against which the other lane is measured: a call is SETREGS, CONT, the
 *               INT3, GETREGS; a clone stops itself and is attached; a switch writes a guest's whole state and reads it
 *     fast      no stop if none is needed: a stub executes calls from memory that it shares with the host, is traced when
 *               it begins, and runs guests without a tracer
 */
export const LANES = ["faithful", "fast"] as const;
export type Lane = (typeof LANES)[number];

export const DEFAULT_LANE: Lane = "faithful";

/** How a tracer drives its stubs. */
export interface LaneOptions {
  /** Default: "faithful". */
  lane?: Lane | undefined;
  /**
   * Whether the tracing thread and its stubs are bound to one processor while the tracer is open; with "fast", a stub with
   * a second processor is bound to that. Unbound, a call takes several times as long. Default: true.
   */
  bind?: boolean | undefined;
}

/** Signals that an instruction can raise. */
const FAULTS = ["SIGTRAP", "SIGSEGV", "SIGBUS", "SIGILL", "SIGFPE", "SIGSYS"];
/** They end an injection. */
const OWN_SIGNALS = [...FAULTS, "SIGKILL"];

/** The kernel reads the number of a system call as 32 bits, and ignores the rest. @throws InputError */
function checkSyscallNumber(call: unknown): bigint {
  if (typeof call !== "number" && typeof call !== "bigint") {
    throw new InputError(`system call: expected a name or a number, got ${show(call)}`);
  }
  const number = integer(call, "system call");
  if (number >= -(1n << 31n) && number < 1n << 32n) return number;
  throw new InputError(`system call: expected a number of 32 bits, got ${show(call)}`);
}

/**
 * The OS thread that issues ptrace requests, with what every request needs. It does not know the stubs: its `Tracer` does.
 *
 *     encoder ─ blocks ─ frame      the block of the current injection, and of its result
 *     shim ─ status, mask           the memory that the shim fills
 *     stubAddress ─ restAddress     where the stub code is, and where RIP rests in it
 */
export class TracingThread {
  readonly tid: number;
  readonly encoder: Encoder;
  /** The deadline of a call, a switch or a birth's wait, in milliseconds. Teardown has more patience. */
  readonly deadline: number;
  readonly lane: Lane;
  /** @internal */
  readonly ledger = new Ledger();
  /** The address of the stub code, the same in the host and in every stub. */
  readonly stubAddress: number;
  /** The value of RIP between two injected calls: after the INT3, or at the BRK of arm64. */
  readonly restAddress: bigint;
  /** The value of RIP at the self-stop: after the SYSCALL of the kill. @internal */
  readonly selfStopAddress: bigint;
  /** The address of the loop over a ring. @internal */
  readonly serveAddress: bigint;
  /** @internal */
  readonly shim: Shim;
  /** @internal */
  readonly blocks: BlockAllocator;
  /** @internal */
  readonly frame: RegisterBlock;
  /** The status word of the last wait. @internal */
  readonly status = new Int32Array(1);
  /** The signal mask that was read last. @internal */
  readonly mask = new BigUint64Array(1);
  /** @internal */
  readonly injection: Run;
  /** wait4's options for one thread. @internal */
  readonly waitAll: number;
  /** wait4's options for a self-stop. @internal */
  readonly waitSelfStop: bigint;
  /** The ptrace options of every traced thread. @internal */
  readonly traceOptions: number;
  /**
   * The signals that a stub blocks while it clones another with a harmful exit signal. SIGCHLD is not blocked: the
   * child's self-stop raises it, it would stay pending, and by default it is ignored. @internal
   */
  readonly birthMask: bigint;
  // Allocated once, not for each birth.
  readonly #birthClock: Deadline;
  // Caches lookups by name: they are frequent, and a prefix or a conversion is expensive.
  readonly #numbers = new Map<string, number>();
  readonly #calls = new Map<string, bigint>();
  readonly #sets = new Map<readonly string[], ReadonlySet<number>>();
  #bound = false;

  /** @throws UnsupportedError, EncoderError */
  constructor(encoder: Encoder, deadline: number, options: LaneOptions) {
    const { lane = DEFAULT_LANE, bind = true } = options;
    this.encoder = encoder;
    this.deadline = deadline;
    this.lane = lane;
    this.shim = loadShim();
    this.tid = this.shim.gettid();
    this.blocks = BlockAllocator.of(encoder);
    this.frame = this.blocks.allocate();
    this.stubAddress = mapStubCode(this.shim);
    this.restAddress = BigInt(this.stubAddress + this.shim.stubRestOffset());
    this.selfStopAddress = BigInt(
      this.stubAddress + this.shim.stubSyscallOffset() + HOST_MACHINE.syscallLength,
    );
    this.serveAddress = BigInt(this.stubAddress + this.shim.stubServeOffset());
    this.waitAll = Number(this.#waitOptions("__WALL"));
    this.waitSelfStop = this.#waitOptions("__WALL", "WUNTRACED");
    this.traceOptions =
      this.constant("PTRACE_O_TRACESYSGOOD") |
      this.constant("PTRACE_O_TRACEEXIT") |
      this.constant("PTRACE_O_EXITKILL");
    this.birthMask = BigInt.asUintN(64, ~encoder.signalSet(this.constant("SIGCHLD")));
    this.#birthClock = new Deadline(deadline);
    this.injection = new Run(deadline, this.restAddress);
    const own = OWN_SIGNALS.map((name) => this.constant(name));
    for (let signal = 1; signal <= this.constant("SIGRTMAX"); signal++) {
      if (!own.includes(signal)) this.passOver(signal);
    }
    this.#bound = bind && bindThread(this.shim);
  }

  /** Binds a thread to the processor of this tracer. @internal */
  bindHere(tid: number): void {
    if (this.#bound) this.shim.bind(tid, this.shim.getcpu());
  }

  /** Binds a thread to another processor than this one's, if there is one. @internal */
  bindApart(tid: number): void {
    const processor = otherProcessor();
    if (this.#bound && processor !== undefined) this.shim.bind(tid, processor);
  }

  /**
   * Whether a side that waits for the other looks for its progress before it sleeps: in vain if both are on one processor.
   * @internal
   */
  get spins(): boolean {
    return !this.#bound || otherProcessor() !== undefined;
  }

  /** Ends the thread's binding to a processor. @internal */
  unbind(): void {
    if (this.#bound) unbindThread(this.shim);
    this.#bound = false;
  }

  /** Whether a system call is one of those named. @internal */
  isAmong(names: readonly string[], call: bigint): boolean {
    let numbers = this.#sets.get(names);
    if (numbers === undefined) {
      const known = names.filter((name) => this.encoder.constants.has(`SYS_${name}`));
      numbers = new Set(known.map((name) => Number(this.syscallNumber(name))));
      this.#sets.set(names, numbers);
    }
    return numbers.has(Number(call));
  }

  /** Starts the deadline of a birth. @internal */
  startBirthClock(): Deadline {
    this.#birthClock.start(this.deadline);
    return this.#birthClock;
  }

  /** Makes injections pass over stops by a signal, such as the exit signal of a child. @internal */
  passOver(signal: number): void {
    this.injection.passOver |= this.encoder.signalSet(signal);
  }

  /** The number of a stub's exit signal, by name or number. @throws InputError */
  parseExitSignal(signal: Signal = "SIGCHLD"): number {
    const name = String(nameOrNumber(signal, "exitSignal"));
    const number = parseSignal(name, this.encoder.constants);
    if (!FAULTS.some((name) => number === this.constant(name))) return number;
    // The si_code of a child's end, such as CLD_EXITED, is positive as that of a fault.
    throw new InputError(
      `${this.signalName(number)} cannot be the exit signal of a stub: it stops the parent like a fault of its own`,
    );
  }

  /** Whether a child's end with this exit signal harms its parent. */
  isFatal(exitSignal: number): boolean {
    return exitSignal !== 0 && exitSignal !== this.constant("SIGCHLD");
  }

  /** A constant of the encoder, by the kernel's name. @throws EncoderError if the encoder lacks it. */
  constant(name: string): number {
    const known = this.#numbers.get(name);
    if (known !== undefined) return known;
    const number = Number(this.flag(name));
    this.#numbers.set(name, number);
    return number;
  }

  /** The same as a 64-bit word. */
  flag(name: string): bigint {
    const value = this.encoder.constants.get(name);
    if (value !== undefined) return value;
    throw new EncoderError(`encoder ${this.encoder.name} has no constant ${name}`);
  }

  /** The number of a system call, by name or number. @throws InputError */
  syscallNumber(call: Syscall): bigint {
    if (typeof call !== "string") return checkSyscallNumber(call);
    const known = this.#calls.get(call);
    if (known !== undefined) return known;
    const number = checkSyscallNumber(parseSyscall(call, this.encoder.constants));
    this.#calls.set(call, number);
    return number;
  }

  /** The name of an errno, e.g. "ENOENT". */
  errorName(errno: number): string {
    return errorName(errno, this.encoder.constants);
  }

  /** The name of a signal, e.g. "SIGKILL". */
  signalName(signal: number): string {
    return signalName(signal, this.encoder.constants);
  }

  /** The clone word of every stub: the exit signal and a shared file table. @throws EncoderError @internal */
  cloneWord(exitSignal: number): bigint {
    const word = this.encoder.encodeClone(this.flag("CLONE_FILES"), exitSignal);
    if (word >= 0n) return word;
    throw new EncoderError(
      `encoder ${this.encoder.name} refuses CLONE_FILES with exit signal ${exitSignal}`,
    );
  }

  #waitOptions(...names: string[]): bigint {
    const options = names.reduce((word, name) => word | this.flag(name), 0n);
    const word = this.encoder.encodeWaitOptions(options);
    if (word >= 0n) return word;
    throw new EncoderError(`encoder ${this.encoder.name} refuses wait4's ${names.join("|")}`);
  }
}

/**
 * The processes of a tracer that have an owner: the thread of a birth or a stub, or the caller whose injected clone made
 * them. Any other child of a stub, or traced child of the host, is what a failed birth has left.
 */
export class Ledger {
  readonly #own = new Set<number>();
  /** The stub whose injected clone made a process for the caller. */
  readonly #callers = new Map<number, number>();

  enter(pid: number): void {
    this.#own.add(pid);
  }

  /** The process has been reaped, or given up. */
  forget(pid: number): void {
    this.#own.delete(pid);
    if (this.#callers.size === 0) return;
    for (const [child, parent] of this.#callers) if (parent === pid) this.#callers.delete(child);
  }

  /** A call that a caller injected into the stub `parent` returned a process. */
  noteCallers(parent: number, pid: number): void {
    this.#callers.set(pid, parent);
  }

  has(pid: number): boolean {
    return this.#own.has(pid) || this.#callers.has(pid);
  }
}

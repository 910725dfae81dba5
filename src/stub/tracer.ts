import { isMainThread } from "node:worker_threads";
import { BlockAllocator, type RegisterBlock } from "../encoder/block.ts";
import type { Encoder } from "../encoder/encoder.ts";
import { expectDriver } from "../encoder/guarded.ts";
import { errorName, parseSignal, parseSyscall, signalName } from "../encoder/names.ts";
import { openEncoder } from "../encoder/open.ts";
import { EncoderError, InputError, StateError } from "../errors.ts";
import { bytes, integer, list, object, oneOf, show } from "../shape.ts";
import { CHILD_STEPS, type ChildStep, Deadline, Injection, loadShim, type Shim } from "../shim.ts";
import { SYSCALL_LENGTH } from "./amd64.ts";
import { forkStub } from "./birth.ts";
import { FILTER_INSTRUCTION, MOST_INSTRUCTIONS } from "./bpf.ts";
import { mapStubCode } from "./placement.ts";
import { rehearse } from "./rehearsal.ts";
import { Stub } from "./stub.ts";
import { expectUnshared, redeemTicket, type ThreadTicket } from "./ticket.ts";

export interface TracerOptions {
  /** An encoder, or the name of one of stublab's own. Default: "assembly". */
  encoder?: string | Encoder;
  /** The deadline of every wait, in milliseconds. Default: 5000. */
  deadline?: number;
}

export interface StubOptions {
  /**
   * The signal that the parent gets at the stub's end, by name or number. SIGCHLD, the default, makes a
   * death an error; SIGKILL, the original's choice, makes it the death of the parent, and so on up to the
   * host.
   */
  exitSignal?: string | number;
  /** Steps of the forked child's set-up to leave out, for lessons and tests. */
  omit?: readonly ChildStep[];
  /** A seccomp filter that it and all that come from it run under: an array of struct sock_filter. */
  filter?: Uint8Array;
}

/** The tracers of this JavaScript thread: its end closes those that nobody closed. */
const open = new Set<Tracer>();
process.on("exit", () => {
  for (const tracer of open) {
    try {
      tracer.close();
    } catch {
      // Nobody is left to be told; EXITKILL ends what this could not.
    }
  }
});

/** In milliseconds: the shim counts microseconds. */
export const SHORTEST_DEADLINE = 0.001;
/** A day, in milliseconds: whoever waits longer has lost sight of the stub. */
const LONGEST_DEADLINE = 86_400_000;

/** Answers a deadline in milliseconds that is valid. @throws InputError */
export function checkDeadline(milliseconds: unknown): number {
  const valid =
    typeof milliseconds === "number" &&
    milliseconds >= SHORTEST_DEADLINE &&
    milliseconds <= LONGEST_DEADLINE;
  if (valid) return milliseconds;
  throw new InputError(
    `invalid deadline ${show(milliseconds)}: expected milliseconds from ${SHORTEST_DEADLINE} to ${LONGEST_DEADLINE}`,
  );
}

/** Answers a seccomp filter that consists of instructions: the kernel checks what they do. @throws InputError */
function checkFilter(filter: Uint8Array): Uint8Array {
  const { length } = bytes(filter, "filter");
  const whole = length > 0 && length % FILTER_INSTRUCTION === 0;
  if (whole && length <= MOST_INSTRUCTIONS * FILTER_INSTRUCTION) return filter;
  throw new InputError(
    `filter: expected 1 to ${MOST_INSTRUCTIONS} instructions of ${FILTER_INSTRUCTION} bytes, got ${length} bytes`,
  );
}

/** The kernel takes 32 bits as the number of a system call, and would not look at the others. @throws InputError */
function checkSyscallNumber(call: unknown): bigint {
  const number = integer(call, "system call");
  if (number >= -(1n << 31n) && number < 1n << 32n) return number;
  throw new InputError(`system call: expected a number of 32 bits, got ${show(call)}`);
}

const STEPS = list(oneOf(CHILD_STEPS), CHILD_STEPS.length);

/**
 * The one OS thread that issues ptrace requests, and the stubs that it traces.
 *
 * A tracer belongs to the JavaScript thread that made it. Close it before that thread ends; `using` does.
 *
 * @example
 * using tracer = new Tracer();
 * const master = tracer.createStub();
 * master.call("getppid"); // BigInt(process.pid)
 */
export class Tracer {
  readonly tid: number;
  readonly encoder: Encoder;
  readonly deadline: number;
  /** Where the stub code lies, in the host and in every stub. */
  readonly stubAddress: number;
  /** Where RIP rests between two injected calls: past the INT3. */
  readonly restAddress: bigint;
  /** Where RIP is at the self-stop: past the SYSCALL of the kill. @internal */
  readonly selfStopAddress: bigint;
  /** @internal */
  readonly shim: Shim;
  /** @internal */
  readonly blocks: BlockAllocator;
  /** The block that every injection is encoded in and answered in. @internal */
  readonly frame: RegisterBlock;
  /** @internal */
  readonly status = new Int32Array(1);
  /** @internal */
  readonly mask = new BigUint64Array(1);
  /** @internal */
  readonly injection: Injection;
  // Made once: a birth should not need memory of its own for its clock.
  readonly #birthClock: Deadline;
  /** wait4's options for one thread, as a number that the shim takes. @internal */
  readonly waitAll: number;
  /** The same for the self-stop of another stub's child. @internal */
  readonly waitSelfStop: bigint;
  /** The options that every traced thread gets. @internal */
  readonly traceOptions: number;
  /**
   * What a stub blocks while it clones another with a harmful exit signal. Not SIGCHLD, which announces the self-stop of the child: it would stay
   * pending, and by default it does nothing. @internal
   */
  readonly birthMask: bigint;
  /** Every live stub by its pid. */
  readonly stubs = new Map<number, Stub>();
  // Names are looked up often enough for the price of a prefix or a conversion to count.
  readonly #numbers = new Map<string, number>();
  readonly #calls = new Map<string, bigint>();
  #closed = false;

  /** @throws UnsupportedError, InputError, EncoderError */
  constructor(options: TracerOptions = {}) {
    object(options, "options");
    const { encoder = "assembly", deadline = 5000 } = options;
    checkDeadline(deadline);
    this.shim = loadShim();
    this.tid = this.shim.gettid();
    this.encoder = typeof encoder === "string" ? openEncoder(encoder) : expectDriver(encoder);
    this.deadline = deadline;
    this.blocks = BlockAllocator.of(this.encoder);
    this.frame = this.blocks.allocate();
    this.stubAddress = mapStubCode(this.shim);
    this.restAddress = BigInt(this.stubAddress + this.shim.stubRestOffset());
    this.selfStopAddress = BigInt(
      this.stubAddress + this.shim.stubSyscallOffset() + SYSCALL_LENGTH,
    );
    this.waitAll = Number(this.#waitOptions("__WALL"));
    this.waitSelfStop = this.#waitOptions("__WALL", "WUNTRACED");
    this.traceOptions =
      this.constant("PTRACE_O_TRACESYSGOOD") |
      this.constant("PTRACE_O_TRACEEXIT") |
      this.constant("PTRACE_O_EXITKILL");
    this.birthMask = BigInt.asUintN(64, ~this.encoder.signalSet(this.constant("SIGCHLD")));
    open.add(this);
    this.#birthClock = new Deadline(deadline);
    this.injection = new Injection(deadline, this.restAddress);
    for (let signal = 1; signal <= this.constant("SIGRTMAX"); signal++) {
      if (!this.#isOwnTo(signal)) this.passOver(signal);
    }
  }

  /**
   * Forks a stub from the host, attaches to it, and takes its initial registers.
   *
   * @throws ForkError, BirthError, AttachError, InputError; StateError from a worker thread with an exit
   * signal that would kill the process.
   */
  createStub(options: StubOptions = {}): Stub {
    if (this.#closed) throw new StateError("the tracer is closed");
    object(options, "options");
    const exitSignal = this.exitSignal(options.exitSignal);
    const omit = STEPS(options.omit ?? [], "omit");
    const filter = options.filter === undefined ? undefined : checkFilter(options.filter);
    if (!isMainThread && this.isFatal(exitSignal)) {
      throw new StateError(
        `a worker thread cannot fork stubs with exit signal ${this.signalName(exitSignal)}`,
        {
          remedy:
            "the kernel kills a stub when the thread that forked it ends, and that signal would then " +
            "kill the whole process; use SIGCHLD, or the main thread",
        },
      );
    }
    if (this.isFatal(exitSignal)) rehearse(this, exitSignal, options);
    const started = performance.now();
    const thread = forkStub(this, exitSignal, omit, filter);
    return new Stub(thread, undefined, exitSignal, performance.now() - started);
  }

  /**
   * Attaches to a thread of a stub whose first thread another tracer has.
   *
   * @throws StateError where the ticket is for another tracer, AttachError
   */
  join(ticket: ThreadTicket): Stub {
    if (this.#closed) throw new StateError("the tracer is closed");
    return new Stub(redeemTicket(this, ticket), undefined, this.constant("SIGCHLD"), 0);
  }

  /**
   * Ends every stub and leaves no process behind, whatever their exit signals. The host lives on. Closing
   * a second time does nothing.
   *
   * @throws StateError where another tracer still has a thread of a stub: nothing is closed then.
   */
  close(): void {
    if (this.#closed) return;
    for (const stub of this.stubs.values()) expectUnshared(stub);
    this.#closed = true;
    open.delete(this);
    let failure: unknown;
    for (const stub of [...this.stubs.values()].filter(({ parent }) => parent === undefined)) {
      try {
        stub.close();
      } catch (error) {
        // The others are to end all the same.
        failure ??= error;
      }
    }
    if (failure !== undefined) throw failure;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** The deadline of a birth, from now on. @internal */
  startBirthClock(): Deadline {
    this.#birthClock.start(this.deadline);
    return this.#birthClock;
  }

  #waitOptions(...names: string[]): bigint {
    const options = names.reduce((word, name) => word | this.flag(name), 0n);
    const word = this.encoder.encodeWaitOptions(options);
    if (word >= 0n) return word;
    throw new EncoderError(`encoder ${this.encoder.name} refuses wait4's ${names.join("|")}`);
  }

  /** Whether a signal is a stub's own news in an injection: what an instruction raises, and its death. */
  #isOwnTo(signal: number): boolean {
    const own = ["SIGTRAP", "SIGSEGV", "SIGBUS", "SIGILL", "SIGFPE", "SIGSYS", "SIGKILL"];
    return own.some((name) => this.constant(name) === signal);
  }

  /** Makes injections pass over stops by a signal that is no news, such as a child's end. @internal */
  passOver(signal: number): void {
    this.injection.passOver |= this.encoder.signalSet(signal);
  }

  /**
   * The number of a signal that is to tell of a stub's end. Injections pass it over from now on.
   *
   * @throws InputError
   */
  exitSignal(signal: string | number = "SIGCHLD"): number {
    if (typeof signal !== "string" && typeof signal !== "number") {
      throw new InputError(`exitSignal: expected a name or a number, got ${show(signal)}`);
    }
    const number = parseSignal(String(signal), this.encoder.constants);
    if (number === this.constant("SIGTRAP")) {
      throw new InputError(
        "SIGTRAP cannot be the exit signal of a stub: it stops the parent like an INT3",
      );
    }
    this.passOver(number);
    return number;
  }

  /** Whether a child's end with this exit signal harms its parent. */
  isFatal(exitSignal: number): boolean {
    return exitSignal !== 0 && exitSignal !== this.constant("SIGCHLD");
  }

  /** A constant of the encoder, by the kernel's name. @throws EncoderError where it has none. */
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
    if (value === undefined) {
      throw new EncoderError(`encoder ${this.encoder.name} has no constant ${name}`);
    }
    return value;
  }

  /** The number of a system call, by name or number. @throws InputError */
  syscallNumber(call: string | number | bigint): bigint {
    if (typeof call !== "string") return checkSyscallNumber(call);
    const known = this.#calls.get(call);
    if (known !== undefined) return known;
    const number = checkSyscallNumber(parseSyscall(call, this.encoder.constants));
    this.#calls.set(call, number);
    return number;
  }

  errorName(errno: number): string {
    return errorName(errno, this.encoder.constants);
  }

  signalName(signal: number): string {
    return signalName(signal, this.encoder.constants);
  }
}

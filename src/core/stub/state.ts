import { constants } from "node:os";
import { limitRemedy } from "../../lib/errno.ts";
import { StateError, type StubEnd, TraceError } from "../../lib/errors.ts";
import type { RegisterBlock } from "../encoder/block.ts";
import { HOST_MACHINE } from "../machine/index.ts";
import { Deadline } from "../shim/records.ts";
import type { TracingThread } from "./tracing_thread.ts";

/** A stop of a thread: by `signal`, or by `event` (PTRACE_EVENT_*, 0 for none). */
export interface Stop {
  readonly kind: "signal" | "group-stop" | "event" | "syscall";
  readonly signal: number;
  readonly event: number;
}

/** A decoded status word of wait4: a stop, or the end of the thread. */
export type Report = Stop | StubEnd;

/** Decodes a status word. */
export function decodeStatus(tracer: TracingThread, status: number): Report {
  const { encoder } = tracer;
  const kind = encoder.waitKind(status);
  const signal = encoder.waitValue(status);
  const event = encoder.waitEvent(status);
  switch (kind) {
    case tracer.constant("WAIT_EXITED"):
    case tracer.constant("WAIT_SIGNALED"):
      return decodeEnd(tracer, status);
    case tracer.constant("WAIT_EVENT"):
      return { kind: "event", signal, event };
    case tracer.constant("WAIT_GROUP_STOP"):
      return { kind: "group-stop", signal, event };
    case tracer.constant("WAIT_SYSCALL_STOP"):
      return { kind: "syscall", signal, event };
    default:
      return { kind: "signal", signal, event };
  }
}

/** Decodes the status word of an end, as wait4 and the message of PTRACE_EVENT_EXIT report it. */
export function decodeEnd(tracer: TracingThread, status: number): StubEnd {
  const { encoder } = tracer;
  const value = encoder.waitValue(status);
  if (encoder.waitKind(status) !== tracer.constant("WAIT_SIGNALED")) {
    return { kind: "exited", status: value };
  }
  const coreDumped = encoder.waitCoreDumped(status) === 1;
  return { kind: "signaled", signal: tracer.signalName(value), coreDumped };
}

/**
 * The state of a thread: one of these, with what can be done in it.
 *
 *     running    between a resume and the next stop
 *     stopped    in a ptrace stop: accepts requests
 *     serving    runs the loop of a lane, and waits for its next turn
 *     waiting    not traced: waits for its next guest
 *     detached   not traced: not yet attached, or detached
 *     dead       reaped or given up
 */
export type ThreadState = Running | Stopped | Busy<"serving"> | Busy<"waiting"> | Detached | Dead;

export type StateName = ThreadState["name"];

/** A state that a lane leaves a thread in between two uses. */
export interface Busy<Name extends string> {
  readonly name: Name;
  /** Makes the thread stopped. @throws DeathError, DeadlineError, TraceError */
  stop(): void;
}

export interface Detached {
  readonly name: "detached";
}

export interface Dead {
  readonly name: "dead";
  readonly end: StubEnd;
}

/** What a state uses of its thread. */
export interface Tracee {
  readonly tracer: TracingThread;
  readonly tgid: number;
  readonly tid: number;
  readonly state: ThreadState;
  /** Notes the state that a request or the shim has brought about. @internal */
  settle<State extends ThreadState>(state: State): State;
  /** Waits for the next stop. */
  wait(deadline?: Deadline): Stop;
  /** A pidfd of the process; negative: the errno of pidfd_open. @internal */
  openPidfd(): number;
  /** Reports the death of a thread that is being killed, otherwise the failed request. @internal */
  fail(call: string, errno: number): never;
}

/** <linux/ptrace.h> */
const PTRACE_POKEDATA = 5;

/** How long a thread may take to stop after a SIGSTOP, in milliseconds. */
export const GRACE_MILLISECONDS = 1000;

const [READ, WRITE] = HOST_MACHINE.registerRequests;

const { EMFILE, ENFILE, ESRCH } = constants.errno;

/** A thread that runs until its next stop. */
export class Running {
  readonly name = "running";
  readonly #thread: Tracee;

  constructor(thread: Tracee) {
    this.#thread = thread;
  }

  /** Stops it by SIGSTOP. @throws DeathError, DeadlineError, TraceError */
  stop(): void {
    const thread = this.#thread;
    const { shim } = thread.tracer;
    shim.tgkill(thread.tgid, thread.tid, thread.tracer.constant("SIGSTOP"));
    thread.wait(new Deadline(GRACE_MILLISECONDS));
  }
}

/**
 * A thread in a ptrace stop. Every request is one of its methods; a resume makes the object invalid.
 *
 * @throws StateError if the thread is no longer in this stop; DeathError if it is being killed; TraceError: all methods.
 */
export class Stopped {
  readonly name = "stopped";
  readonly #thread: Tracee;

  constructor(thread: Tracee) {
    this.#thread = thread;
  }

  /** Makes a ptrace request that transfers no memory, and returns its result. */
  ptrace(request: string, data = 0): number {
    const { tracer, tid } = this.#current();
    const result = tracer.shim.ptrace(tracer.constant(request), tid, 0, data);
    return this.#check(`ptrace(${request})`, result);
  }

  /** Writes a word to memory that need not be writable. @internal */
  poke(address: bigint, word: bigint): void {
    const { tracer, tid } = this.#current();
    this.#check("ptrace(PTRACE_POKEDATA)", tracer.shim.ptrace(PTRACE_POKEDATA, tid, address, word));
  }

  /** The message of the event that has stopped it (PTRACE_GETEVENTMSG). @internal */
  eventMessage(): number {
    const { tracer, tid } = this.#current();
    const message = new BigUint64Array(1);
    const request = tracer.constant("PTRACE_GETEVENTMSG");
    this.#check("ptrace(PTRACE_GETEVENTMSG)", tracer.shim.ptrace(request, tid, 0, message));
    return Number(message[0]);
  }

  /** Reads the registers into `block`. */
  readRegisters(block: RegisterBlock): void {
    const { tracer, tid } = this.#current();
    this.#check(`ptrace(${READ})`, tracer.shim.readRegisters(tid, block.bytes));
  }

  writeRegisters(block: RegisterBlock): void {
    const { tracer, tid } = this.#current();
    this.#check(`ptrace(${WRITE})`, tracer.shim.writeRegisters(tid, block.bytes));
  }

  /** The registers by name. */
  registers(): Record<string, bigint> {
    const { frame } = this.#thread.tracer;
    this.readRegisters(frame);
    return frame.dump();
  }

  /**
   * Fills `area` with the XSAVE area of a new program, in the layout of the thread's area.
   *
   * @param components the components that are marked as present: bits of XCR0.
   * @returns its length in bytes.
   */
  freshXstate(area: Uint8Array, components: bigint): number {
    const { tracer, tid } = this.#current();
    const length = tracer.shim.freshXstate(tid, area, area.length, components);
    return this.#check("ptrace(PTRACE_GETREGSET)", length);
  }

  /** Sets the signal mask. */
  setMask(mask: bigint): void {
    const { tracer, tid } = this.#current();
    this.#check("ptrace(PTRACE_SETSIGMASK)", tracer.shim.setMask(tid, mask));
  }

  /** Blocks further signals, and returns the previous mask. */
  block(signals: bigint): bigint {
    const { tracer, tid } = this.#current();
    this.#check("ptrace(PTRACE_SETSIGMASK)", tracer.shim.block(tid, signals, tracer.mask));
    return tracer.mask[0] ?? 0n;
  }

  /** Resumes with a signal; 0 for none. */
  resume(request = "PTRACE_CONT", signal = 0): void {
    this.ptrace(request, signal);
    this.#thread.settle(new Running(this.#thread));
  }

  /**
   * Detaches from the thread and leaves it in a group-stop, or lets it run. A pidfd knows it until it is attached again.
   *
   * @throws TraceError, also if the process has no free descriptor for the pidfd: the thread is then still stopped.
   */
  detach(signal = "SIGSTOP"): void {
    const errno = -this.#current().openPidfd();
    if (errno === EMFILE || errno === ENFILE) throw traceError(this.#thread, "pidfd_open", errno);
    this.leave(signal);
  }

  /** Detaches from the thread for good. @internal */
  leave(signal = "SIGSTOP"): void {
    const thread = this.#thread;
    this.ptrace("PTRACE_DETACH", signal === "" ? 0 : thread.tracer.constant(signal));
    thread.settle({ name: "detached" });
  }

  #current(): Tracee {
    const thread = this.#thread;
    if (thread.state === this) return thread;
    throw new StateError(`stub ${thread.tid} has left the stop that this request is for`);
  }

  #check(call: string, result: number): number {
    return result < 0 ? this.#thread.fail(call, -result) : result;
  }
}

/** The error of a call about a thread that failed. */
export function traceError({ tid, tracer }: Tracee, call: string, errno: number): TraceError {
  const name = tracer.errorName(errno);
  return new TraceError(`${call} on stub ${tid} failed: ${name}`, {
    call,
    errno: name,
    remedy:
      errno === ESRCH
        ? "the stub is gone or running, or another thread of this process traces it"
        : limitRemedy(name),
  });
}

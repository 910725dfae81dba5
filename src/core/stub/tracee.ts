import { constants } from "node:os";
import { limitRemedy } from "../../lib/errno.ts";
import {
  DeadlineError,
  DeathError,
  type RegisterDump,
  StateError,
  StopError,
  type StubEnd,
  TraceError,
} from "../../lib/errors.ts";
import type { RegisterBlock } from "../encoder/block.ts";
import { HOST_MACHINE } from "../machine/index.ts";
import { Deadline, RUN_ENDS, type Run, type RunEnd } from "../shim/records.ts";
import { exitStatus, hasThreads } from "./proc.ts";
import { decodeEnd, decodeStatus, type Stop } from "./stop.ts";
import type { TracingThread } from "./tracing_thread.ts";

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

/** <linux/ptrace.h> */
const PTRACE_POKEDATA = 5;

/** How long a thread may take to stop after a SIGSTOP, in milliseconds. */
export const GRACE_MILLISECONDS = 1000;

/** The deadline of each wait of a teardown, even if the tracer's is shorter. */
export const PATIENT_MILLISECONDS = 10_000;

const AT_ONCE = new Deadline(0);

const [READ, WRITE] = HOST_MACHINE.registerRequests;

/** The steps of a run in the order of enum stublab_step. */
const STEPS = [
  `ptrace(${WRITE})`,
  "ptrace(PTRACE_SETREGSET)",
  "ptrace(PTRACE_CONT)",
  "wait4",
  `ptrace(${READ})`,
  "ptrace(PTRACE_GETREGSET)",
  "ptrace(PTRACE_GETSIGINFO)",
] as const;

const { ECHILD, EMFILE, ENFILE, ESRCH, ETIMEDOUT } = constants.errno;

/** A thread that runs until its next stop. */
export class Running {
  readonly name = "running";
  readonly #thread: Thread;

  constructor(thread: Thread) {
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
 * A thread in a ptrace stop. Its methods are single requests; a resume by one of them makes the object invalid. What
 * makes several requests in C (an injection, a switch, a turn) ends at a stop again.
 *
 * @throws StateError if the thread is no longer in this stop; DeathError if it is being killed; TraceError: all methods.
 */
export class Stopped {
  readonly name = "stopped";
  readonly #thread: Thread;

  constructor(thread: Thread) {
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

  /** Whether it has left this stop for its exit event. @throws DeathError also if it is on the way there @internal */
  get hasEnded(): boolean {
    const { tracer, tid } = this.#current();
    return this.#check("ptrace(PTRACE_GETSIGINFO)", tracer.shim.isAtExit(tid)) !== 0;
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
    this.endTracing(signal);
  }

  /** Detaches from the thread for good. @internal */
  endTracing(signal = "SIGSTOP"): void {
    const thread = this.#thread;
    this.ptrace("PTRACE_DETACH", signal === "" ? 0 : thread.tracer.constant(signal));
    thread.settle({ name: "detached" });
  }

  #current(): Thread {
    const thread = this.#thread;
    if (thread.state === this) return thread;
    throw new StateError(`stub ${thread.tid} has left the stop that this request is for`);
  }

  #check(call: string, result: number): number {
    return result < 0 ? this.#thread.fail(call, -result) : result;
  }
}

/**
 * One thread of a stub: its state, its waits and its death. Only the thread of its tracer may call its methods.
 *
 * @example
 * thread.expect("stopped").resume();
 * const stop = thread.wait();
 */
export class Thread {
  readonly tracer: TracingThread;
  readonly tgid: number;
  readonly tid: number;
  /** The registers that every injection starts from: at rest, with RIP before the SYSCALL. */
  readonly initial: RegisterBlock;
  /** The ptrace options that it gets when it is attached. @internal */
  traceOptions: number;
  /** Called when the thread is dead or given up. @internal */
  onEnd: (() => void) | undefined;
  #state: ThreadState;
  #replaced = false;
  #closed = false;
  // A pidfd of the process since it was first detached: its pid may be reused after its end.
  #pidfd = -1;

  /** @param isTraced whether it was born traced, and stops before its first instruction. */
  constructor(tracer: TracingThread, tgid: number, tid: number, isTraced = false) {
    this.tracer = tracer;
    this.tgid = tgid;
    this.tid = tid;
    this.initial = tracer.blocks.allocate();
    this.traceOptions = tracer.traceOptions;
    this.#state = isTraced ? new Running(this) : { name: "detached" };
    if (tid === tgid) tracer.ledger.enter(tgid);
  }

  get state(): ThreadState {
    return this.#state;
  }

  /** Notes the state that a request or the shim has brought about. @internal */
  settle<State extends ThreadState>(state: State): State {
    this.#state = state;
    return state;
  }

  /** Whether it can be used at once: it is stopped, or can be stopped without a signal. @internal */
  get isReady(): boolean {
    const { name } = this.#state;
    return name === "stopped" || name === "serving" || name === "waiting";
  }

  /** Whether it runs another program after an injected execve, so that its stub code is gone. */
  get replaced(): boolean {
    return this.#replaced;
  }

  /** An injected execve has replaced its program. @internal */
  noteReplaced(): void {
    this.#replaced = true;
  }

  /** Whether the tracer ended it or gave it up. @internal */
  get closed(): boolean {
    return this.#closed;
  }

  /** How it ended; undefined while it lives. */
  get end(): StubEnd | undefined {
    return this.#state.name === "dead" ? this.#state.end : undefined;
  }

  /** Returns the state, which must be this one. @throws StateError; DeathError if the thread died by itself. */
  expect<Name extends StateName>(name: Name): Extract<ThreadState, { name: Name }> {
    const state = this.#state;
    if (isNamed(state, name)) return state;
    if (state.name === "dead") throw this.#afterDeath(state.end);
    throw new StateError(`stub ${this.tid} is ${state.name}, expected ${name}`, {
      ...(state.name === "detached" && { remedy: "attach to it first" }),
    });
  }

  /** Ends the turn of a lane that the thread serves or waits for. @throws what `expect` and a request throw */
  makeStopped(): Stopped {
    const state = this.#state;
    if (state.name === "serving" || state.name === "waiting") state.stop();
    return this.expect("stopped");
  }

  /**
   * Waits for the next stop of a running thread, or of a child of the host that is not traced.
   *
   * @param deadline may be shared with other waits. Default: the tracer's, starting now.
   * @param options of wait4. Default: those for a traced thread.
   * @throws DeathError if the thread ends or has ended; DeadlineError, StateError.
   */
  wait(deadline = new Deadline(this.tracer.deadline), options: number = this.tracer.waitAll): Stop {
    if (this.#state.name !== "detached") this.expect("running");
    const status = this.#nextStatus(deadline, options);
    if (status === undefined) throw this.#late(deadline);
    return this.take(status);
  }

  /** The same for a thread that may be stopped, and then be ended by a SIGKILL, which needs no resume. @internal */
  waitKilled(options?: number): Stop {
    if (this.#state.name === "stopped") this.settle(new Running(this));
    return this.wait(undefined, options);
  }

  /** Resumes without a signal and waits for the next stop. @throws what `wait` throws */
  next(deadline: Deadline): Stop {
    this.expect("stopped").resume();
    if (this.tracer.shim.timeLeft(deadline.bytes) > 0) return this.wait(deadline);
    throw this.#late(deadline);
  }

  /** Returns the stop that has happened since, if any; does not wait. @throws DeathError */
  poll(): Stop | undefined {
    const state = this.#state;
    if (state.name === "dead") throw this.#afterDeath(state.end);
    if (state.name === "stopped" && !state.hasEnded) return undefined;
    if (state.name === "waiting" || (state.name === "detached" && this.#pidfd >= 0)) {
      this.expectAlive();
      return undefined;
    }
    const status = this.#nextStatus(AT_ONCE);
    return status === undefined ? undefined : this.take(status);
  }

  /** Checks that a thread that is not traced has not ended. @throws DeathError @internal */
  expectAlive(): void {
    const { shim, status, waitAll } = this.tracer;
    if (this.#pidfd < 0 || shim.hasEnded(this.#pidfd) === 0) return;
    // Only its parent can reap it, which may be the host.
    const reaped = shim.waitWithin(this.tgid, waitAll, AT_ONCE.bytes, status);
    const word = reaped > 0 ? status[0] : exitStatus(this.tgid);
    if (word !== undefined) this.#dieOf(decodeEnd(this.tracer, word));
    this.#dieOf({ kind: "unknown", reason: "it ended while it was not traced" });
  }

  /** A pidfd of the process; negative: the errno of pidfd_open. @internal */
  openPidfd(): number {
    if (this.#pidfd < 0) this.#pidfd = this.tracer.shim.pidfd(this.tgid);
    return this.#pidfd;
  }

  /** Sends SIGKILL to the process: its first thread may have exited before the others. */
  kill(): void {
    this.#closed = true;
    const { name } = this.#state;
    this.tracer.shim.kill(this.tgid, this.tracer.constant("SIGKILL"));
    if (name === "stopped" || name === "serving") this.settle(new Running(this));
    if (name === "waiting") this.settle({ name: "detached" });
  }

  /**
   * Waits for the end of a thread that is about to end, and resumes it at any other stop.
   *
   * @throws DeadlineError, TraceError
   */
  reap(): void {
    const deadline = new Deadline(Math.max(this.tracer.deadline, PATIENT_MILLISECONDS));
    try {
      while (this.end === undefined) {
        if (this.#state.name === "stopped") this.#state.resume();
        this.wait(deadline);
      }
    } catch (error) {
      if (!(error instanceof DeathError)) throw error;
    }
  }

  /** Gives the thread up: it was reaped, or it never will be. @internal */
  forget(end?: StubEnd): void {
    if (this.#state.name === "dead") return;
    this.settle({ name: "dead", end: end ?? { kind: "unknown", reason: "it was given up" } });
    if (this.tid === this.tgid) this.tracer.ledger.forget(this.tgid);
    this.#closed ||= end === undefined;
    this.tracer.blocks.release(this.initial);
    if (this.#pidfd >= 0) this.tracer.shim.close(this.#pidfd);
    this.onEnd?.();
  }

  /** Notes what a status word reports. @throws DeathError @internal */
  take(status: number): Stop {
    const report = decodeStatus(this.tracer, status);
    const isTraced = this.#state.name !== "detached";
    // The exit stop was missed: the registers at its last rest are the last known ones.
    if (!("event" in report)) this.#dieOf(report, isTraced ? this.initial.dump() : undefined);
    if (!isTraced) return report;
    const stopped = this.settle(new Stopped(this));
    if (report.event === this.tracer.constant("PTRACE_EVENT_EXIT")) this.#die(stopped);
    return report;
  }

  /**
   * The thread is at its exit stop: reads how it ends and its registers, resumes it, and reaps it. Only then does the
   * kernel notify its parent: with the exit signal SIGKILL that may kill the host.
   */
  #die(stopped: Stopped): never {
    const end = decodeEnd(this.tracer, stopped.eventMessage());
    const registers = stopped.registers();
    const isFirst = this.tid === this.tgid && hasThreads(this.tgid);
    stopped.resume();
    // The kernel reports the end of a first thread after those of all others.
    if (isFirst) this.tracer.shim.kill(this.tgid, this.tracer.constant("SIGKILL"));
    this.reap();
    throw new DeathError(this.tid, end, registers);
  }

  #dieOf(end: StubEnd, registers?: RegisterDump): never {
    this.forget(end);
    throw new DeathError(this.tid, end, registers);
  }

  /** What the use of a dead thread throws. */
  #afterDeath(end: StubEnd): DeathError | StateError {
    return this.#closed
      ? new StateError(`stub ${this.tid} has been closed`)
      : new DeathError(this.tid, end);
  }

  #nextStatus(deadline: Deadline, options = this.tracer.waitAll): number | undefined {
    const { shim, status } = this.tracer;
    const result = shim.waitWithin(this.tid, options, deadline.bytes, status);
    if (result === -ECHILD) {
      const reason = "it ended; the host ignores SIGCHLD, so the kernel does not report how";
      this.#dieOf({ kind: "unknown", reason });
    }
    if (result < 0) throw traceError(this, "wait4", -result);
    return result === 0 ? undefined : status[0];
  }

  #late(deadline: Deadline): DeadlineError {
    return new DeadlineError(this.tid, `did not stop within ${deadline.milliseconds} ms`);
  }

  /** How a run ended, by the shim's result. @throws DeathError, TraceError if a request failed @internal */
  endOf(result: number, run: Run): RunEnd {
    if (result < 0 && result !== -ETIMEDOUT) this.fail(STEPS[run.step] ?? "run", -result);
    return RUN_ENDS[result] ?? "late";
  }

  /** The error of a stop that ends what it should not. @internal */
  unexpected(stop: Stop, when: string): StopError {
    const what =
      stop.kind === "event" ? `event ${stop.event}` : this.tracer.signalName(stop.signal);
    const state = this.#state;
    const registers = state.name === "stopped" ? state.registers() : undefined;
    return new StopError(this.tid, `was stopped by ${what} ${when}`, registers);
  }

  /** Reports the death of a thread that is being killed, otherwise the failed request. @internal */
  fail(call: string, errno: number): never {
    if (errno === ESRCH && this.#state.name === "stopped") {
      this.settle(new Running(this));
      const status = this.#nextStatus(new Deadline(GRACE_MILLISECONDS));
      if (status !== undefined) this.take(status);
    }
    throw traceError(this, call, errno);
  }
}

function isNamed<Name extends StateName>(
  state: ThreadState,
  name: Name,
): state is Extract<ThreadState, { name: Name }> {
  return state.name === name;
}

/** The error of a call about a thread that failed. */
function traceError({ tid, tracer }: Thread, call: string, errno: number): TraceError {
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

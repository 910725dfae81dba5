import { constants } from "node:os";
import {
  DeadlineError,
  DeathError,
  type RegisterDump,
  StateError,
  StopError,
  type StubEnd,
  TraceError,
} from "../../lib/errors.ts";
import { limitRemedy } from "../../lib/limits.ts";
import type { RegisterBlock } from "../encoder/block.ts";
import { HOST_MACHINE } from "../machine/index.ts";
import { Deadline } from "../shim/deadline.ts";
import { exitStatus } from "./proc.ts";
import { decodeEnd, decodeStatus, type Stop } from "./status.ts";
import type { TracingThread } from "./tracing_thread.ts";

/**
 * untraced: not attached, or detached; stopped: accepts ptrace requests; running: between a resume and the next stop;
 * dead: reaped.
 */
export type ThreadState = "untraced" | "stopped" | "running" | "dead";

/** <linux/ptrace.h> */
const PTRACE_POKEDATA = 5;
const PTRACE_KILL = 8;

/** How long a stub that missed a deadline may take to stop after a SIGSTOP. */
const GRACE_MILLISECONDS = 1000;

/** The deadline of each wait of a teardown, even if the tracer's is shorter. */
export const PATIENT_MILLISECONDS = 10_000;

const [READ, WRITE] = HOST_MACHINE.registerRequests;

const AT_ONCE = new Deadline(0);

const { ECHILD, EMFILE, ENFILE, ESRCH } = constants.errno;

/** One thread that is or was traced: its state, its waits and its death. Only the tracer may call its methods. */
export class TracedThread {
  readonly tracer: TracingThread;
  readonly tgid: number;
  readonly tid: number;
  #state: ThreadState = "untraced";
  /** Options of ptrace that it has beside the tracer's. @internal */
  moreOptions = 0;
  /** Called when the thread is dead or given up. @internal */
  onEnd: (() => void) | undefined;
  /** Attaches again to a thread that waits, untraced, for its next guest. @internal */
  recall: (() => void) | undefined;
  #end: StubEnd | undefined;
  #closed = false;
  // A pidfd of the process since it was first detached: its pid may be reused after its end.
  #pidfd = -1;

  constructor(tracer: TracingThread, tgid: number, tid: number) {
    this.tracer = tracer;
    this.tgid = tgid;
    this.tid = tid;
  }

  get state(): ThreadState {
    return this.#state;
  }

  /** Notes its state, which a request or the shim has changed. @internal */
  settle(state: ThreadState): void {
    this.#state = state;
  }

  /** Whether the tracer ended it or gave it up. @internal */
  get closed(): boolean {
    return this.#closed;
  }

  /** How it ended; undefined while it lives. */
  get end(): StubEnd | undefined {
    return this.#end;
  }

  /**
   * Waits for the next stop.
   *
   * @param deadline may be shared with other waits. Default: the tracer's, starting now.
   * @param options of wait4. Default: those for a traced thread.
   * @throws DeathError if the thread ends or has ended; DeadlineError.
   */
  wait(deadline = new Deadline(this.tracer.deadline), options: number = this.tracer.waitAll): Stop {
    const status = this.#nextStatus(deadline, options);
    if (status === undefined) throw this.#late(deadline);
    return this.take(status);
  }

  /** Whether it waits, untraced, for its next guest. @internal */
  get isAway(): boolean {
    return this.state === "untraced" && this.recall !== undefined;
  }

  /** Returns the stop that has happened since, if any; does not wait. @throws DeathError */
  poll(): Stop | undefined {
    if (this.isAway) {
      this.expectAlive();
      return undefined;
    }
    const status = this.#nextStatus(new Deadline(0));
    return status === undefined ? undefined : this.take(status);
  }

  /** Makes a ptrace request that transfers no memory, and returns its result. @throws TraceError */
  ptrace(request: string, data = 0): number {
    const result = this.tracer.shim.ptrace(this.tracer.constant(request), this.tid, 0, data);
    return this.check(`ptrace(${request})`, result);
  }

  /** Writes a word to memory that need not be writable. @throws DeathError, TraceError @internal */
  poke(address: bigint, word: bigint): void {
    this.expect("stopped");
    const result = this.tracer.shim.ptrace(PTRACE_POKEDATA, this.tid, address, word);
    this.check("ptrace(PTRACE_POKEDATA)", result);
  }

  /** Resumes with a signal; 0 for none. */
  resume(request = "PTRACE_CONT", signal = 0): void {
    this.expect("stopped");
    this.ptrace(request, signal);
    this.settle("running");
  }

  /** Resumes without a signal and waits for the next stop. @throws what `wait` throws */
  next(deadline: Deadline): Stop {
    this.resume();
    if (this.tracer.shim.timeLeft(deadline.bytes) > 0) return this.wait(deadline);
    throw this.#late(deadline);
  }

  /**
   * Detaches from the thread and leaves it in a group-stop, or lets it run. A pidfd knows it until it is attached again.
   *
   * @throws TraceError, also if there is no descriptor for the pidfd: then it is still stopped.
   */
  detach(signal = "SIGSTOP"): void {
    this.expect("stopped");
    const errno = -this.openPidfd();
    if (errno === EMFILE || errno === ENFILE) throw this.#traceError("pidfd_open", errno);
    this.leave(signal);
  }

  /** Detaches from the thread for good. @throws TraceError @internal */
  leave(signal = "SIGSTOP"): void {
    this.expect("stopped");
    this.ptrace("PTRACE_DETACH", signal === "" ? 0 : this.tracer.constant(signal));
    this.settle("untraced");
  }

  /** Checks that a detached thread has not ended. @throws DeathError @internal */
  expectAlive(): void {
    const { shim } = this.tracer;
    if (this.#pidfd < 0) return;
    if (shim.hasEnded(this.#pidfd) === 0) return;
    // Only its parent can reap it, which may be the host.
    const reaped = shim.waitWithin(
      this.tgid,
      this.tracer.waitAll,
      AT_ONCE.bytes,
      this.tracer.status,
    );
    const status = reaped > 0 ? this.tracer.status[0] : exitStatus(this.tgid);
    if (status !== undefined) this.#dieOf(decodeEnd(this.tracer, status));
    this.#dieOf({ kind: "unknown", reason: "it ended while it was not traced" });
  }

  /** Stops a running thread by SIGSTOP. @throws DeathError, DeadlineError, TraceError */
  stop(): void {
    this.expect("running");
    this.tracer.shim.tgkill(this.tgid, this.tid, this.tracer.constant("SIGSTOP"));
    this.wait(new Deadline(GRACE_MILLISECONDS));
  }

  /** Sends SIGKILL to the process. */
  kill(): void {
    this.#closed = true;
    const { shim } = this.tracer;
    const sent = shim.tgkill(this.tgid, this.tgid, this.tracer.constant("SIGKILL"));
    // A filter of this process may refuse signals.
    if (sent < 0 && this.state === "stopped") shim.ptrace(PTRACE_KILL, this.tid, 0, 0);
  }

  /** Sets the signal mask of the stopped thread. @throws TraceError */
  setMask(mask: bigint): void {
    this.expect("stopped");
    this.check("ptrace(PTRACE_SETSIGMASK)", this.tracer.shim.setMask(this.tid, mask));
  }

  /** Blocks further signals in the stopped thread, and returns its previous mask. @throws TraceError */
  block(signals: bigint): bigint {
    this.expect("stopped");
    const { shim, mask } = this.tracer;
    this.check("ptrace(PTRACE_SETSIGMASK)", shim.block(this.tid, signals, mask));
    return mask[0] ?? 0n;
  }

  /** Reads the registers of the stopped thread into `block`. */
  readRegisters(block: RegisterBlock): void {
    this.expect("stopped");
    const result = this.tracer.shim.readRegisters(this.tid, block.bytes);
    this.check(`ptrace(${READ})`, result);
  }

  writeRegisters(block: RegisterBlock): void {
    this.expect("stopped");
    const result = this.tracer.shim.writeRegisters(this.tid, block.bytes);
    this.check(`ptrace(${WRITE})`, result);
  }

  /** The registers of the stopped thread, by name. */
  registers(): Record<string, bigint> {
    const { frame } = this.tracer;
    this.readRegisters(frame);
    return frame.dump();
  }

  /** @throws StateError if the thread is in another state; DeathError if it died by itself. */
  expect(state: ThreadState): void {
    if (this.isAway && state === "stopped") {
      this.recall?.();
      return;
    }
    if (this.isAway) {
      throw new StateError(`stub ${this.tid} waits for its next guest, expected ${state}`);
    }
    if (this.state === state) return;
    if (this.state === "dead") throw this.#afterDeath();
    throw new StateError(`stub ${this.tid} is ${this.state}, expected ${state}`, {
      ...(this.state === "untraced" && { remedy: "attach to it first" }),
    });
  }

  /** What the use of a dead thread throws. */
  #afterDeath(): DeathError | StateError {
    if (this.#closed || this.#end === undefined) {
      return new StateError(`stub ${this.tid} has been closed`);
    }
    return new DeathError(this.tid, this.#end);
  }

  /**
   * Waits for the end of a thread that is about to end, and resumes it at any other stop.
   *
   * @throws DeadlineError, TraceError
   */
  reap(): void {
    const deadline = new Deadline(Math.max(this.tracer.deadline, PATIENT_MILLISECONDS));
    try {
      while (this.state !== "dead") {
        this.wait(deadline);
        if (this.state === "stopped") this.resume();
      }
    } catch (error) {
      if (!(error instanceof DeathError)) throw error;
    }
  }

  /** A pidfd of the process, which stays open until its end; negative: the errno of pidfd_open. @internal */
  openPidfd(): number {
    if (this.#pidfd < 0) this.#pidfd = this.tracer.shim.pidfd(this.tgid);
    return this.#pidfd;
  }

  /** Gives the thread up: it was reaped, or it never will be. @internal */
  forget(end?: StubEnd): void {
    if (this.state === "dead") return;
    this.settle("dead");
    this.recall = undefined;
    this.#closed ||= end === undefined;
    this.#end = end ?? { kind: "unknown", reason: "it was given up" };
    if (this.#pidfd >= 0) this.tracer.shim.close(this.#pidfd);
    this.onEnd?.();
  }

  /** The registers at its last rest, for a thread whose exit stop was missed. @internal */
  protected restRegisters(): RegisterDump | undefined {
    return undefined;
  }

  #late(deadline: Deadline): DeadlineError {
    return new DeadlineError(this.tid, `did not stop within ${deadline.milliseconds} ms`);
  }

  #nextStatus(deadline: Deadline, options = this.tracer.waitAll): number | undefined {
    if (this.state === "dead") throw this.#afterDeath();
    const { shim, status } = this.tracer;
    const result = shim.waitWithin(this.tid, options, deadline.bytes, status);
    if (result === -ECHILD) {
      const reason = "it ended; the host ignores SIGCHLD, so the kernel does not report how";
      this.#dieOf({ kind: "unknown", reason });
    }
    if (result < 0) throw this.#traceError("wait4", -result);
    return result === 0 ? undefined : status[0];
  }

  /** Updates the state of the thread by a status word. @throws DeathError @internal */
  protected take(status: number): Stop {
    const report = decodeStatus(this.tracer, status);
    if (!("event" in report)) {
      // The exit stop was missed: the registers at its last rest are the last known ones.
      this.#dieOf(report, this.state === "untraced" ? undefined : this.restRegisters());
    }
    this.settle("stopped");
    if (report.event === this.tracer.constant("PTRACE_EVENT_EXIT")) this.#die();
    return report;
  }

  /**
   * The thread is at its exit stop: reads how it ends and its registers, resumes it, and reaps it. Only then does the
   * kernel notify its parent: with the exit signal SIGKILL that may kill the host.
   */
  #die(): never {
    const end = decodeEnd(this.tracer, this.#eventMessage());
    const registers = this.registers();
    this.resume();
    this.reap();
    throw new DeathError(this.tid, end, registers);
  }

  #dieOf(end: StubEnd, registers?: RegisterDump): never {
    this.forget(end);
    throw new DeathError(this.tid, end, registers);
  }

  #eventMessage(): number {
    const message = new BigUint64Array(1);
    const { shim } = this.tracer;
    const request = this.tracer.constant("PTRACE_GETEVENTMSG");
    const result = shim.ptrace(request, this.tid, 0, message);
    this.check("ptrace(PTRACE_GETEVENTMSG)", result);
    return Number(message[0]);
  }

  /** The error of a stop that ends what it should not. @internal */
  protected unexpected(stop: Stop, when: string): StopError {
    const what =
      stop.kind === "event" ? `event ${stop.event}` : this.tracer.signalName(stop.signal);
    const registers = this.state === "stopped" ? this.registers() : undefined;
    return new StopError(this.tid, `was stopped by ${what} ${when}`, registers);
  }

  /** Returns the result of a request. @throws what `fail` throws if it is negative. @internal */
  protected check(call: string, result: number): number {
    return result < 0 ? this.fail(call, -result) : result;
  }

  /** Reports the death of a thread that is being killed, otherwise the failed request. @internal */
  protected fail(call: string, errno: number): never {
    if (errno === ESRCH && this.state === "stopped") {
      this.settle("running");
      const status = this.#nextStatus(new Deadline(GRACE_MILLISECONDS));
      if (status !== undefined) this.take(status);
    }
    throw this.#traceError(call, errno);
  }

  #traceError(call: string, errno: number): TraceError {
    const name = this.tracer.errorName(errno);
    return new TraceError(`${call} on stub ${this.tid} failed: ${name}`, {
      call,
      errno: name,
      remedy:
        errno === ESRCH
          ? "the stub is gone or running, or another thread of this process traces it"
          : limitRemedy(name),
    });
  }
}

import { constants } from "node:os";
import type { RegisterBlock } from "../encoder/block.ts";
import { syscallName } from "../encoder/names.ts";
import { errnoName } from "../errno.ts";
import {
  DeadlineError,
  DeathError,
  InputError,
  type RegisterDump,
  StateError,
  StopError,
  type StubEnd,
  TraceError,
} from "../errors.ts";
import { toWord, word } from "../shape.ts";
import { Deadline } from "../shim/deadline.ts";
import { INJECT_LEFT, INJECT_RESTS, INJECT_STOPPED } from "../shim/injection.ts";
import type { SwitchRecord } from "../shim/switch.ts";
import { WORD } from "./amd64.ts";
import type { Tracer } from "./tracer.ts";

/** What a wait found: `signal` stopped the thread, or `event` did (PTRACE_EVENT_*, 0 for none). */
export interface Stop {
  readonly kind: "signal" | "group-stop" | "event" | "syscall";
  readonly signal: number;
  readonly event: number;
}

/** The result of an injected system call: a value, or the name of an errno. */
export type SyscallResult =
  | { readonly value: bigint; readonly errno: null }
  | { readonly value: null; readonly errno: string };

/** An argument of an injected system call: an integer from -2^63 to 2^64 - 1; a negative one is taken modulo 2^64. */
export type SyscallArgument = number | bigint;

/**
 * untraced: not attached, or detached; stopped: may be asked for its registers; running: between a resume
 * and its stop; dead: reaped.
 */
export type ThreadState = "untraced" | "stopped" | "running" | "dead";

/** What stopped a guest. */
export type SwitchStop = "syscall" | "signal" | "late";

/** How long a stub that missed a deadline is given to stop at a SIGSTOP. */
const GRACE_MILLISECONDS = 1000;

/** How long a teardown may take for each thing that it waits for, however short the tracer's deadline is. */
const PATIENT_MILLISECONDS = 10_000;

const { ECHILD, ESRCH, ETIMEDOUT } = constants.errno;

/** One traced thread. Every method belongs to the tracer's thread. */
export class Thread {
  readonly tracer: Tracer;
  readonly tgid: number;
  readonly tid: number;
  state: ThreadState = "untraced";
  /** Whether the last injection ended outside the stub code, as after an execve. */
  hasLeft = false;
  /** The registers that every injection starts from: at rest, with RIP before the SYSCALL. */
  readonly initial: RegisterBlock;
  #processor = -1;
  #leastMilliseconds = 0;
  // A pidfd of the process while it is not traced: its pid may be another's once it has ended.
  #pidfd = -1;

  constructor(tracer: Tracer, tgid: number, tid: number) {
    this.tracer = tracer;
    this.tgid = tgid;
    this.tid = tid;
    this.initial = tracer.blocks.allocate();
  }

  /**
   * Waits for the next stop.
   *
   * @param deadline may be one that other waits share. Default: the tracer's, from now on.
   * @param options of wait4. Default: those for a traced thread.
   * @throws DeathError if the thread ends or has ended; DeadlineError.
   */
  wait(deadline = new Deadline(this.tracer.deadline), options: number = this.tracer.waitAll): Stop {
    const status = this.#nextStatus(deadline, options);
    if (status === undefined) throw this.#late(deadline);
    return this.#stopOf(status);
  }

  /** The stop or end that has happened in the meantime, if any; does not wait. @throws DeathError */
  poll(): Stop | undefined {
    const status = this.#nextStatus(new Deadline(0));
    return status === undefined ? undefined : this.#stopOf(status);
  }

  /** A ptrace request without memory. @returns its result. @throws TraceError */
  ptrace(request: string, data = 0): number {
    const result = this.tracer.shim.ptrace(this.tracer.constant(request), this.tid, 0, data);
    if (result < 0) this.#fail(`ptrace(${request})`, -result);
    return result;
  }

  /** Resumes with a signal, or with none. */
  resume(request = "PTRACE_CONT", signal = 0): void {
    this.expect("stopped");
    this.ptrace(request, signal);
    this.state = "running";
  }

  /** Resumes without a signal and waits for the next stop. @throws what `wait` throws */
  next(deadline: Deadline): Stop {
    this.resume();
    if (this.tracer.shim.timeLeft(deadline.bytes) > 0) return this.wait(deadline);
    throw this.#late(deadline);
  }

  /** Lets the thread go, into a group-stop. @throws TraceError */
  detach(): void {
    this.expect("stopped");
    this.#pidfd = this.tracer.shim.pidfd(this.tgid);
    this.ptrace("PTRACE_DETACH", this.tracer.constant("SIGSTOP"));
    this.state = "untraced";
  }

  /**
   * Makes sure that a thread that was let go has not ended.
   *
   * @throws DeathError
   */
  expectAlive(): void {
    const { shim } = this.tracer;
    if (this.#pidfd < 0) return;
    const ended = shim.hasEnded(this.#pidfd) !== 0;
    shim.close(this.#pidfd);
    this.#pidfd = -1;
    if (!ended) return;
    this.forget();
    throw new DeathError(this.tid, { kind: "unknown", reason: "it ended while it was not traced" });
  }

  /** Gives injections in `work` time enough: what a teardown does not do, nobody does later. */
  patiently<T>(work: () => T): T {
    this.#leastMilliseconds = PATIENT_MILLISECONDS;
    try {
      return work();
    } finally {
      this.#leastMilliseconds = 0;
    }
  }

  /** Stops a running thread by SIGSTOP. @throws DeathError, DeadlineError, TraceError */
  stop(): void {
    this.expect("running");
    this.tracer.shim.tgkill(this.tgid, this.tid, this.tracer.constant("SIGSTOP"));
    this.wait(new Deadline(GRACE_MILLISECONDS));
  }

  /** Sets the signal mask of the stopped thread. @throws TraceError */
  setMask(mask: bigint): void {
    this.expect("stopped");
    const result = this.tracer.shim.setMask(this.tid, mask);
    if (result < 0) this.#fail("ptrace(PTRACE_SETSIGMASK)", -result);
  }

  /** Blocks further signals in the stopped thread, and returns its previous mask. @throws TraceError */
  block(signals: bigint): bigint {
    this.expect("stopped");
    const { shim, mask } = this.tracer;
    const result = shim.block(this.tid, signals, mask);
    if (result < 0) this.#fail("ptrace(PTRACE_SETSIGMASK)", -result);
    return mask[0] ?? 0n;
  }

  /** Reads the registers of the stopped thread into `block`. */
  readRegisters(block: RegisterBlock): void {
    this.expect("stopped");
    this.#transfer("PTRACE_GETREGS", block);
  }

  writeRegisters(block: RegisterBlock): void {
    this.expect("stopped");
    this.#transfer("PTRACE_SETREGS", block);
  }

  /** The registers of the stopped thread, by name. */
  registers(): Record<string, bigint> {
    const { frame } = this.tracer;
    this.readRegisters(frame);
    return frame.dump();
  }

  /**
   * Executes a system call in the stub, again where the kernel asks for it.
   *
   * @param setUp changes the frame before it runs.
   * @throws DeathError, StopError, DeadlineError, TraceError
   */
  inject(
    number: bigint,
    args: readonly SyscallArgument[],
    setUp?: (frame: RegisterBlock) => void,
  ): SyscallResult {
    if (args.length > 6) {
      throw new InputError(`a system call takes at most 6 arguments, and these are ${args.length}`);
    }
    const { encoder, frame, injection, shim } = this.tracer;
    injection.deadline.start(Math.max(this.tracer.deadline, this.#leastMilliseconds));
    for (;;) {
      this.expect("stopped");
      encoder.encodeSyscall(
        frame.offset,
        this.initial.offset,
        number,
        argumentOf(args, 0),
        argumentOf(args, 1),
        argumentOf(args, 2),
        argumentOf(args, 3),
        argumentOf(args, 4),
        argumentOf(args, 5),
      );
      setUp?.(frame);
      this.#run(number);
      const value = encoder.syscallResult(frame.offset);
      const errno = encoder.syscallErrno(value);
      if (errno === 0) return { value, errno: null };
      if (encoder.restartsSyscall(errno) === 0) {
        return { value: null, errno: this.tracer.errorName(errno) };
      }
      // A call that is restarted again and again gets no more time than one that does not return.
      if (shim.timeLeft(injection.deadline.bytes) <= 0) {
        const call = this.#callName(number);
        throw new DeadlineError(
          this.tid,
          `restarted an injected ${call} for ${this.tracer.deadline} ms`,
        );
      }
    }
  }

  /**
   * Runs a guest until its next stop.
   *
   * @returns what stopped it; "late" where nothing did in time, and it runs on.
   * @throws DeathError, StopError at an event, TraceError
   * @internal
   */
  switch(block: RegisterBlock, xstate: Uint8Array, record: SwitchRecord): SwitchStop {
    this.expect("stopped");
    const { shim } = this.tracer;
    return this.#switched(shim.switch(this.tid, block.bytes, xstate, record.bytes), record);
  }

  /** Waits for a guest that was late. @internal */
  switchWait(block: RegisterBlock, xstate: Uint8Array, record: SwitchRecord): SwitchStop {
    this.expect("running");
    const { shim } = this.tracer;
    return this.#switched(shim.switchWait(this.tid, block.bytes, xstate, record.bytes), record);
  }

  #switched(result: number, record: SwitchRecord): SwitchStop {
    if (result === -ETIMEDOUT) {
      this.state = "running";
      return "late";
    }
    if (result === 2) {
      this.state = "running";
      throw this.#unexpected(this.#stopOf(record.status), "while it ran a guest");
    }
    if (result < 0) this.#fail(record.step, -result);
    this.state = "stopped";
    return result === 0 ? "syscall" : "signal";
  }

  /** Binds the thread to the processor that the tracer is on. */
  follow(): void {
    const processor = this.tracer.shim.getcpu();
    if (processor === this.#processor) return;
    // A processor that it may not use, by a cpuset, is no reason to fail.
    this.tracer.shim.bind(this.tid, processor);
    this.#processor = processor;
  }

  /** Reads the XSAVE area of the stopped thread; answers its length in bytes. @throws TraceError */
  readXstate(area: Uint8Array): number {
    this.expect("stopped");
    const length = this.tracer.shim.readXstate(this.tid, area, area.length);
    if (length < 0) this.#fail("ptrace(PTRACE_GETREGSET)", -length);
    return length;
  }

  /** @throws StateError where the thread is in another state. */
  expect(state: ThreadState): void {
    if (this.state === state) return;
    throw new StateError(`stub ${this.tid} is ${this.state}, and should be ${state}`);
  }

  /** The word that the last injected call left, by the kernel's layout and not the encoder's. */
  get answer(): bigint {
    return BigInt.asIntN(64, this.tracer.frame.word(WORD.rax));
  }

  /** Gives the thread up: it was reaped, or will never be. */
  forget(): void {
    if (this.state === "dead") return;
    this.state = "dead";
    if (this.#pidfd >= 0) this.tracer.shim.close(this.#pidfd);
    this.tracer.blocks.release(this.initial);
  }

  #run(number: bigint): void {
    const { shim, frame, injection } = this.tracer;
    const result = shim.inject(this.tid, frame.bytes, injection.bytes);
    this.hasLeft = result === INJECT_LEFT;
    if (result === INJECT_RESTS || result === INJECT_LEFT) return;
    if (result === INJECT_STOPPED) {
      this.state = "running";
      const stop = this.#stopOf(injection.status);
      throw this.#unexpected(stop, `after an injected ${this.#callName(number)}, not by its INT3`);
    }
    if (result !== -ETIMEDOUT) this.#fail(injection.step, -result);
    this.state = "running";
    this.#stopByForce(this.#callName(number));
  }

  #callName(number: bigint): string {
    return syscallName(number, this.tracer.encoder.constants) ?? `system call ${number}`;
  }

  /** A stub that missed its deadline is stopped, so that it can be looked at and used again. */
  #stopByForce(call: string): never {
    const { deadline } = this.tracer;
    this.stop();
    throw new DeadlineError(
      this.tid,
      `did not return from an injected ${call} within ${deadline} ms`,
      this.registers(),
      { call, remedy: "give the tracer a longer deadline, or inject a call that does not block" },
    );
  }

  #late(deadline: Deadline): DeadlineError {
    return new DeadlineError(this.tid, `did not stop within ${deadline.milliseconds} ms`);
  }

  #nextStatus(deadline: Deadline, options = this.tracer.waitAll): number | undefined {
    if (this.state === "dead") throw new StateError(`stub ${this.tid} is dead`);
    const { shim, status } = this.tracer;
    const result = shim.waitWithin(this.tid, options, deadline.bytes, status);
    if (result === -ECHILD) {
      this.forget();
      const reason = "it ended, and a host that ignores SIGCHLD does not learn how";
      throw new DeathError(this.tid, { kind: "unknown", reason });
    }
    if (result < 0) throw this.#traceError("wait4", -result);
    return result === 0 ? undefined : status[0];
  }

  #stopOf(status: number): Stop {
    const { encoder } = this.tracer;
    const kind = encoder.waitKind(status);
    const signal = encoder.waitValue(status);
    const event = encoder.waitEvent(status);
    switch (kind) {
      case this.tracer.constant("WAIT_EXITED"):
      case this.tracer.constant("WAIT_SIGNALED"): {
        // It got past its exit stop: what is left to tell are the registers that it rested with.
        const registers = this.state === "untraced" ? undefined : this.initial.dump();
        this.forget();
        throw new DeathError(this.tid, this.#endOf(status), registers);
      }
      case this.tracer.constant("WAIT_EVENT"):
        this.state = "stopped";
        if (event === this.tracer.constant("PTRACE_EVENT_EXIT")) this.#die();
        return { kind: "event", signal, event };
      case this.tracer.constant("WAIT_GROUP_STOP"):
        this.state = "stopped";
        return { kind: "group-stop", signal, event };
      case this.tracer.constant("WAIT_SYSCALL_STOP"):
        this.state = "stopped";
        return { kind: "syscall", signal, event };
      default:
        this.state = "stopped";
        return { kind: "signal", signal, event };
    }
  }

  /**
   * The thread is at its exit stop: takes what it can tell, lets it end, and reaps it. Only then does the
   * kernel tell its parent, so with SIGKILL as exit signal this may be the host's last act.
   */
  #die(): never {
    const end = this.#endOf(this.#eventMessage());
    const registers = this.registers();
    this.resume();
    this.reap();
    throw new DeathError(this.tid, end, registers);
  }

  /**
   * Waits for the end of a thread that is about to end, whatever it does on the way.
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

  #eventMessage(): number {
    const message = new BigUint64Array(1);
    const { shim } = this.tracer;
    const request = this.tracer.constant("PTRACE_GETEVENTMSG");
    const result = shim.ptraceMemory(request, this.tid, 0, message);
    if (result < 0) this.#fail("ptrace(PTRACE_GETEVENTMSG)", -result);
    return Number(message[0]);
  }

  #endOf(status: number): StubEnd {
    const { encoder } = this.tracer;
    const value = encoder.waitValue(status);
    if (encoder.waitKind(status) !== this.tracer.constant("WAIT_SIGNALED")) {
      return { kind: "exited", status: value };
    }
    const coreDumped = encoder.waitCoreDumped(status) === 1;
    return { kind: "signaled", signal: this.tracer.signalName(value), coreDumped };
  }

  #unexpected(stop: Stop, when: string): StopError {
    const what =
      stop.kind === "event" ? `event ${stop.event}` : this.tracer.signalName(stop.signal);
    return new StopError(this.tid, `was stopped by ${what} ${when}`, this.#dumpIfStopped());
  }

  #dumpIfStopped(): RegisterDump | undefined {
    return this.state === "stopped" ? this.registers() : undefined;
  }

  #transfer(request: string, block: RegisterBlock): void {
    const { shim } = this.tracer;
    const result = shim.ptraceMemory(this.tracer.constant(request), this.tid, 0, block.bytes);
    if (result < 0) this.#fail(`ptrace(${request})`, -result);
  }

  /** A request that finds no stopped thread may have met one that is being killed: then that is the news. */
  #fail(call: string, errno: number): never {
    if (errno === ESRCH && this.state === "stopped") {
      this.state = "running";
      const status = this.#nextStatus(new Deadline(GRACE_MILLISECONDS));
      if (status !== undefined) this.#stopOf(status);
    }
    throw this.#traceError(call, errno);
  }

  #traceError(call: string, errno: number): TraceError {
    const name = errnoName(errno);
    return new TraceError(`${call} on stub ${this.tid} failed: ${name}`, {
      call,
      errno: name,
      ...(name === "ESRCH" && {
        remedy: "the stub is gone or running, or another thread of this process traces it",
      }),
    });
  }
}

/** One that is left out is 0; one that is handed in and undefined is a mistake, and no descriptor 0. @throws InputError */
function argumentOf(args: readonly SyscallArgument[], index: number): bigint {
  if (index >= args.length) return 0n;
  return toWord(args[index]) ?? word(args[index], `argument ${index + 1}`);
}

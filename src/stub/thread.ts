import { constants } from "node:os";
import type { RegisterBlock } from "../encoder/block.ts";
import { syscallName } from "../encoder/names.ts";
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
import { READ_REGISTERS, WORD, WRITE_REGISTERS } from "./amd64.ts";
import { decodeEnd, decodeStatus, type Stop } from "./status.ts";
import type { TracingThread } from "./tracing_thread.ts";

/** The result of an injected system call: a value, or the name of an errno. */
export type SyscallResult =
  | { readonly value: bigint; readonly errno: null }
  | { readonly value: null; readonly errno: string };

/** What an injected call left in the stub. */
export interface CallEnd {
  readonly result: SyscallResult;
  /** The signed word in the register of results, by the kernel's layout and not the encoder's. */
  readonly word: bigint;
}

/** An injected call with the registers around it. */
export interface ObservedCall {
  readonly result: SyscallResult;
  /** The frame, as the encoder wrote it. */
  readonly before: Record<string, bigint>;
  /** The registers at the INT3 after the call. */
  readonly after: Record<string, bigint>;
}

/** An argument of an injected system call: an integer from -2^63 to 2^64 - 1; a negative one is taken modulo 2^64. */
export type SyscallArgument = number | bigint;

/**
 * untraced: not attached, or detached; stopped: may be asked for its registers; running: between a resume
 * and its stop; dead: reaped.
 */
export type ThreadState = "untraced" | "stopped" | "running" | "dead";

/** What stopped a guest; "late": nothing did before the deadline. */
export type SwitchStop = "syscall" | "signal" | "late";

/** How long a stub that missed a deadline may take to stop at a SIGSTOP. */
const GRACE_MILLISECONDS = 1000;

/** How long each wait of a teardown may take, however short the tracer's deadline is. */
const PATIENT_MILLISECONDS = 10_000;

const { ECHILD, ESRCH, ETIMEDOUT } = constants.errno;

/** One traced thread. Only the tracer may call its methods. */
export class Thread {
  readonly tracer: TracingThread;
  readonly tgid: number;
  readonly tid: number;
  state: ThreadState = "untraced";
  /** The registers that every injection starts from: at rest, with RIP before the SYSCALL. */
  readonly initial: RegisterBlock;
  #end: StubEnd | undefined;
  #replaced = false;
  #processor = -1;
  #leastMilliseconds = 0;
  // A pidfd of the process while it is not traced: its pid may be another's once it has ended.
  #pidfd = -1;

  constructor(tracer: TracingThread, tgid: number, tid: number) {
    this.tracer = tracer;
    this.tgid = tgid;
    this.tid = tid;
    this.initial = tracer.blocks.allocate();
  }

  /** How it ended; undefined while it lives. */
  get end(): StubEnd | undefined {
    return this.#end;
  }

  /** Whether it runs another program since an injected execve: its stub code is gone. */
  get replaced(): boolean {
    return this.#replaced;
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
    return this.#take(status);
  }

  /** Returns the stop that has happened in the meantime, if any; does not wait. @throws DeathError */
  poll(): Stop | undefined {
    const status = this.#nextStatus(new Deadline(0));
    return status === undefined ? undefined : this.#take(status);
  }

  /** Makes a ptrace request without memory. @returns its result. @throws TraceError */
  ptrace(request: string, data = 0): number {
    const result = this.tracer.shim.ptrace(this.tracer.constant(request), this.tid, 0, data);
    return this.#check(`ptrace(${request})`, result);
  }

  /** Resumes with a signal; 0 for none. */
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

  /** Detaches from the thread and leaves it in a group-stop. @throws TraceError */
  detach(): void {
    this.expect("stopped");
    this.#pidfd = this.tracer.shim.pidfd(this.tgid);
    this.ptrace("PTRACE_DETACH", this.tracer.constant("SIGSTOP"));
    this.state = "untraced";
  }

  /** Makes sure that a thread that was detached has not ended. @throws DeathError */
  expectAlive(): void {
    const { shim } = this.tracer;
    if (this.#pidfd < 0) return;
    const ended = shim.hasEnded(this.#pidfd) !== 0;
    shim.close(this.#pidfd);
    this.#pidfd = -1;
    if (!ended) return;
    this.#dieOf({ kind: "unknown", reason: "it ended while it was not traced" });
  }

  /** Gives injections in `work` enough time: nothing does later what a teardown leaves undone. */
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

  /** Sends SIGKILL to the process. */
  kill(): void {
    this.tracer.shim.tgkill(this.tgid, this.tgid, this.tracer.constant("SIGKILL"));
  }

  /** Sets the signal mask of the stopped thread. @throws TraceError */
  setMask(mask: bigint): void {
    this.expect("stopped");
    this.#check("ptrace(PTRACE_SETSIGMASK)", this.tracer.shim.setMask(this.tid, mask));
  }

  /** Blocks further signals in the stopped thread, and returns its previous mask. @throws TraceError */
  block(signals: bigint): bigint {
    this.expect("stopped");
    const { shim, mask } = this.tracer;
    this.#check("ptrace(PTRACE_SETSIGMASK)", shim.block(this.tid, signals, mask));
    return mask[0] ?? 0n;
  }

  /** Reads the registers of the stopped thread into `block`. */
  readRegisters(block: RegisterBlock): void {
    this.expect("stopped");
    this.#transfer(READ_REGISTERS, block);
  }

  writeRegisters(block: RegisterBlock): void {
    this.expect("stopped");
    this.#transfer(WRITE_REGISTERS, block);
  }

  /** The registers of the stopped thread, by name. */
  registers(): Record<string, bigint> {
    const { frame } = this.tracer;
    this.readRegisters(frame);
    return frame.dump();
  }

  /**
   * Fills `area` with the XSAVE area of a program's start, in the layout of the stopped thread's.
   *
   * @param components which are marked as present; bits of XCR0.
   * @returns its length in bytes. @throws TraceError
   */
  freshXstate(area: Uint8Array, components: bigint): number {
    this.expect("stopped");
    const length = this.tracer.shim.freshXstate(this.tid, area, area.length, components);
    return this.#check("ptrace(PTRACE_GETREGSET)", length);
  }

  /**
   * Executes a system call in the stub, and again if the kernel asks for it.
   *
   * @param setUp changes the frame before it runs.
   * @throws DeathError, StopError, DeadlineError, TraceError; StateError if the stub code is gone
   */
  inject(
    number: bigint,
    args: readonly SyscallArgument[],
    setUp?: (frame: RegisterBlock) => void,
  ): CallEnd {
    if (args.length > 6) {
      throw new InputError(`a system call takes at most 6 arguments, got ${args.length}`);
    }
    if (this.#replaced) {
      throw new StateError(`stub ${this.tgid} runs another program: its stub code is gone`);
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
      if (errno === 0) return this.#callEnd({ value, errno: null });
      if (encoder.restartsSyscall(errno) === 0) {
        return this.#callEnd({ value: null, errno: this.tracer.errorName(errno) });
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

  /** The same, with the registers that the call began with and those that it left. */
  observe(number: bigint, args: readonly SyscallArgument[]): ObservedCall {
    let before: Record<string, bigint> = {};
    const { result } = this.inject(number, args, (frame) => {
      before = frame.dump();
    });
    return { result, before, after: this.tracer.frame.dump() };
  }

  /**
   * Runs a guest until its next stop.
   *
   * @returns what stopped it; "late" if nothing did in time, and it still runs.
   * @throws DeathError, StopError at an event, TraceError
   * @internal
   */
  switch(block: RegisterBlock, xstate: Uint8Array, record: SwitchRecord): SwitchStop {
    this.expect("stopped");
    const { shim } = this.tracer;
    return this.#switched(shim.switch(this.tid, block.bytes, xstate, record.bytes), record);
  }

  /** Waits again for a guest that was late. @internal */
  switchWait(block: RegisterBlock, xstate: Uint8Array, record: SwitchRecord): SwitchStop {
    this.expect("running");
    const { shim } = this.tracer;
    return this.#switched(shim.switchWait(this.tid, block.bytes, xstate, record.bytes), record);
  }

  /** Binds the thread to the processor that the tracer runs on. */
  follow(): void {
    const processor = this.tracer.shim.getcpu();
    if (processor === this.#processor) return;
    // A cpuset may forbid that processor, which does no harm.
    this.tracer.shim.bind(this.tid, processor);
    this.#processor = processor;
  }

  /** @throws StateError if the thread is in another state. */
  expect(state: ThreadState): void {
    if (this.state === state) return;
    throw new StateError(`stub ${this.tid} is ${this.state}, expected ${state}`);
  }

  /**
   * Waits for the end of a thread that is about to end, whatever else it stops at.
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

  /** Gives the thread up: it was reaped, or never will be. */
  forget(end: StubEnd = { kind: "unknown", reason: "it was given up" }): void {
    if (this.state === "dead") return;
    this.state = "dead";
    this.#end = end;
    if (this.#pidfd >= 0) this.tracer.shim.close(this.#pidfd);
    this.tracer.blocks.release(this.initial);
  }

  #callEnd(result: SyscallResult): CallEnd {
    return { result, word: BigInt.asIntN(64, this.tracer.frame.word(WORD.rax)) };
  }

  #run(number: bigint): void {
    const { shim, frame, injection } = this.tracer;
    const result = shim.inject(this.tid, frame.bytes, injection.bytes);
    if (result === INJECT_RESTS) return;
    if (result === INJECT_LEFT) {
      this.#replaced = true;
      return;
    }
    if (result === INJECT_STOPPED) {
      this.state = "running";
      const stop = this.#take(injection.status);
      throw this.#unexpected(stop, `after an injected ${this.#callName(number)}, not by its INT3`);
    }
    if (result !== -ETIMEDOUT) this.#fail(injection.step, -result);
    this.state = "running";
    this.#stopByForce(this.#callName(number));
  }

  #switched(result: number, record: SwitchRecord): SwitchStop {
    if (result === -ETIMEDOUT) {
      this.state = "running";
      return "late";
    }
    if (result === 2) {
      this.state = "running";
      throw this.#unexpected(this.#take(record.status), "while it ran a guest");
    }
    if (result < 0) this.#fail(record.step, -result);
    this.state = "stopped";
    return result === 0 ? "syscall" : "signal";
  }

  #callName(number: bigint): string {
    return syscallName(number, this.tracer.encoder.constants) ?? `system call ${number}`;
  }

  /** Stops a stub that missed its deadline, so that it can be examined and used again. */
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
      const reason = "it ended, and a host that ignores SIGCHLD does not learn how";
      this.#dieOf({ kind: "unknown", reason });
    }
    if (result < 0) throw this.#traceError("wait4", -result);
    return result === 0 ? undefined : status[0];
  }

  /** What a status word does to the state of the thread. @throws DeathError */
  #take(status: number): Stop {
    const report = decodeStatus(this.tracer, status);
    if (!("event" in report)) {
      // It got past its exit stop: the registers that it rested with are the last that are known.
      this.#dieOf(report, this.state === "untraced" ? undefined : this.initial.dump());
    }
    this.state = "stopped";
    if (report.event === this.tracer.constant("PTRACE_EVENT_EXIT")) this.#die();
    return report;
  }

  /**
   * The thread is at its exit stop: reads how it ends and its registers, lets it end, and reaps it. Only then does
   * the kernel notify its parent, so with SIGKILL as exit signal this may be the host's last act.
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
    const result = shim.ptraceMemory(request, this.tid, 0, message);
    this.#check("ptrace(PTRACE_GETEVENTMSG)", result);
    return Number(message[0]);
  }

  #unexpected(stop: Stop, when: string): StopError {
    const what =
      stop.kind === "event" ? `event ${stop.event}` : this.tracer.signalName(stop.signal);
    const registers = this.state === "stopped" ? this.registers() : undefined;
    return new StopError(this.tid, `was stopped by ${what} ${when}`, registers);
  }

  #transfer(request: string, block: RegisterBlock): void {
    const { shim } = this.tracer;
    const result = shim.ptraceMemory(this.tracer.constant(request), this.tid, 0, block.bytes);
    this.#check(`ptrace(${request})`, result);
  }

  /** The result of a request. @throws what `#fail` throws for a negative one. */
  #check(call: string, result: number): number {
    return result < 0 ? this.#fail(call, -result) : result;
  }

  /** A request that finds no stopped thread may have met one that is being killed: then the death is reported. */
  #fail(call: string, errno: number): never {
    if (errno === ESRCH && this.state === "stopped") {
      this.state = "running";
      const status = this.#nextStatus(new Deadline(GRACE_MILLISECONDS));
      if (status !== undefined) this.#take(status);
    }
    throw this.#traceError(call, errno);
  }

  #traceError(call: string, errno: number): TraceError {
    const name = this.tracer.errorName(errno);
    return new TraceError(`${call} on stub ${this.tid} failed: ${name}`, {
      call,
      errno: name,
      ...(name === "ESRCH" && {
        remedy: "the stub is gone or running, or another thread of this process traces it",
      }),
    });
  }
}

/** An omitted argument is 0. One that is passed as undefined is a mistake, and not descriptor 0. @throws InputError */
function argumentOf(args: readonly SyscallArgument[], index: number): bigint {
  if (index >= args.length) return 0n;
  return toWord(args[index]) ?? word(args[index], `argument ${index + 1}`);
}

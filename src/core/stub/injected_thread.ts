import { constants } from "node:os";
import { DeadlineError, type RegisterDump, StateError, type StubEnd } from "../../lib/errors.ts";
import type { RegisterBlock } from "../encoder/block.ts";
import { syscallName } from "../encoder/names.ts";
import { HOST_MACHINE } from "../machine/index.ts";
import { INJECT_LEFT, INJECT_RESTS, INJECT_STOPPED } from "../shim/injection.ts";
import type { Lane } from "./lane.ts";
import { type SyscallArgument, type SyscallResult, wordsOf } from "./syscall.ts";
import { PATIENT_MILLISECONDS, TracedThread } from "./traced_thread.ts";
import type { TracingThread } from "./tracing_thread.ts";

/** The outcome of an injected call. */
export interface CallEnd {
  readonly result: SyscallResult;
  /** The signed word in the result register, read by the kernel's layout instead of the encoder's. */
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

const { ETIMEDOUT } = constants.errno;

/** A thread of a stub in which system calls are executed at the SYSCALL of the stub code: the faithful lane. */
export class InjectedThread extends TracedThread {
  /** The registers that every injection starts from: at rest, with RIP before the SYSCALL. */
  readonly initial: RegisterBlock;
  #replaced = false;
  #leastMilliseconds = 0;

  constructor(tracer: TracingThread, tgid: number, tid: number) {
    super(tracer, tgid, tid);
    this.initial = tracer.blocks.allocate();
  }

  /** Whether it runs another program after an injected execve, so that its stub code is gone. */
  get replaced(): boolean {
    return this.#replaced;
  }

  /**
   * Executes a system call in the stub, and repeats it if the kernel restarts it.
   *
   * @param setUp changes the frame before it runs.
   * @throws DeathError, StopError, DeadlineError, TraceError; StateError if the stub code is gone
   */
  inject(
    number: bigint,
    args: readonly SyscallArgument[],
    setUp?: (frame: RegisterBlock) => void,
  ): CallEnd {
    const [a, b, c, d, e, f] = wordsOf(args);
    if (this.#replaced) {
      throw new StateError(`stub ${this.tgid} runs another program: its stub code is gone`);
    }
    const { encoder, frame, injection, shim } = this.tracer;
    this.startClock();
    for (;;) {
      this.expect("stopped");
      encoder.encodeSyscall(frame.offset, this.initial.offset, number, a, b, c, d, e, f);
      setUp?.(frame);
      this.endInjection(shim.inject(this.tid, frame.bytes, injection.bytes), number);
      const value = encoder.syscallResult(frame.offset);
      const errno = encoder.syscallErrno(value);
      if (errno === 0 || encoder.restartsSyscall(errno) === 0) {
        const word = BigInt.asIntN(64, frame.word(HOST_MACHINE.word.result));
        return { result: this.decode(value, "faithful", errno), word };
      }
      // A call that is restarted repeatedly has the same deadline as one that does not return.
      if (shim.timeLeft(injection.deadline.bytes) <= 0) {
        const call = this.#callName(number);
        throw new DeadlineError(
          this.tid,
          `restarted an injected ${call} for ${this.tracer.deadline} ms`,
        );
      }
    }
  }

  /** The result for a word that a call left in the result register. @internal */
  decode(word: bigint, lane: Lane, errno = this.tracer.encoder.syscallErrno(word)): SyscallResult {
    if (errno === 0) return { value: word, errno: null, lane };
    return { value: null, errno: this.tracer.errorName(errno), lane };
  }

  /** The same with the registers before and after the call. */
  observe(number: bigint, args: readonly SyscallArgument[]): ObservedCall {
    let before: Record<string, bigint> = {};
    const { result } = this.inject(number, args, (frame) => {
      before = frame.dump();
    });
    return { result, before, after: this.tracer.frame.dump() };
  }

  /** Gives the injections in `work` a long deadline: a teardown is not repeated. @internal */
  patiently<T>(work: () => T): T {
    this.#leastMilliseconds = PATIENT_MILLISECONDS;
    try {
      return work();
    } finally {
      this.#leastMilliseconds = 0;
    }
  }

  /** Starts the deadline of an injection. @internal */
  startClock(): void {
    const { deadline, injection } = this.tracer;
    injection.deadline.start(Math.max(deadline, this.#leastMilliseconds));
  }

  /** @internal */
  override forget(end?: StubEnd): void {
    if (this.state === "dead") return;
    this.tracer.blocks.release(this.initial);
    super.forget(end);
  }

  /** @internal */
  protected override restRegisters(): RegisterDump {
    return this.initial.dump();
  }

  /** Interprets the shim's result of an injection. @throws what `inject` throws @internal */
  endInjection(result: number, number: bigint): void {
    const { injection } = this.tracer;
    if (result === INJECT_RESTS) return;
    if (result === INJECT_LEFT) {
      this.#replaced = true;
      return;
    }
    if (result === INJECT_STOPPED) {
      this.settle("running");
      const stop = this.take(injection.status);
      throw this.unexpected(stop, `after an injected ${this.#callName(number)}, not by its INT3`);
    }
    if (result !== -ETIMEDOUT) this.fail(injection.step, -result);
    this.settle("running");
    this.#stopByForce(number);
  }

  #callName(number: bigint): string {
    return syscallName(number, this.tracer.encoder.constants) ?? `system call ${number}`;
  }

  /** Stops a stub that missed its deadline, so that it can be examined and reused. */
  #stopByForce(number: bigint): never {
    const { deadline } = this.tracer;
    this.stop();
    const call = this.#callName(number);
    const registers = this.registers();
    this.#dropRestart(number);
    throw new DeadlineError(
      this.tid,
      `did not return from an injected ${call} within ${deadline} ms`,
      registers,
      {
        call,
        remedy: "set a longer deadline for the tracer, or inject a call that does not block",
      },
    );
  }

  /** Runs to the breakpoint if the kernel is about to restart a call in place of the next one. */
  #dropRestart(number: bigint): void {
    if (!HOST_MACHINE.restartsBeforeStops) return;
    const { frame, injection, restAddress, shim } = this.tracer;
    this.readRegisters(frame);
    const at = frame.get(HOST_MACHINE.instructionPointer);
    if (at !== this.initial.get(HOST_MACHINE.instructionPointer)) return;
    frame.set(HOST_MACHINE.instructionPointer, restAddress);
    injection.deadline.start(PATIENT_MILLISECONDS);
    this.endInjection(shim.inject(this.tid, frame.bytes, injection.bytes), number);
  }
}

import { constants } from "node:os";
import type { RegisterBlock } from "../encoder/block.ts";
import { syscallName } from "../encoder/names.ts";
import {
  DeadlineError,
  InputError,
  type RegisterDump,
  StateError,
  type StubEnd,
} from "../errors.ts";
import { toWord, word } from "../shape.ts";
import type { Desk } from "../shim/handler.ts";
import { INJECT_LEFT, INJECT_RESTS, INJECT_STOPPED } from "../shim/injection.ts";
import type { SwitchRecord } from "../shim/switch.ts";
import { WORD } from "./amd64.ts";
import { PATIENT_MILLISECONDS, TracedThread } from "./traced_thread.ts";
import type { TracingThread } from "./tracing_thread.ts";

/** The result of an injected system call: a value, or the name of an errno. */
export type SyscallResult =
  | { readonly value: bigint; readonly errno: null }
  | { readonly value: null; readonly errno: string };

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

/** An argument of an injected system call: an integer from -2^63 to 2^64 - 1; a negative one is taken modulo 2^64. */
export type SyscallArgument = number | bigint;

/** What stopped a guest; "late" if nothing did before the deadline. */
export type SwitchStop = "syscall" | "signal" | "late";

const { ETIMEDOUT } = constants.errno;

/** A thread of a stub: injections and switches. */
export class Thread extends TracedThread {
  /** The registers that every injection starts from: at rest, with RIP before the SYSCALL. */
  readonly initial: RegisterBlock;
  #replaced = false;
  #processor = -1;
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

  /** The same with the registers before and after the call. */
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
   * @param held the registers that the thread has, so that only others are written; it becomes those of the stop.
   * @returns what stopped it; "late" if nothing did in time: the guest still runs.
   * @throws DeathError, StopError at an event, TraceError
   * @internal
   */
  switch(
    block: RegisterBlock,
    xstate: Uint8Array,
    record: SwitchRecord,
    held?: Uint8Array,
  ): SwitchStop {
    this.expect("stopped");
    const { shim } = this.tracer;
    const result =
      held === undefined
        ? shim.switch(this.tid, block.bytes, xstate, record.bytes)
        : shim.switchChanged(this.tid, block.bytes, held, xstate, record.bytes);
    return this.#switched(result, record);
  }

  /** Waits again for a guest that was late. @internal */
  switchWait(block: RegisterBlock, xstate: Uint8Array, record: SwitchRecord): SwitchStop {
    this.expect("running");
    const { shim } = this.tracer;
    return this.#switched(shim.switchWait(this.tid, block.bytes, xstate, record.bytes), record);
  }

  /** Runs a guest in a thread that is not traced. Else as `switch`. @internal */
  switchAway(
    desk: Desk,
    block: RegisterBlock,
    xstate: Uint8Array,
    record: SwitchRecord,
  ): SwitchStop {
    const { shim } = this.tracer;
    return this.#returned(shim.switchDesk(desk.bytes, block.bytes, xstate, record.bytes), record);
  }

  /** Waits again for such a guest. @internal */
  switchAwayWait(desk: Desk, block: RegisterBlock, record: SwitchRecord): SwitchStop {
    const { shim } = this.tracer;
    return this.#returned(shim.switchDeskWait(desk.bytes, block.bytes, record.bytes), record);
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

  /** Binds the thread to the processor that the tracer runs on. */
  follow(): void {
    const processor = this.tracer.shim.getcpu();
    if (processor === this.#processor) return;
    // A cpuset may forbid that processor, which does no harm.
    this.tracer.shim.bind(this.tid, processor);
    this.#processor = processor;
  }

  /**
   * Fills `area` with the XSAVE area of a new program, in the layout of the stopped thread's area.
   *
   * @param components the components that are marked as present: bits of XCR0.
   * @returns its length in bytes. @throws TraceError
   */
  freshXstate(area: Uint8Array, components: bigint): number {
    this.expect("stopped");
    const length = this.tracer.shim.freshXstate(this.tid, area, area.length, components);
    return this.check("ptrace(PTRACE_GETREGSET)", length);
  }

  /** Reads the XSAVE area of the stopped thread into `area`. @throws DeathError, TraceError @internal */
  readXstate(area: Uint8Array): void {
    this.expect("stopped");
    const length = this.tracer.shim.readXstate(this.tid, area, area.length);
    this.check("ptrace(PTRACE_GETREGSET)", length);
  }

  /** @internal */
  override forget(end?: StubEnd): void {
    if (this.state === "dead") return;
    super.forget(end);
    this.tracer.blocks.release(this.initial);
  }

  /** @internal */
  protected override restRegisters(): RegisterDump {
    return this.initial.dump();
  }

  #callEnd(result: SyscallResult): CallEnd {
    return { result, word: BigInt.asIntN(64, this.tracer.frame.word(WORD.result)) };
  }

  #run(number: bigint): void {
    const { shim, frame, injection } = this.tracer;
    this.disturbances++;
    const result = shim.inject(this.tid, frame.bytes, injection.bytes);
    if (result === INJECT_RESTS) return;
    if (result === INJECT_LEFT) {
      this.#replaced = true;
      return;
    }
    if (result === INJECT_STOPPED) {
      this.state = "running";
      const stop = this.take(injection.status);
      throw this.unexpected(stop, `after an injected ${this.#callName(number)}, not by its INT3`);
    }
    if (result !== -ETIMEDOUT) this.fail(injection.step, -result);
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
      throw this.unexpected(this.take(record.status), "while it ran a guest");
    }
    if (result < 0) this.fail(record.step, -result);
    this.state = "stopped";
    return result === 0 ? "syscall" : "signal";
  }

  #returned(result: number, record: SwitchRecord): SwitchStop {
    if (result === -ETIMEDOUT) return "late";
    if (result === 2) this.expectAlive();
    if (result < 0) this.fail(record.step, -result);
    return result === 0 ? "syscall" : "signal";
  }

  #callName(number: bigint): string {
    return syscallName(number, this.tracer.encoder.constants) ?? `system call ${number}`;
  }

  /** Stops a stub that missed its deadline, so that it can be examined and reused. */
  #stopByForce(call: string): never {
    const { deadline } = this.tracer;
    this.stop();
    throw new DeadlineError(
      this.tid,
      `did not return from an injected ${call} within ${deadline} ms`,
      this.registers(),
      {
        call,
        remedy: "set a longer deadline for the tracer, or inject a call that does not block",
      },
    );
  }
}

/** An omitted argument is 0, but undefined is an error: it must not become descriptor 0. @throws InputError */
function argumentOf(args: readonly SyscallArgument[], index: number): bigint {
  if (index >= args.length) return 0n;
  return toWord(args[index]) ?? word(args[index], `argument ${index + 1}`);
}

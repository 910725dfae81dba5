import type { RegisterBlock } from "../../../core/encoder/block.ts";
import { FaithfulRunner } from "../../../core/platform/faithful.ts";
import { FloatingPoint } from "../../../core/platform/floating_point.ts";
import { SwitchRecord } from "../../../core/shim/records.ts";
import type { Stub } from "../../../core/stub/stub.ts";
import type { TracingThread } from "../../../core/stub/tracing_thread.ts";
import { DeadlineError, DeathError, TraceError } from "../../../lib/errors.ts";
import { DATA, IDLE, PART, REFUSES, TRAP_CODE } from "./arch.ts";
import { addressOf, CODE, CODE_BYTES } from "./code.ts";

/** What stopped a tracee: a system call that SYSEMU keeps from running, or a signal with its si_code. */
export interface TraceeStop {
  readonly kind: "syscall" | "signal";
  readonly signal: number;
  readonly code: number;
}

/** Floating point is left alone. */
const NO_FLOATING_POINT = new FloatingPoint(new Uint8Array(0));

/** A stub that a judge gives registers to: scrubbed, with code and data. */
export class Tracee {
  readonly stub: Stub;
  /** The registers that it is resumed with, and those of its last stop. */
  readonly block: RegisterBlock;
  /** The same as words, in their order. */
  readonly words: BigUint64Array;
  /** A descriptor that its judge uses, in the file table that it shares with this process; closed with it. */
  descriptor: number | undefined;
  /** What stopped it last. After a call that was injected that is a breakpoint. */
  stoppedBy: TraceeStop["kind"] = "signal";
  readonly #record = new SwitchRecord();
  readonly #runner: FaithfulRunner;

  /** @param stub one that has both already, as the child of a tracee has */
  constructor(stub: Stub) {
    this.stub = stub;
    this.#runner = new FaithfulRunner(stub);
    this.block = stub.tracer.blocks.allocate();
    const { buffer, byteOffset, byteLength } = this.block.bytes;
    this.words = new BigUint64Array(buffer, byteOffset, byteLength / 8);
  }

  /** Makes a tracee of a new stub. */
  static prepare(stub: Stub): Tracee {
    const { tracer } = stub;
    stub.scrub();
    const [readable, executable] = [tracer.flag("PROT_READ"), tracer.flag("PROT_EXEC")];
    const writable = readable | tracer.flag("PROT_WRITE");
    const names = ["MAP_PRIVATE", "MAP_ANONYMOUS", "MAP_FIXED"];
    const flags = names.reduce((set, name) => set | tracer.flag(name), 0n);
    stub.call("mmap", CODE, PART, writable, flags, -1, 0);
    stub.call("mmap", DATA, PART, writable, flags, -1, 0);
    stub.write(CODE, CODE_BYTES);
    stub.call("mprotect", CODE, PART, readable | executable);
    return new Tracee(stub);
  }

  get tracer(): TracingThread {
    return this.stub.tracer;
  }

  get alive(): boolean {
    return this.stub.alive;
  }

  /** The registers that injections start from: the stub's own flags, among others, are there. */
  get initial(): RegisterBlock {
    return this.stub.thread.initial;
  }

  /**
   * Resumes the stub with the registers of `block`, which then has those of the stop.
   *
   * @param isOwn whether a stop is one that was waited for; others are passed over, without their signal
   * @throws DeathError; TraceError where the kernel refuses the registers; DeadlineError where it does not
   * stop: then it is ended
   */
  run(request: string, isOwn: (stop: TraceeStop) => boolean = isNobodys): TraceeStop {
    const { stub, tracer } = this;
    this.#record.request = tracer.constant(request);
    this.#record.deadline.start(tracer.deadline);
    try {
      for (;;) {
        const kind = this.#runner.run(this.block, NO_FLOATING_POINT, this.#record);
        if (kind === "late") this.#end();
        const { siginfo } = this.#record;
        const [signal, code] = [siginfo.getInt32(0, true), siginfo.getInt32(8, true)];
        this.stoppedBy = kind;
        if (kind === "syscall") return { kind, signal: tracer.constant("SIGTRAP"), code: 0 };
        if (signal !== tracer.constant("SIGSTOP") && isOwn({ kind, signal, code })) {
          return { kind, signal, code };
        }
      }
    } finally {
      stub.forgetIfDead();
    }
  }

  /**
   * The same with registers that may be wrong.
   *
   * @returns the stop, or why it did not stop: the kernel refuses the registers, or the stub ends, or is late
   */
  tryRun(request: string, registers: BigUint64Array): TraceeStop | string {
    this.words.set(registers);
    try {
      return this.run(request);
    } catch (error) {
      const refused = error instanceof TraceError && error.errno === REFUSES;
      const ended = error instanceof DeathError || error instanceof DeadlineError;
      if (refused || ended) return error.message;
      throw error;
    }
  }

  /** Sets the registers that it is resumed with: the initial ones, with changes. */
  load(changes: Readonly<Record<string, bigint>>): void {
    this.block.copyFrom(this.initial);
    for (const [name, word] of Object.entries({ ...IDLE, ...changes })) {
      this.block.set(name, word);
    }
  }

  /** Has the stub make one system call, whatever it answers with: nothing is run again. */
  call(name: string | bigint, ...args: readonly bigint[]): bigint {
    this.callUntil(isBreakpoint(this.tracer), name, ...args);
    return this.tracer.encoder.syscallResult(this.block.offset);
  }

  /** The same, until a stop of one's own. */
  callUntil(
    isOwn: (stop: TraceeStop) => boolean,
    name: string | bigint,
    ...[a = 0n, b = 0n, c = 0n, d = 0n, e = 0n, f = 0n]: readonly bigint[]
  ): TraceeStop {
    const { encoder } = this.tracer;
    const number = this.tracer.syscallNumber(name);
    encoder.encodeSyscall(this.block.offset, this.initial.offset, number, a, b, c, d, e, f);
    return this.run("PTRACE_CONT", isOwn);
  }

  /** Reads from the data. */
  read(slot: number, length: number): Uint8Array {
    return this.stub.read(addressOf(slot), length);
  }

  write(slot: number, bytes: Uint8Array): void {
    this.stub.write(addressOf(slot), bytes);
  }

  writeWords(slot: number, ...words: readonly bigint[]): void {
    this.write(slot, new Uint8Array(BigUint64Array.from(words).buffer));
  }

  /** A word of the data. */
  word(slot: number): bigint {
    return new BigUint64Array(this.read(slot, 8).buffer)[0] ?? 0n;
  }

  /** Gives up the memory of its registers; a stub that lives is ended. */
  close(): void {
    if (this.alive) this.stub.close();
    if (this.descriptor !== undefined) this.tracer.shim.close(this.descriptor);
    this.tracer.blocks.release(this.block);
  }

  #end(): never {
    const { tracer, stub } = this;
    stub.close();
    throw new DeadlineError(stub.pid, `did not stop within ${tracer.deadline} ms`);
  }
}

/** A stop that nobody's kill or sigqueue made: an instruction did, or the kernel. */
function isNobodys({ code }: TraceeStop): boolean {
  return code > 0;
}

/** The stop of a breakpoint, which no child's end looks like. */
export function isBreakpoint(tracer: TracingThread): (stop: TraceeStop) => boolean {
  const trap = tracer.constant("SIGTRAP");
  return ({ signal, code }) => signal === trap && code === TRAP_CODE;
}

/** The tracee of some judges: made when it is first needed, and again when it has died. */
export class TraceeSlot {
  readonly #open: () => Tracee;
  #tracee: Tracee | undefined;

  constructor(open: () => Tracee) {
    this.#open = open;
  }

  get(): Tracee {
    if (this.#tracee?.alive) return this.#tracee;
    this.#tracee?.close();
    this.#tracee = this.#open();
    return this.#tracee;
  }

  /** Ends the tracee: the next one is new. */
  close(): void {
    this.#tracee?.close();
    this.#tracee = undefined;
  }
}

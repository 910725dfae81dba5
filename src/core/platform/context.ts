import { constants } from "node:os";
import { DeadlineError, InputError, StateError } from "../../lib/errors.ts";
import { checkOptions, instance, object, word } from "../../lib/shape.ts";
import type { RegisterBlock } from "../encoder/block.ts";
import { HOST_MACHINE } from "../machine/index.ts";
import { checkDeadline, Run } from "../shim/records.ts";
import { loadShim } from "../shim/shim.ts";
import { decodeSignalInfo, type SignalInfo } from "../stub/stop.ts";
import { GRACE_MILLISECONDS, type Thread } from "../stub/tracee.ts";
import type { TracingThread } from "../stub/tracing_thread.ts";
import { FloatingPoint } from "./runner.ts";
import { type Fault, Subprocess } from "./subprocess.ts";

/** A system call that a guest made. `setResult` sets its result. */
export interface GuestSyscall {
  readonly kind: "syscall";
  readonly number: number;
  readonly args: readonly bigint[];
}

/** A SIGSEGV of a guest. */
export interface GuestFault {
  readonly kind: "fault";
  readonly address: bigint;
  /** A guess, as ptrace does not report it: execute at the instruction pointer, write if the same fault occurs again, else read. */
  readonly access: "read" | "write" | "execute";
  readonly info: SignalInfo;
}

/** Another signal, from the kernel or from this process. */
export interface GuestSignal {
  readonly kind: "signal";
  readonly info: SignalInfo;
}

/** The guest was interrupted. */
export interface GuestInterrupt {
  readonly kind: "interrupt";
  readonly reason: "request" | "deadline";
}

/** What `Context.switch` takes. */
export interface SwitchOptions {
  /** In milliseconds, after which the guest is interrupted. Default: the platform's. */
  deadline?: number | undefined;
}

/** Why a switch ended. */
export type GuestEvent = GuestSyscall | GuestFault | GuestSignal | GuestInterrupt;

const SUBPROCESS = instance(Subprocess, "a Subprocess");

const { SIGCHLD } = constants.signals;

// Indices in an interrupt handle: whether an interrupt is requested, and the thread that currently runs the guest.
const WANTED = 0;
const TGID = 1;
const TID = 2;

/** A handle with which another thread can interrupt a guest: it can be posted to a worker. */
export interface InterruptHandle {
  readonly words: Int32Array;
  readonly signal: number;
}

/**
 * Ends the current or next switch to a guest with an interrupt. Any thread of this process may call it. @throws
 * InputError
 */
export function interruptGuest(handle: InterruptHandle): void {
  object(handle, "handle");
  const { words, signal } = handle;
  const isHandle = words instanceof Int32Array && words.length > TID && signal === SIGCHLD;
  if (!isHandle) {
    throw new InputError("handle: expected a Context.interruptHandle");
  }
  Atomics.store(words, WANTED, 1);
  const tid = Atomics.load(words, TID);
  if (tid !== 0) loadShim().tgkill(Atomics.load(words, TGID), tid, signal);
}

/**
 * The state of one guest: its general registers, and `xstate`. It can be switched to in any subprocess of its
 * platform.
 */
export class Context {
  readonly tracer: TracingThread;
  readonly #registers: RegisterBlock;
  readonly #floatingPoint: FloatingPoint;
  /** The handle for `interruptGuest`. */
  readonly interruptHandle: InterruptHandle;
  readonly #record = new Run();
  /** Where the encoder writes the arguments of a system call. */
  readonly #args: RegisterBlock;
  #fault: Fault | undefined;
  #running = false;
  #released = false;

  /** @internal */
  constructor(tracer: TracingThread, initialXstate: Uint8Array) {
    this.tracer = tracer;
    this.#registers = tracer.blocks.allocate();
    this.#registers.bytes.fill(0);
    this.#args = tracer.blocks.allocate();
    this.#floatingPoint = new FloatingPoint(initialXstate);
    this.interruptHandle = {
      words: new Int32Array(new SharedArrayBuffer(12)),
      // gVisor's choice: injections pass over its stops.
      signal: SIGCHLD,
    };
  }

  /** The guest's registers. On amd64 each switch replaces the segment selectors with the stub's. @throws StateError after a release */
  get registers(): RegisterBlock {
    if (this.#released) throw new StateError("this context was released");
    return this.#registers;
  }

  /**
   * The guest's state beside the general registers in the kernel's layout, for reading and writing until the next
   * switch; take it again afterwards. On amd64 it is the XSAVE area (NT_X86_XSTATE); on arm64 struct user_fpsimd_state
   * (NT_PRFPREG), the thread pointers (NT_ARM_TLS), and SVE and SME state: docs/platform.md.
   */
  get xstate(): Uint8Array {
    return this.#floatingPoint.expose();
  }

  /**
   * Runs the guest until its next system call, fault or signal, or until it is interrupted.
   *
   * @param options.deadline in milliseconds, after which the guest is interrupted. Default: the platform's.
   * @throws DeathError if the subprocess dies, InputError, StateError, TraceError; DeadlineError if the guest
   * cannot be stopped.
   */
  switch(subprocess: Subprocess, options?: SwitchOptions): GuestEvent {
    SUBPROCESS(subprocess, "subprocess");
    if (options !== undefined) checkOptions(options, "options", { deadline: checkDeadline });
    if (subprocess.tracer !== this.tracer) {
      throw new StateError("the subprocess belongs to another platform");
    }
    if (this.#released) throw new StateError("this context was released");
    if (this.#running) throw new StateError("this context is being switched already");
    this.#running = true;
    try {
      return this.#switch(subprocess, options?.deadline ?? this.tracer.deadline);
    } finally {
      this.#running = false;
      Atomics.store(this.interruptHandle.words, TID, 0);
      subprocess.stub.forgetIfDead();
    }
  }

  /** Ends the current switch to the guest with an interrupt, or else its next one. */
  interrupt(): void {
    interruptGuest(this.interruptHandle);
  }

  /** Sets the result of the system call that the guest stopped at. */
  setResult(value: number | bigint): void {
    const result = word(value, "result");
    this.tracer.encoder.encodeGuestResult(this.registers.offset, result);
  }

  /** Releases the memory of the registers: the context cannot be used afterwards. Releasing it again does nothing. */
  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#noteFault(undefined);
    this.#floatingPoint.forgetHolder();
    this.tracer.blocks.release(this.#registers);
    this.tracer.blocks.release(this.#args);
  }

  [Symbol.dispose](): void {
    this.release();
  }

  #switch(subprocess: Subprocess, deadline: number): GuestEvent {
    const { thread } = subprocess;
    const { words } = this.interruptHandle;
    // A request of another thread reads the TGID only after a TID that is not 0.
    words[TGID] = thread.tgid;
    Atomics.store(words, TID, thread.tid);
    this.#record.deadline.start(deadline);
    for (;;) {
      if (Atomics.load(words, WANTED) === 1) {
        Atomics.store(words, WANTED, 0);
        return { kind: "interrupt", reason: "request" };
      }
      const event = this.#run(subprocess, thread);
      if (event !== undefined) return event;
      // The clock is read only if signals of other processes stop the guest.
      if (this.tracer.shim.timeLeft(this.#record.deadline.bytes) <= 0) {
        return { kind: "interrupt", reason: "deadline" };
      }
    }
  }

  /** Resumes the guest until a stop; returns undefined if the stop does not concern the guest. */
  #run(subprocess: Subprocess, thread: Thread): GuestEvent | undefined {
    const { tracer } = this;
    const { encoder } = tracer;
    const { runner } = subprocess;
    const { offset } = this.#registers;
    const stepping = encoder.enterGuest(offset, thread.initial.offset) === 1;
    this.#record.request = tracer.constant(stepping ? "PTRACE_SYSEMU_SINGLESTEP" : "PTRACE_SYSEMU");
    let stop = runner.run(this.#registers, this.#floatingPoint, this.#record);
    const late = stop === "late";
    if (late) {
      tracer.shim.tgkill(thread.tgid, thread.tid, this.interruptHandle.signal);
      this.#record.deadline.start(GRACE_MILLISECONDS);
      stop = runner.wait(this.#registers, this.#floatingPoint, this.#record);
    }
    if (stop === "done") return this.#syscall();
    if (stop === "signal") {
      const event = this.#signal(subprocess);
      return event === undefined && late ? { kind: "interrupt", reason: "deadline" } : event;
    }
    throw new DeadlineError(thread.tid, `did not stop ${GRACE_MILLISECONDS} ms after its deadline`);
  }

  #syscall(): GuestSyscall {
    const { encoder } = this.tracer;
    const { offset } = this.#registers;
    this.#noteFault(undefined);
    const number = encoder.decodeGuestSyscall(offset, this.#args.offset);
    const block = this.#args;
    const args = [
      block.word(0),
      block.word(1),
      block.word(2),
      block.word(3),
      block.word(4),
      block.word(5),
    ];
    return { kind: "syscall", number, args };
  }

  /** The event for a stop by a signal; undefined if the signal does not concern the guest. */
  #signal(subprocess: Subprocess): GuestEvent | undefined {
    const { tracer } = this;
    const info = decodeSignalInfo(tracer, this.#record.siginfo);
    // A group-stop, or the stop of the first resume after an attach.
    if (tracer.encoder.waitValue(this.#record.status) === tracer.constant("SIGSTOP")) {
      return undefined;
    }
    if (info.code <= 0) {
      // Signals of other processes do not concern the guest. Only for these two codes does the kernel fill in the
      // sender.
      const isCertain =
        info.code === tracer.constant("SI_USER") || info.code === tracer.constant("SI_TKILL");
      if (!isCertain || info.pid !== process.pid) return undefined;
      if (info.signal === this.interruptHandle.signal) return undefined;
    }
    if (info.signal === tracer.constant("SIGSYS") && info.code === tracer.constant("SYS_SECCOMP")) {
      // The filter traps calls into the vsyscall page, as if nothing were mapped there.
      tracer.encoder.rewindVsyscall(this.#registers.offset, info.address);
      return this.#segv(subprocess, { ...info, signal: tracer.constant("SIGSEGV") });
    }
    if (info.signal === tracer.constant("SIGSEGV") && info.code > 0) {
      return this.#segv(subprocess, info);
    }
    this.#noteFault(undefined);
    return { kind: "signal", info };
  }

  #segv(subprocess: Subprocess, info: SignalInfo): GuestFault {
    const { address } = info;
    const instruction = this.#registers.get(HOST_MACHINE.instructionPointer);
    const { faults: home } = subprocess;
    const last = this.#fault;
    const repeated =
      last !== undefined &&
      home.has(last) &&
      last.address === address &&
      last.instruction === instruction;
    this.#noteFault({ address, instruction, home });
    const access = address === instruction ? "execute" : repeated ? "write" : "read";
    return { kind: "fault", address, access, info };
  }

  #noteFault(fault: Fault | undefined): void {
    if (this.#fault !== undefined) this.#fault.home.delete(this.#fault);
    fault?.home.add(fault);
    this.#fault = fault;
  }
}

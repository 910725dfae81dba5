import type { RegisterBlock } from "../encoder/block.ts";
import { DeathError, hex, StateError } from "../errors.ts";
import { decodeSignalInfo, type SignalInfo } from "../platform/signal_info.ts";
import { INSTRUCTION_POINTER } from "../stub/amd64.ts";
import { requestAttach } from "../stub/attach.ts";
import { readMemory } from "../stub/memory.ts";
import type { Stop } from "../stub/status.ts";
import type { Thread } from "../stub/thread.ts";
import { callTitle, type Teller, tellCall } from "./calls.ts";
import { type NewStep, type Recorder, tellRegisters } from "./recorder.ts";
import type { Call, KernelView, Step } from "./recording.ts";
import { tellRequest, tellStatus, tellStop, tellWait } from "./requests.ts";

const RESUMING = new Set([
  "PTRACE_CONT",
  "PTRACE_SINGLESTEP",
  "PTRACE_SYSCALL",
  "PTRACE_SYSEMU",
  "PTRACE_SYSEMU_SINGLESTEP",
]);

/** <linux/ptrace.h>: in no encoder. */
const PTRACE_SETSIGMASK = 0x420bn;

/** Details of a ptrace request. */
export interface RequestDetails {
  /** Options, or the signal to resume with. PTRACE_DETACH always leaves the thread stopped. */
  readonly data?: number | undefined;
  /** What the observer changed by it. */
  readonly observer?: string | undefined;
}

/** A wait that need not report anything. */
export interface TryOptions {
  /** Of wait4. With WNOHANG it returns at once. */
  readonly options: number;
  /** When a timer interrupts it. Default: never, as it returns at once. */
  readonly milliseconds?: number;
  readonly observer?: string;
}

/** What a stop says: why the thread stops, and why the tracer waits for it. */
export interface StopTelling {
  readonly stop: string;
  readonly wait: string;
  readonly observer?: string | undefined;
}

/**
 * A traced thread in its lane: the tracer's requests and the thread's stops are recorded. stepping.ts executes its
 * instructions. Every method belongs to the tracer's thread. The tracer is this process; acting.ts has the other kind, of
 * which a stub is the tracer.
 */
export class Tracee {
  readonly recorder: Recorder;
  readonly lane: string;
  readonly thread: Thread;
  /** The lane of its tracer. */
  readonly tracer: string;
  /** Whether its system calls stop it and are not executed, as in a guest. */
  emulated = false;
  /** What the observer does for the tracer's steps. */
  protected readonly observer: string | null = null;
  /** What its system calls are described with. */
  readonly teller: Teller;
  // The tracer's own block may hold a prepared frame.
  readonly #block: RegisterBlock;
  /** The steps at which signals were sent to it that have not been seen since, by the signal's name. */
  readonly #sent = new Map<string, number>();
  /** The step of an attach whose stop has not been seen. */
  #attach: number | undefined;

  constructor(recorder: Recorder, lane: string, thread: Thread, tracer = recorder.host) {
    this.recorder = recorder;
    this.lane = lane;
    this.thread = thread;
    this.tracer = tracer;
    this.#block = thread.tracer.blocks.allocate();
    this.teller = {
      constants: recorder.constants,
      read: (address, length) => this.#read(address, length),
    };
  }

  /** The registers of the stopped thread, by name. */
  registers(): Record<string, bigint> {
    this.thread.readRegisters(this.#block);
    return this.#block.dump();
  }

  /** The address of its next instruction. */
  get rip(): bigint {
    return this.registers()[INSTRUCTION_POINTER] ?? 0n;
  }

  /**
   * Makes a request without memory; returns the step.
   *
   * @throws AttachError, TraceError if the kernel refuses it
   */
  request(request: string, why: string, { data = 0, observer }: RequestDetails = {}): number {
    this.make(request, data);
    const signal = request === "PTRACE_DETACH" ? this.thread.tracer.constant("SIGSTOP") : data;
    const step = this.#requested(request, signal, why, undefined, observer);
    if (request === "PTRACE_ATTACH") this.#attach = step;
    return step;
  }

  /** Makes a request without memory. @internal */
  protected make(request: string, data: number): void {
    const { thread } = this;
    if (request === "PTRACE_ATTACH") requestAttach(thread);
    else if (request === "PTRACE_DETACH") thread.detach();
    else if (RESUMING.has(request)) thread.resume(request, data);
    else thread.ptrace(request, data);
  }

  /** Waits for the next stop. @throws DeathError, DeadlineError @internal */
  protected next(options: number): Stop {
    return this.thread.wait(undefined, options);
  }

  /** The result of a wait4, which a timer may interrupt. @internal */
  protected poll(options: number, milliseconds: number): number {
    const { tid, tracer } = this.thread;
    return tracer.shim.wait(tid, options, milliseconds * 1000, tracer.status);
  }

  /** What /proc says of it before it is reaped, if that can be seen. @internal */
  protected viewOfEnd(): KernelView | null {
    return null;
  }

  /** PTRACE_SETREGS with the registers of a block; returns the step. */
  setRegisters(block: RegisterBlock, why: string): number {
    const before = this.registers();
    this.thread.writeRegisters(block);
    return this.#requested("PTRACE_SETREGS", 0, why, before);
  }

  /** PTRACE_GETREGS; returns the step. */
  getRegisters(why: string): number {
    return this.#requested("PTRACE_GETREGS", 0, why, this.registers());
  }

  /** PTRACE_SETSIGMASK; returns the step. */
  setSignalMask(mask: bigint, why: string): number {
    const { recorder, thread } = this;
    thread.setMask(mask);
    const call = {
      name: "ptrace",
      arguments: [
        { word: hex(PTRACE_SETSIGMASK), told: "PTRACE_SETSIGMASK" },
        { word: hex(BigInt(thread.tid)), told: `${thread.tid}` },
        // The size of the set is the address, the set is the data.
        { word: "0x8", told: "8" },
        { word: null, told: mask === 0n ? "[]" : hex(mask) },
      ],
      result: { word: "0x0", told: "0" },
    };
    return this.requested(call, why, { kernel: recorder.view(thread.tgid) });
  }

  /** PTRACE_GETSIGINFO at a stop by a signal; returns the step. */
  getSignalInfo(why: string): number {
    this.signalInfo();
    return this.#requested("PTRACE_GETSIGINFO", 0, why);
  }

  /** The same without a step. @throws StateError if it is not at such a stop. */
  signalInfo(): SignalInfo {
    const { tracer, tid } = this.thread;
    const bytes = new DataView(new ArrayBuffer(tracer.constant("SIGINFO_SIZE")));
    const request = tracer.constant("PTRACE_GETSIGINFO");
    if (tracer.shim.ptraceMemory(request, tid, 0, bytes) < 0) {
      throw new StateError(`${this.lane} ${tid} is at no stop by a signal`);
    }
    return decodeSignalInfo(tracer, bytes);
  }

  /**
   * Sends it a signal from this process, by tgkill; returns the step. The stop or the end that comes of it gets an arrow.
   *
   * @throws StateError if the kernel refuses it
   */
  signal(signal: number, why: string, observer: string | null = null): number {
    const { tracer, tgid, tid } = this.thread;
    const result = tracer.shim.tgkill(tgid, tid, signal);
    if (result < 0) throw new StateError(`tgkill failed with ${tracer.errorName(-result)}`);
    const words = [tgid, tid, signal].map(BigInt);
    const call = tellCall(tracer.flag("SYS_tgkill"), words, this.teller);
    const told = { ...call, result: { word: "0x0", told: "0" } };
    const title = callTitle(told);
    const { recorder, lane: about } = this;
    const step = { lane: recorder.host, about, kind: "syscall", title, why, call: told } as const;
    const sent = recorder.step({ ...step, observer });
    this.#sent.set(tracer.signalName(signal), sent);
    return sent;
  }

  /** Draws the arrow of a signal that was sent, and has come to this step. */
  #arrive(signal: string, step: number): number {
    const sent = this.#sent.get(signal);
    if (sent !== undefined) this.recorder.arrow("signal", sent, step, signal);
    this.#sent.delete(signal);
    return step;
  }

  /**
   * Waits for its next stop: a step of its own, the tracer's wait4, and the arrow between them.
   *
   * @param options of wait4. Default: those for a traced thread.
   * @throws DeathError, DeadlineError
   */
  awaitStop(told: StopTelling, options = this.thread.tracer.waitAll): Stop {
    const stop = this.next(options);
    const at = this.stopped(stop, told.stop, told.observer);
    this.waited(at, told.wait, options);
    return stop;
  }

  /**
   * Waits for its end, likewise.
   *
   * @returns how it ended: "killed by SIGKILL".
   * @throws StateError if it stops
   */
  awaitEnd(told: StopTelling): string {
    const kernel = this.viewOfEnd();
    const how = this.takeEnd();
    this.waited(this.ended(how, told.stop, kernel), told.wait);
    return how;
  }

  /** Waits for its end, and returns how it ended. @internal */
  protected takeEnd(): string {
    const { thread, lane, recorder } = this;
    try {
      const stop = tellStop(this.next(thread.tracer.waitAll), recorder.constants);
      throw new StateError(`${lane} ${thread.tid} was ${stop}, and did not end`);
    } catch (error) {
      if (!(error instanceof DeathError)) throw error;
      return error.how.replace(" (core dumped)", "");
    }
  }

  /**
   * Records a wait4 of the tracer that is not expected to report anything.
   *
   * @returns "nothing", the name of an errno, or what it reported.
   */
  tryWait(why: string, { options, milliseconds = 0, observer }: TryOptions): string {
    const { recorder, lane, thread } = this;
    const { tid, tracer } = thread;
    const result = this.poll(options, milliseconds);
    const errno = result < 0 ? tracer.errorName(-result) : undefined;
    const told = result > 0 ? tellStatus(tracer.status[0] ?? 0, tracer) : undefined;
    const word = {
      word: hex(BigInt(result)),
      told: errno === undefined ? `${result}` : `-1 ${errno}`,
    };
    const call = tellWait({ tid, options }, told, word, recorder.constants);
    // One that only the timer has ended has no result.
    const hangs = result === 0 && (options & tracer.constant("WNOHANG")) === 0;
    const shown = hangs ? { ...call, result: null } : call;
    recorder.step({
      lane: this.tracer,
      about: lane,
      kind: "syscall",
      title: callTitle(shown),
      why,
      call: shown,
      kernel: recorder.view(tid),
      observer: observer ?? this.observer,
    });
    return errno ?? told ?? "nothing";
  }

  /** Records a stop of the thread; returns the step. */
  stopped(stop: Stop, why: string, observer?: string): number {
    const { recorder, lane, thread } = this;
    const title = tellStop(stop, recorder.constants);
    const registers = this.#tellRegisters();
    const kernel = recorder.view(thread.tgid);
    const step = { lane, kind: "stop", title, why, registers, kernel, observer } as const;
    const at = recorder.step(step);
    if (this.#attach !== undefined) recorder.arrow("attach", this.#attach, at, "PTRACE_ATTACH");
    this.#attach = undefined;
    // SIGKILL brings a traced thread to its exit stop.
    return this.#arrive(
      stop.kind === "event" ? "SIGKILL" : thread.tracer.signalName(stop.signal),
      at,
    );
  }

  /** Records the thread's end; returns the step. */
  ended(how: string, why: string, kernel: KernelView | null = null): number {
    const step = { lane: this.lane, kind: "exit", title: how, why, kernel } as const;
    return this.#arrive(how.replace("killed by ", ""), this.recorder.step(step));
  }

  /** Records the tracer's wait4, with these options, that reported the step `at`, if there is one; returns the step. */
  waited(at: number | undefined, why: string, options = this.thread.tracer.waitAll): number {
    const { recorder } = this;
    const { tid, tracer } = this.thread;
    const status = tracer.status[0] ?? 0;
    const told = tellStatus(status, tracer);
    const call = tellWait(
      { tid, options },
      `${told}: ${hex(BigInt(status))}`,
      { word: hex(BigInt(tid)), told: `${tid}` },
      recorder.constants,
    );
    const { tracer: lane, lane: about, observer } = this;
    const title = callTitle(call);
    const step = recorder.step({ lane, about, kind: "syscall", title, why, call, observer });
    if (at !== undefined) recorder.arrow("wait", at, step, told);
    return step;
  }

  /** Records a request that was made; returns the step. */
  requested(call: Call, why: string, event: Partial<NewStep> = {}): number {
    const { tracer: lane, lane: about, observer } = this;
    const title = callTitle(call);
    return this.recorder.step({
      observer,
      ...event,
      lane,
      about,
      kind: "ptrace",
      title,
      why,
      call,
    });
  }

  #requested(
    request: string,
    data: number,
    why: string,
    before?: Record<string, bigint>,
    observer?: string,
  ): number {
    const { recorder, thread } = this;
    return this.requested(tellRequest(request, thread.tid, data, recorder.constants), why, {
      registers: this.#tellRegisters(before),
      // A running thread's state changes before it can be read.
      kernel: thread.state === "stopped" ? recorder.view(thread.tgid) : null,
      observer: observer ?? this.observer,
    });
  }

  /** The registers, and what they were before; null if the thread is not stopped for this process. */
  #tellRegisters(before?: Record<string, bigint>): Step["registers"] {
    if (this.thread.state !== "stopped") return null;
    const now = this.registers();
    return { before: tellRegisters(before ?? now), after: tellRegisters(now) };
  }

  #read(address: bigint, length: number): Uint8Array | undefined {
    const bytes = new Uint8Array(length);
    try {
      readMemory(this.thread, address, bytes);
      return bytes;
    } catch {
      return undefined;
    }
  }
}

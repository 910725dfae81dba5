import type { RegisterBlock } from "../encoder/block.ts";
import { DeathError, hex, StateError } from "../errors.ts";
import { decodeSignalInfo, type SignalInfo } from "../platform/signal_info.ts";
import { INSTRUCTION_POINTER } from "../stub/amd64.ts";
import { requestAttach } from "../stub/attach.ts";
import { readMemory } from "../stub/memory.ts";
import type { Stop } from "../stub/status.ts";
import type { Thread } from "../stub/thread.ts";
import { callTitle, type Teller, tellCall } from "./calls.ts";
import { type Recorder, tellRegisters } from "./recorder.ts";
import { tellRequest, tellStatus, tellStop, tellWait } from "./requests.ts";

const RESUMING = new Set([
  "PTRACE_CONT",
  "PTRACE_SINGLESTEP",
  "PTRACE_SYSCALL",
  "PTRACE_SYSEMU",
  "PTRACE_SYSEMU_SINGLESTEP",
]);

/** Details of a ptrace request. */
export interface RequestDetails {
  /** Options, or the signal to resume with. PTRACE_DETACH always leaves the thread stopped. */
  readonly data?: number | undefined;
  /** What the observer changed by it. */
  readonly observer?: string | undefined;
}

/** What a stop says: why the thread stops, and why the tracer waits for it. */
export interface StopTelling {
  readonly stop: string;
  readonly wait: string;
  readonly observer?: string | undefined;
}

/**
 * A traced thread in its lane: the tracer's requests and the thread's stops are recorded. stepping.ts executes its
 * instructions. Every method belongs to the tracer's thread.
 */
export class Tracee {
  readonly recorder: Recorder;
  readonly lane: string;
  readonly thread: Thread;
  /** The lane of its tracer. */
  readonly tracer: string;
  /** Whether its system calls stop it and are not executed, as in a guest. */
  emulated = false;
  /** What its system calls are described with. */
  readonly teller: Teller;
  // The tracer's own block may hold a prepared frame.
  readonly #block: RegisterBlock;

  constructor(recorder: Recorder, lane: string, thread: Thread, tracer = "host") {
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
    const { thread } = this;
    if (request === "PTRACE_ATTACH") requestAttach(thread);
    else if (request === "PTRACE_DETACH") thread.detach();
    else if (RESUMING.has(request)) thread.resume(request, data);
    else thread.ptrace(request, data);
    const signal = request === "PTRACE_DETACH" ? thread.tracer.constant("SIGSTOP") : data;
    return this.#requested(request, signal, why, undefined, observer);
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
   * Sends it a signal from the tracer's process, by tgkill; returns the step.
   *
   * @throws StateError if the kernel refuses it
   */
  signal(signal: number, why: string): number {
    const { tracer, tgid, tid } = this.thread;
    const result = tracer.shim.tgkill(tgid, tid, signal);
    if (result < 0) throw new StateError(`tgkill failed with ${tracer.errorName(-result)}`);
    const words = [tgid, tid, signal].map(BigInt);
    const call = tellCall(tracer.flag("SYS_tgkill"), words, this.teller);
    const told = { ...call, result: { word: "0x0", told: "0" } };
    const title = callTitle(told);
    const { tracer: lane, lane: about } = this;
    return this.recorder.step({ lane, about, kind: "syscall", title, why, call: told });
  }

  /**
   * Waits for its next stop: a step of its own, the tracer's wait4, and the arrow between them.
   *
   * @param options of wait4. Default: those for a traced thread.
   * @throws DeathError, DeadlineError
   */
  awaitStop(told: StopTelling, options = this.thread.tracer.waitAll): Stop {
    const stop = this.thread.wait(undefined, options);
    const at = this.stopped(stop, told.stop, told.observer);
    this.waited(at, told.wait, options);
    return stop;
  }

  /**
   * Waits for its end, likewise.
   *
   * @returns how it ended.
   * @throws StateError if it stops
   */
  awaitEnd(told: StopTelling): string {
    try {
      const { thread } = this;
      const stop = thread.wait();
      throw new StateError(
        `${this.lane} ${thread.tid} was ${tellStop(stop, this.recorder.constants)}, and did not end`,
      );
    } catch (error) {
      if (!(error instanceof DeathError)) throw error;
      const at = this.ended(error.how, told.stop);
      this.waited(at, told.wait);
      return error.how;
    }
  }

  /** Records a stop of the thread; returns the step. */
  stopped(stop: Stop, why: string, observer?: string): number {
    const registers = tellRegisters(this.registers());
    return this.recorder.step({
      lane: this.lane,
      kind: "stop",
      title: tellStop(stop, this.recorder.constants),
      why,
      registers: { before: registers, after: registers },
      kernel: this.recorder.view(this.thread.tgid),
      observer: observer ?? null,
    });
  }

  /** Records the thread's end; returns the step. */
  ended(how: string, why: string): number {
    return this.recorder.step({ lane: this.lane, kind: "exit", title: how, why });
  }

  /** Records the tracer's wait4, with these options, that reported the step `at`; returns the step. */
  waited(at: number, why: string, options = this.thread.tracer.waitAll): number {
    const { tid, tracer } = this.thread;
    const status = tracer.status[0] ?? 0;
    const told = tellStatus(status, tracer);
    const call = tellWait(
      { tid, options },
      `${told}: ${hex(BigInt(status))}`,
      { word: hex(BigInt(tid)), told: `${tid}` },
      this.recorder.constants,
    );
    const step = this.recorder.step({
      lane: this.tracer,
      about: this.lane,
      kind: "syscall",
      title: callTitle(call),
      why,
      call,
    });
    this.recorder.arrow("wait", at, step, told);
    return step;
  }

  #requested(
    request: string,
    data: number,
    why: string,
    before?: Record<string, bigint>,
    observer?: string,
  ): number {
    const { recorder, thread } = this;
    const stopped = thread.state === "stopped";
    const call = tellRequest(request, thread.tid, data, recorder.constants);
    const now = stopped ? this.registers() : undefined;
    return recorder.step({
      lane: this.tracer,
      about: this.lane,
      kind: "ptrace",
      title: callTitle(call),
      why,
      call,
      registers:
        now === undefined
          ? null
          : { before: tellRegisters(before ?? now), after: tellRegisters(now) },
      // A running thread's state changes before it can be read.
      kernel: stopped ? recorder.view(thread.tgid) : null,
      observer: observer ?? null,
    });
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

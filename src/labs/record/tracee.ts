import type { RegisterBlock } from "../../core/encoder/block.ts";
import { parseSignal } from "../../core/encoder/names.ts";
import { HOST_MACHINE } from "../../core/machine/index.ts";
import { decodeSignalInfo, type SignalInfo } from "../../core/platform/signal_info.ts";
import { requestAttach } from "../../core/stub/attach.ts";
import { readMemory } from "../../core/stub/memory.ts";
import type { Stop } from "../../core/stub/state.ts";
import type { Thread } from "../../core/stub/thread.ts";
import { DeathError, hex, StateError } from "../../lib/errors.ts";
import { HOST, NAMES } from "./arch.ts";
import { returned, type Teller, tellCall } from "./calls.ts";
import { type NewEvent, type Recorder, tellRegisters } from "./recorder.ts";
import type { KernelView, Step } from "./recording.ts";
import { type RequestWords, tellEnd, tellRequest, tellStatus, tellStop } from "./requests.ts";
import type { Said } from "./said.ts";

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
  /** The same by name, in addition to `data`. */
  readonly names?: readonly string[];
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

/** What is said of a stop or an end: why it happens, and what the tracer's wait4 says. */
export interface StopTelling {
  readonly stop: Said;
  /** Default: that it reports this. */
  readonly wait?: Said | undefined;
  readonly observer?: string | undefined;
}

/** A tracer: its lane, and how it makes its requests and waits. */
export interface Tracing {
  readonly lane: string;
  /** What the observer does for its steps. */
  readonly observer: string | null;
  /** Makes a request without memory. @throws AttachError, TraceError, SyscallError */
  make(thread: Thread, request: string, data: number): void;
  /** Waits for the next stop. @throws DeathError, DeadlineError */
  next(thread: Thread, options: number): Stop;
  /** The result of a wait4, which a timer may interrupt. */
  poll(thread: Thread, options: number, milliseconds: number): number;
  /** Waits until the end of a thread is visible in /proc, if it is visible before it is reported. */
  awaitZombie?(thread: Thread): void;
}

/** This process as the tracer. */
function thisProcess(lane: string): Tracing {
  return {
    lane,
    observer: null,
    make(thread, request, data) {
      if (request === "PTRACE_ATTACH") requestAttach(thread);
      else if (request === "PTRACE_DETACH") thread.expect("stopped").detach();
      else if (RESUMING.has(request)) thread.expect("stopped").resume(request, data);
      else thread.expect("stopped").ptrace(request, data);
    },
    next: (thread, options) => thread.waitKilled(options),
    poll: ({ tid, tracer }, options, milliseconds) =>
      tracer.shim.wait(tid, options, milliseconds * 1000, tracer.status),
  };
}

function telling(told: StopTelling | Said): StopTelling {
  return typeof told === "object" && "stop" in told ? told : { stop: told };
}

/** What is recorded with a step of a tracee if it is not as usual. */
interface Observed extends Partial<Pick<Step, "registers" | "kernel">> {
  /** The registers before it. Default: as after it. */
  readonly before?: Record<string, bigint> | undefined;
  readonly observer?: string | null | undefined;
}

/** A step of a tracee. */
type TraceeEvent = NewEvent & { readonly lane?: string } & Pick<Observed, "before">;

/**
 * A traced thread in its lane: the tracer's requests and the thread's stops are recorded. stepping.ts executes its
 * instructions. Every method belongs to the tracer's thread. The tracer is this process, or a stub (acting.ts).
 */
export class Tracee {
  readonly recorder: Recorder;
  readonly lane: string;
  readonly thread: Thread;
  /** @internal */
  readonly tracer: Tracing;
  /** Whether its system calls stop it and are not executed, as in a guest. */
  emulated = false;
  /** What its system calls are described with. */
  readonly teller: Teller;
  // The tracer's own block may hold a prepared frame.
  readonly #block: RegisterBlock;
  /** The steps at which signals were sent to it that have not been seen since, by the signal's name. */
  readonly #sent = new Map<string, number>();
  /** The step of an attach whose stop has not been seen. */
  #attach: number | undefined;

  constructor(
    recorder: Recorder,
    lane: string,
    thread: Thread,
    tracer = thisProcess(recorder.host),
  ) {
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
    this.thread.expect("stopped").readRegisters(this.#block);
    return HOST.withoutSteps(this.#block.dump());
  }

  /** The address of its next instruction. */
  get rip(): bigint {
    return this.registers()[HOST_MACHINE.instructionPointer] ?? 0n;
  }

  /** The text of its next instruction, if its code is known. @internal */
  get instruction(): string | undefined {
    return this.recorder.placeOf(this.rip)?.line.text;
  }

  /**
   * Makes a request without memory; returns the step.
   *
   * @throws AttachError, TraceError if the kernel refuses it
   */
  request(
    request: string,
    why: Said,
    { data = 0, names = [], observer }: RequestDetails = {},
  ): number {
    const { tracer } = this.thread;
    const word = names.reduce((all, name) => all | tracer.constant(name), data);
    this.tracer.make(this.thread, request, word);
    const signal = request === "PTRACE_DETACH" ? tracer.constant("SIGSTOP") : word;
    return this.requested(request, why, { data: BigInt(signal), observer });
  }

  /** Writes the registers of a block; returns the step. */
  setRegisters(block: RegisterBlock, why: Said): number {
    const before = this.registers();
    this.thread.expect("stopped").writeRegisters(block);
    const address = HOST.REGISTER_SET;
    return this.requested(`PTRACE_${NAMES.WRITE}`, why, { address, before });
  }

  /** Reads the registers; returns the step. */
  getRegisters(why: Said): number {
    return this.requested(`PTRACE_${NAMES.READ}`, why, { address: HOST.REGISTER_SET });
  }

  /** PTRACE_SETSIGMASK; returns the step. */
  setSignalMask(mask: bigint, why: Said): number {
    this.thread.expect("stopped").setMask(mask);
    // The size of the set is the address, the set is the data.
    const data = mask === 0n ? "[]" : hex(mask);
    return this.requested("PTRACE_SETSIGMASK", why, { address: 8n, data });
  }

  /** PTRACE_GETSIGINFO at a stop by a signal; returns the step. */
  getSignalInfo(why: Said): number {
    this.signalInfo();
    return this.requested("PTRACE_GETSIGINFO", why);
  }

  /** The same without a step. @throws StateError if it is not at such a stop. */
  signalInfo(): SignalInfo {
    const { tracer, tid } = this.thread;
    const bytes = new DataView(new ArrayBuffer(tracer.constant("SIGINFO_SIZE")));
    const request = tracer.constant("PTRACE_GETSIGINFO");
    if (tracer.shim.ptrace(request, tid, 0, bytes) < 0) {
      throw new StateError(`${this.lane} ${tid} is at no stop by a signal`);
    }
    return decodeSignalInfo(tracer, bytes);
  }

  /**
   * Sends it a signal from this process, by tgkill; returns the step. An arrow leads to the stop or the end that follows.
   *
   * @param name or number
   * @throws InputError if there is no signal of that name; StateError if the kernel refuses it
   */
  signal(name: string | number, why: Said, observer: string | null = null): number {
    const { recorder, teller, lane: about } = this;
    const { tracer, tgid, tid } = this.thread;
    const signal = typeof name === "number" ? name : parseSignal(name, recorder.constants);
    const result = tracer.shim.tgkill(tgid, tid, signal);
    if (result < 0) throw new StateError(`tgkill failed with ${tracer.errorName(-result)}`);
    const call = returned(tellCall("tgkill", [tgid, tid, signal].map(BigInt), teller), 0n, teller);
    const sent = recorder.step({ lane: recorder.host, about, why, call, observer });
    this.#sent.set(tracer.signalName(signal), sent);
    return sent;
  }

  /** Draws the arrow of a signal that was sent, and has led to this step. */
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
  awaitStop(told: StopTelling | Said, options = this.thread.tracer.waitAll): Stop {
    const { stop: why, wait = "wait4 reports this stop.", observer } = telling(told);
    const stop = this.tracer.next(this.thread, options);
    this.waited(this.stopped(stop, why, observer), wait, options);
    return stop;
  }

  /**
   * Waits for its end, likewise.
   *
   * @returns how it ended: "killed by SIGKILL".
   * @throws StateError if it stops
   */
  awaitEnd(told: StopTelling | Said): string {
    const { stop, wait = "wait4 reports this end." } = telling(told);
    const kernel = this.#viewOfEnd();
    const how = this.#takeEnd();
    this.waited(this.ended(how, stop, kernel), wait);
    return how;
  }

  /** Records its end, of which nothing has been reported yet: it is a zombie. Returns the step. @internal */
  becomeZombie(how: string, why: Said): number {
    return this.ended(how, why, this.#viewOfEnd());
  }

  /**
   * Records the wait4 that reaps it.
   *
   * @param at the step of its end, if there is an arrow from it
   * @returns how it ended
   * @internal
   */
  reap(why: Said, at?: number): string {
    const how = this.#takeEnd();
    this.waited(at, why);
    return how;
  }

  /** Waits for its end, and returns how it ended. */
  #takeEnd(): string {
    const { thread, lane, recorder, tracer } = this;
    try {
      const stop = tellStop(tracer.next(thread, thread.tracer.waitAll), recorder.constants);
      throw new StateError(`${lane} ${thread.tid} was ${stop}, and did not end`);
    } catch (error) {
      if (error instanceof DeathError) return tellEnd(error.end);
      throw error;
    }
  }

  /** What /proc says of it before it is reaped, if that can be seen. */
  #viewOfEnd(): KernelView | null {
    if (this.tracer.awaitZombie === undefined) return null;
    this.tracer.awaitZombie(this.thread);
    return this.recorder.view(this.thread.tgid);
  }

  /**
   * Records a wait4 of the tracer that is not expected to report anything.
   *
   * @returns "nothing", the name of an errno, or what it reported.
   */
  tryWait(why: Said, { options, milliseconds = 0, observer }: TryOptions): string {
    const { thread, teller } = this;
    const { tracer } = thread;
    const result = this.tracer.poll(thread, options, milliseconds);
    const told = result > 0 ? tellStatus(tracer.status[0] ?? 0, tracer) : undefined;
    const call = this.#wait(told === undefined ? "&status" : `[${told}]`, options);
    // A call that only the timer ended has no result.
    const hangs = result === 0 && (options & tracer.constant("WNOHANG")) === 0;
    this.tell({
      lane: this.tracer.lane,
      about: this.lane,
      why,
      call: hangs ? call : returned(call, BigInt(result), teller),
      registers: null,
      observer: observer ?? this.tracer.observer,
    });
    return result < 0 ? tracer.errorName(-result) : (told ?? "nothing");
  }

  /** A wait4 for this thread. @param status the text of what it wrote */
  #wait(status: string, options: number) {
    const { tid } = this.thread;
    return tellCall("wait4", [BigInt(tid), status, BigInt(options >>> 0), 0n], this.teller);
  }

  /** Records a stop of the thread; returns the step. */
  stopped(stop: Stop, why: Said, observer?: string): number {
    const { recorder, thread } = this;
    const at = this.tell({
      kind: "stop",
      title: tellStop(stop, recorder.constants),
      why,
      observer,
    });
    if (this.#attach !== undefined) recorder.arrow("attach", this.#attach, at, "PTRACE_ATTACH");
    this.#attach = undefined;
    // SIGKILL brings a traced thread to its exit stop.
    const isEvent = stop.kind === "event";
    return this.#arrive(isEvent ? "SIGKILL" : thread.tracer.signalName(stop.signal), at);
  }

  /** Records the thread's end; returns the step. */
  ended(how: string, why: Said, kernel: KernelView | null = null): number {
    const at = this.tell({ kind: "exit", title: how, why, registers: null, kernel });
    return this.#arrive(how.replace("killed by ", ""), at);
  }

  /** Records the tracer's wait4, with these options, that reported the step `at`, if there is one; returns the step. */
  waited(at: number | undefined, why: Said, options = this.thread.tracer.waitAll): number {
    const { recorder, teller, lane: about } = this;
    const { tid, tracer } = this.thread;
    const status = tracer.status[0] ?? 0;
    const told = tellStatus(status, tracer);
    const call = this.#wait(`[${told}: ${hex(BigInt(status))}]`, options);
    const { lane, observer } = this.tracer;
    const event = { lane, about, why, observer };
    const step = recorder.step({ ...event, call: returned(call, BigInt(tid), teller) });
    if (at !== undefined) recorder.arrow("wait", at, step, told);
    return step;
  }

  /**
   * Records a request that was made; returns the step.
   *
   * @param event its last arguments, the registers before it, and what is not as usual
   * @internal
   */
  requested(
    request: string,
    why: Said,
    { address, data, result, ...event }: RequestWords & Observed = {},
  ): number {
    const { recorder, lane: about, thread, tracer } = this;
    const step = this.tell({
      lane: tracer.lane,
      about,
      kind: "ptrace",
      why,
      call: tellRequest(request, thread.tid, recorder.constants, { address, data, result }),
      // A running thread's state changes before it can be read.
      ...(thread.state.name !== "stopped" && { kernel: null }),
      ...event,
      observer: event.observer ?? tracer.observer,
    });
    if (request === "PTRACE_ATTACH") this.#attach = step;
    return step;
  }

  /**
   * Records a step of this thread, by default in its lane, with its registers if it is stopped for this process, and what
   * the kernel says of it; returns the step.
   *
   * @internal
   */
  tell({ before, ...event }: TraceeEvent): number {
    const { recorder, lane, thread } = this;
    const { registers = this.#tellRegisters(before), kernel } = event;
    // A view that is not recorded would take a change of the memory map with it.
    const view = kernel === undefined ? recorder.view(thread.tgid) : kernel;
    return recorder.step({ lane, ...event, registers, kernel: view });
  }

  #tellRegisters(before?: Record<string, bigint>): Step["registers"] {
    if (this.thread.state.name !== "stopped") return null;
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

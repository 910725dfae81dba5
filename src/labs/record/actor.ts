import type { RegisterBlock } from "../../core/encoder/block.ts";
import { HOST_MACHINE } from "../../core/machine/index.ts";
import { takeInitialRegisters } from "../../core/stub/attach.ts";
import {
  decodeResult,
  type SyscallArgument,
  type SyscallResult,
  wordsOf,
} from "../../core/stub/injection.ts";
import { type ProcessFacts, readProcess } from "../../core/stub/proc.ts";
import type { SignalInfo, Stop } from "../../core/stub/stop.ts";
import { Stub } from "../../core/stub/stub.ts";
import type { Thread } from "../../core/stub/tracee.ts";
import type { Syscall } from "../../core/stub/tracing_thread.ts";
import { DeathError, hex, StateError, TraceError } from "../../lib/errors.ts";
import { parseSignal, syscallName } from "../../lib/names.ts";
import { callback, expectMembers, list, text, truth, word } from "../../lib/shape.ts";
import { type Tracing, thisProcess } from "./acting.ts";
import { HOST, nextCallNumber, resultWord } from "./arch.ts";
import { returned, type Teller, tellCall } from "./calls.ts";
import { awaitProcess } from "./kernel_view.ts";
import { common, inWords } from "./lesson_text.ts";
import type { NewEvent, Place, Recorder } from "./recorder.ts";
import type { KernelView, Registers, Step } from "./recording.ts";
import { type RequestWords, tellEnd, tellRequest, tellStatus, tellStop } from "./requests.ts";
import { type Said, type Saying, said, withText } from "./said.ts";
import {
  execute,
  type Outcome,
  registersOf,
  signalInfoOf,
  type Telling,
  tellerOf,
} from "./stepping.ts";
import type {
  AttachTelling,
  CallTelling,
  RequestDetails,
  StopTelling,
  TryOptions,
} from "./telling.ts";

/** The most arguments that a system call has. */
const MOST_ARGUMENTS = 6;
/** The most instructions on the way to a place. */
const MOST_INSTRUCTIONS = 1000;
/** The most stops by signals before the breakpoint: a stub that faults would stop forever. */
const MOST_STOPS = 16;

const STEPPED = "PTRACE_SINGLESTEP";

/** What is recorded with a step of an actor if it is not as usual. */
interface Observed extends Partial<Pick<Step, "registers" | "kernel">> {
  /** The registers before it. Default: as after it. */
  readonly before?: Record<string, bigint> | undefined;
  readonly observer?: Said | null | undefined;
}

/**
 * A traced thread in its lane, of a stub or not. What it executes and meets, and its tracer's requests, are recorded. Every
 * method belongs to the tracer's thread. The tracer is this process, or a stub (acting.ts).
 */
export class Actor {
  readonly recorder: Recorder;
  readonly lane: string;
  readonly thread: Thread;
  /** @internal */
  readonly tracer: Tracing;
  /** Whether its system calls stop it and are not executed, as in a guest. */
  emulated = false;
  /** The step of its self-stop, if its parent has not waited for it. @internal */
  selfStop: number | undefined;
  /** What its system calls are described with. */
  readonly teller: Teller;
  readonly #stub: Stub | undefined;
  /** The steps at which signals were sent to it that have not been seen since, by the signal's name. */
  readonly #sent = new Map<string, number>();
  /** The step of an attach whose stop has not been seen. */
  #attach: number | undefined;

  /** @internal */
  constructor(
    recorder: Recorder,
    lane: string,
    of: Stub | Thread,
    tracer = thisProcess(recorder.host),
  ) {
    this.recorder = recorder;
    this.lane = lane;
    this.#stub = of instanceof Stub ? of : undefined;
    this.thread = of instanceof Stub ? of.thread : of;
    this.tracer = tracer;
    this.teller = tellerOf(this.thread);
  }

  /** Its memory and registers. What is done to the stub directly is not recorded. @throws StateError if it is of no stub */
  get stub(): Stub {
    if (this.#stub === undefined) throw new StateError(`${this.lane} is a thread of no stub`);
    return this.#stub;
  }

  get pid(): number {
    return this.thread.tgid;
  }

  /** What /proc says of it now. @throws StateError if it is gone @internal */
  get facts(): ProcessFacts {
    return readProcess(this.pid);
  }

  /** The registers of the stopped thread, by name. */
  registers(): Record<string, bigint> {
    return registersOf(this.thread);
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
   * The name of its next instruction, if it has one: of a system call that of the call, and of the stub code those in the
   * file of the architecture. @internal
   */
  get next(): string {
    const { instruction = "" } = this;
    if (instruction !== HOST.SYSTEM_CALL) return HOST.PLACES[instruction] ?? "";
    return syscallName(nextCallNumber(this.registers()), this.recorder.constants) ?? "";
  }

  // ─── requests ───

  /**
   * Makes a request without memory; returns the step.
   *
   * @throws AttachError, TraceError if the kernel refuses it
   */
  request(request: string, why: Said, { data = 0, names = [], observer }: RequestDetails = {}) {
    const { tracer } = this.thread;
    const word = names.reduce((all, name) => all | tracer.constant(name), data);
    this.tracer.make(this.thread, request, word);
    const signal = request === "PTRACE_DETACH" ? tracer.constant("SIGSTOP") : word;
    return this.requested(request, why, { data: BigInt(signal), observer });
  }

  /** PTRACE_CONT, with a signal by name if there is one; returns the step. @internal */
  resume(why: Said, signal?: string, observer?: Said): number {
    return this.request("PTRACE_CONT", why, { names: signal ? [signal] : [], observer });
  }

  /** PTRACE_SETOPTIONS with those of every stub, and others by name. @internal */
  setOptions(why: Said, names: readonly string[] = []): void {
    const data = this.thread.tracer.traceOptions;
    this.request("PTRACE_SETOPTIONS", why, { data, names });
  }

  /** The registers of a call, for `setRegisters`: the tracer's own block. @internal */
  frame(call: Syscall, ...args: SyscallArgument[]): RegisterBlock {
    const { initial, tracer } = this.thread;
    const { encoder, frame } = tracer;
    const number = tracer.syscallNumber(call);
    encoder.encodeSyscall(frame.offset, initial.offset, number, ...wordsOf(args));
    return frame;
  }

  /** Writes the registers of a block; returns the step. */
  setRegisters(block: RegisterBlock, why: Said): number {
    const before = this.registers();
    this.thread.expect("stopped").writeRegisters(block);
    const address = HOST.REGISTER_SET;
    return this.requested(inWords("PTRACE_SETREGS"), why, { address, before });
  }

  /** Reads the registers; returns the step. */
  getRegisters(why: Said): number {
    return this.requested(inWords("PTRACE_GETREGS"), why, { address: HOST.REGISTER_SET });
  }

  /** Takes its registers as those that all later calls begin with. @internal */
  takeInitialRegisters(why: Said): void {
    takeInitialRegisters(this.thread);
    this.getRegisters(why);
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
    return signalInfoOf(this.thread);
  }

  /**
   * Sends it a signal from this process, by tgkill; returns the step. An arrow leads to the stop or the end that follows.
   *
   * @param signal by name, such as "SIGCHLD"
   * @throws InputError if there is no signal of that name; StateError if the kernel refuses it
   */
  signal(signal: string, why: Said, observer?: Said): number {
    const { recorder, teller, lane: about } = this;
    const { tracer, tgid, tid } = this.thread;
    const number = parseSignal(text(signal, "signal"), recorder.constants);
    said(why, "why");
    const result = tracer.shim.tgkill(tgid, tid, number);
    if (result < 0) throw new StateError(`tgkill failed with ${tracer.errorName(-result)}`);
    const call = returned(tellCall("tgkill", [tgid, tid, number].map(BigInt), teller), 0n, teller);
    const sent = recorder.step({ lane: recorder.host, about, why, call, observer });
    this.#sent.set(tracer.signalName(number), sent);
    return sent;
  }

  // ─── stops, ends and waits ───

  /**
   * Waits for its next stop: a step of its own, the tracer's wait4, and the arrow between them.
   *
   * @throws DeathError, DeadlineError
   */
  awaitStop(told: StopTelling | Said): Stop {
    const { stop: why, wait = common("wait.stop") } = stopTelling(told);
    const stop = this.tracer.next(this.thread, this.thread.tracer.waitAll);
    this.waited(this.stopped(stop, why), wait);
    return stop;
  }

  /**
   * Waits for its end, likewise.
   *
   * @returns how it ended: "killed by SIGKILL".
   * @throws StateError if it stops
   */
  awaitEnd(told: StopTelling | Said): string {
    const { stop, wait = common("wait.end") } = stopTelling(told);
    const kernel = this.#viewOfEnd();
    const how = this.#takeEnd();
    this.waited(this.ended(how, stop, kernel), wait);
    this.thread.forget();
    this.#stub?.forgetIfDead();
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
    return this.recorder.view(this.pid);
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
  stopped(stop: Stop, why: Said, observer?: Said): number {
    const { recorder, thread } = this;
    const title = tellStop(stop, recorder.constants);
    const at = this.tell({ kind: "stop", title, why, observer });
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

  /** Draws the arrow of a signal that was sent, and has led to this step. */
  #arrive(signal: string, step: number): number {
    const sent = this.#sent.get(signal);
    if (sent !== undefined) this.recorder.arrow("signal", sent, step, signal);
    this.#sent.delete(signal);
    return step;
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
  tell({ before, ...event }: NewEvent & { readonly lane?: string } & Pick<Observed, "before">) {
    const { recorder, lane } = this;
    const { registers = this.#tellRegisters(before), kernel } = event;
    // A view that is not recorded would take a change of the memory map with it.
    const view = kernel === undefined ? recorder.view(this.pid) : kernel;
    return recorder.step({ lane, ...event, registers, kernel: view });
  }

  #tellRegisters(before?: Record<string, bigint>): Step["registers"] {
    if (this.thread.state.name !== "stopped") return null;
    const now = this.registers();
    return { before: tellRegisters(before ?? now), after: tellRegisters(now) };
  }

  /** Records what /proc says about the stub, as a note, and returns it. @throws InputError; StateError if it is gone */
  look(title: string, why: Said): ProcessFacts {
    text(title, "title");
    said(why, "why");
    const { facts } = this;
    this.tell({ kind: "note", title, why });
    return facts;
  }

  /** Waits until /proc says something of it. @throws DeadlineError @internal */
  until(holds: (facts: ProcessFacts) => boolean): void {
    awaitProcess(this.pid, holds, this.thread.tracer.deadline);
  }

  // ─── instructions ───

  /** Executes its next instruction, and records it. @throws DeadlineError, TraceError @internal */
  step({ why, stop }: Telling = {}): Outcome {
    const { recorder, thread } = this;
    recorder.observe(common("steps.change"));
    const before = this.registers();
    const rip = before[HOST_MACHINE.instructionPointer] ?? 0n;
    const place = recorder.placeOf(rip);
    const known = place?.line.text;
    const done = execute(thread, known, this.emulated, (passed) =>
      this.stopped(passed, stop ?? common("steps.passed")),
    );
    const { instruction = null } = place ?? {};
    const told = { why: withText(why, this.#reasonOf(place)), instruction, before };
    const traced = { ...told, observer: common("steps.call") };
    switch (done.kind) {
      case "executed": {
        const title = known ?? `an instruction at ${hex(rip)}`;
        const step = done.call
          ? this.tell({ ...traced, call: done.call })
          : this.tell({ ...told, kind: "instruction", title, observer: STEPPED });
        if (known === HOST.BREAKPOINT) this.stopped(done.stop, common("steps.trap"));
        return { kind: "executed", step };
      }
      case "fault": {
        const info = this.signalInfo();
        const name = thread.tracer.signalName(done.stop.signal);
        const title = `stopped by ${name} at ${hex(info.address)}`;
        const why = stop ?? common("steps.fault");
        return { kind: "fault", step: this.tell({ ...told, kind: "stop", title, why }), info };
      }
      case "emulated":
        return { kind: "emulated", step: this.tell({ ...told, call: done.call }) };
      case "ended":
        // Nothing is known of a thread that has ended.
        this.tell({ ...traced, call: done.call, kernel: null });
        return { kind: "ended", step: this.ended(done.how, common("steps.ended")), how: done.how };
    }
  }

  /** Why an instruction is there that it has just executed: of a conditional jump, by where that led. */
  #reasonOf(place: Place | undefined): string {
    if (place === undefined) return "";
    const { why, line, instruction } = place;
    if (typeof why === "string") return why;
    const end = BigInt(instruction.address) + BigInt(line.bytes.split(" ").length);
    return this.rip === end ? why.passed : why.taken;
  }

  /** Executes its next instruction on the way to a place; returns the step. @throws StateError if it does not @internal */
  go(where: string, told?: Telling): number {
    const outcome = this.step(told);
    if (outcome.kind === "executed") return outcome.step;
    throw new StateError(`${this.lane} ${this.thread.tid} did not reach ${where}`);
  }

  /** Executes instructions up to the breakpoint at which it rests, that included. @internal */
  stepToRest({ resumed: stop = common("attach.resumed") }: AttachTelling = {}): void {
    for (let i = 0, isLast = false; !isLast; i++) {
      if (i === MOST_INSTRUCTIONS) throw new StateError(`${this.lane} executes without end`);
      isLast = this.instruction === HOST.BREAKPOINT;
      this.go(inWords("its INT3"), { stop });
    }
  }

  /** Executes its next instructions up to this system call, and makes it. @internal */
  stepThroughCall(name: string): void {
    while (this.next !== name) this.step();
    this.step();
  }

  /**
   * Executes its next instructions up to its end, and returns how it ended. @internal
   *
   * @param texts what is asked before an instruction, or said of it, by its name (`next`)
   * @throws StateError if it stops
   */
  stepToEnd(texts: Readonly<Record<string, Saying>>): string {
    for (;;) {
      const outcome = this.step({ why: texts[this.next] });
      if (outcome.kind === "executed") continue;
      if (outcome.kind !== "ended") throw new StateError(`${this.lane} ${this.pid} did not end`);
      this.#stub?.forgetIfDead();
      return outcome.how;
    }
  }

  // ─── a birth, and calls ───

  /** Its parent, this process, waits for its self-stop. @internal */
  awaitSelfStop(told?: Said): void {
    if (this.selfStop === undefined) return;
    const options = Number(this.thread.tracer.waitSelfStop);
    this.thread.wait(undefined, options);
    this.waited(this.selfStop, withText(told, common("self-stop.waited")), options);
    this.selfStop = undefined;
  }

  /** Waits for the self-stop, attaches, sets the options and takes the initial registers. @throws AttachError, TraceError */
  attach(told: AttachTelling = {}): void {
    if (this.#stub !== undefined && this.#stub.parent === undefined) this.awaitSelfStop();
    const { request, stop, wait, options, registers } = { ...common.parts("attach"), ...told };
    this.request("PTRACE_ATTACH", request);
    this.awaitStop({ stop, wait });
    this.setOptions(options);
    this.takeInitialRegisters(registers);
  }

  /**
   * Injects a system call into a stub that rests, as `Stub.inject` does, and records each request and stop.
   *
   * @param call by name or number
   * @returns its value, or its errno by name
   * @throws InputError, DeathError, DeadlineError, TraceError
   */
  call(call: Syscall, args: readonly SyscallArgument[], telling: CallTelling): SyscallResult {
    list(word, MOST_ARGUMENTS)(args, "args");
    expectMembers(telling, "telling", CALL_TELLING, ["why", "answer"]);
    return this.inject(this.frame(call, ...args), telling);
  }

  /** Injects the call whose registers are in the tracer's own block. @internal */
  inject(frame: RegisterBlock, told: CallTelling): SyscallResult {
    const { tracer } = this.thread;
    this.setRegisters(frame, told.why);
    if (told.stepped) this.#stepCall(told);
    else this.#runToRest(told);
    this.getRegisters(told.answer);
    return decodeResult(tracer, resultWord(this.registers()), "faithful");
  }

  /** Steps the call and the instructions after it. */
  #stepCall({ executed: why, stop, returned }: CallTelling): void {
    this.recorder.observe(common("call.stepped"));
    const call = this.go("the end of its call", { why, stop });
    if (this.rip !== this.thread.tracer.selfStopAddress) {
      throw new StateError(`${this.lane} is not after its call`);
    }
    returned?.(call, resultWord(this.registers()));
    this.stepToRest({ resumed: common("steps.passed") });
  }

  /** The stub runs by itself, unobserved. */
  #runToRest({ stop: passed = common("call.passed"), rest }: CallTelling): void {
    const { tracer, tid } = this.thread;
    this.resume(common("call.resumed"));
    for (let stops = 0; stops < MOST_STOPS; stops++) {
      const stop = this.thread.wait();
      const isOver = stop.signal === tracer.constant("SIGTRAP");
      const at = this.stopped(stop, isOver ? withText(rest, common("call.rests")) : passed);
      this.waited(at, isOver ? common("call.reported") : common("call.passed-reported"));
      if (isOver) return;
      this.resume(common("call.resumed-again"));
    }
    throw new TraceError(inWords(`stub ${tid} does not get to its INT3 in ${MOST_STOPS} stops`));
  }

  /** Injects a call that must succeed, records it as one step of this stub, and returns its result. @internal */
  callBriefly(name: string, args: readonly SyscallArgument[], why: Said): bigint {
    const { teller } = this;
    const result = this.stub.call(name, ...args);
    const call = returned(tellCall(name, wordsOf(args), teller), result, teller);
    this.tell({ why, call, registers: null, observer: common("call.brief") });
    return result;
  }

  /** The same stub, of which another stub is the tracer or the parent from now on. @internal */
  by(tracer: Tracing): Actor {
    return new Actor(this.recorder, this.lane, this.#stub ?? this.thread, tracer);
  }
}

const CALL_TELLING = {
  why: said,
  answer: said,
  stop: said,
  rest: said,
  stepped: truth,
  executed: said,
  returned: callback,
};

/** A text alone is that of the stop. */
function stopTelling(told: StopTelling | Said): StopTelling {
  return typeof told === "object" && "stop" in told ? told : { stop: told };
}

/** Registers in the form of a recording. */
function tellRegisters(registers: Readonly<Record<string, bigint>>): Registers {
  return Object.fromEntries(Object.entries(registers).map(([name, word]) => [name, hex(word)]));
}

import type { RegisterBlock } from "../../core/encoder/block.ts";
import { type Syscall, syscallName } from "../../core/encoder/names.ts";
import { takeInitialRegisters } from "../../core/stub/attach.ts";
import { deathSignal } from "../../core/stub/examine.ts";
import type { SyscallArgument, SyscallResult } from "../../core/stub/injection.ts";
import { type ProcessFacts, readProcess } from "../../core/stub/proc.ts";
import type { Stub } from "../../core/stub/stub.ts";
import { hex, StateError } from "../../lib/errors.ts";
import { callback, expectMembers, list, text, truth, word } from "../../lib/shape.ts";
import type { Acting } from "./acting.ts";
import { HOST, nextCallNumber } from "./arch.ts";
import { type AttachTelling, attachWatched, awaitSelfStop, stepToSelfStop } from "./birth.ts";
import { returned, tellCall } from "./calls.ts";
import { type CallTelling, encodeFrame, injectWatched } from "./injection.ts";
import { awaitProcess } from "./kernel_view.ts";
import { common } from "./lesson_text.ts";
import type { Recorder } from "./recorder.ts";
import { type Said, type Saying, said } from "./said.ts";
import { isBeforeCall, type Outcome, step, stepToTrap, type Telling } from "./stepping.ts";
import { TEXTS } from "./texts/arch.ts";
import { type StopTelling, Tracee, type Tracing } from "./tracee.ts";

const CALL_TELLING = {
  why: said,
  answer: said,
  stop: said,
  stepped: truth,
  executed: said,
  before: callback,
  beforeAnswer: callback,
  returned: callback,
};

/** The most arguments that a system call has. */
const MOST_ARGUMENTS = 6;

/** A stub in a scene. */
export class Actor extends Tracee {
  /** Its memory and registers. What is done to the stub directly is not recorded. */
  readonly stub: Stub;
  /** The step of its self-stop, if it is not attached yet. @internal */
  selfStop: number | undefined;

  /** @internal */
  constructor(recorder: Recorder, lane: string, stub: Stub, tracer?: Tracing) {
    super(recorder, lane, stub.thread, tracer);
    this.stub = stub;
  }

  get pid(): number {
    return this.stub.pid;
  }

  /** What /proc says of it now. @throws StateError if it is gone @internal */
  get facts(): ProcessFacts {
    return readProcess(this.pid);
  }

  /**
   * Steps it through the stub code to its self-stop, where the host lets it go.
   *
   * @param texts by the name of an instruction: what is asked before it, or said of it. A SYSCALL has the name of its call;
   * other names are in texts/. @internal
   */
  stepToSelfStop(texts: Readonly<Record<string, Saying>> = {}): void {
    this.selfStop = stepToSelfStop(this, ({ line }) => texts[this.#nameOf(line.text)]);
  }

  /** The name of its next instruction. */
  #nameOf(text: string): string {
    if (text !== HOST.SYSTEM_CALL) return TEXTS.STUB_CODE_NAMES[text] ?? "";
    return syscallName(nextCallNumber(this.registers()), this.recorder.constants) ?? "";
  }

  /** Its parent, this process, waits for its self-stop. @internal */
  awaitSelfStop(): void {
    if (this.selfStop !== undefined) awaitSelfStop(this, this.selfStop);
    this.selfStop = undefined;
  }

  /** Waits for the self-stop, attaches, sets the options and takes the initial registers. @throws AttachError */
  attach(told: AttachTelling = {}): void {
    if (this.stub.parent === undefined) this.awaitSelfStop();
    attachWatched(this, told);
  }

  /**
   * Injects a system call.
   *
   * @param call by name or number, as for `Stub.inject`
   * @returns its value, or its errno by name
   * @throws InputError, DeathError, DeadlineError, TraceError
   */
  call(call: Syscall, args: readonly SyscallArgument[], telling: CallTelling): SyscallResult {
    this.stub.tracer.syscallNumber(call);
    list(word, MOST_ARGUMENTS)(args, "args");
    expectMembers(telling, "telling", CALL_TELLING, ["why", "answer"]);
    return injectWatched(this, { call, args, ...telling });
  }

  /** Injects a call that must succeed, records it as one step of this stub, and returns its result. @internal */
  callBriefly(name: string, args: readonly SyscallArgument[], why: Said): bigint {
    const words = args.map((arg) => BigInt.asUintN(64, BigInt(arg)));
    const result = this.stub.call(name, ...args);
    const call = returned(tellCall(name, words, this.teller), result, this.teller);
    const observer = "The call is injected by the host. The steps of that are left out.";
    this.tell({ why, call, registers: null, observer });
    return result;
  }

  /** The registers of a call, for `setRegisters`. @internal */
  frame(call: Syscall, ...args: SyscallArgument[]): RegisterBlock {
    return encodeFrame(this, { call, args });
  }

  /** PTRACE_CONT, with a signal by name if there is one; returns the step. @internal */
  resume(why: Said, signal?: string, observer?: string): number {
    const names = signal === undefined ? [] : [signal];
    return this.request("PTRACE_CONT", why, { names, observer });
  }

  /** PTRACE_SETOPTIONS with those of every stub. @internal */
  setOptions(why: Said): void {
    this.request("PTRACE_SETOPTIONS", why, { data: this.stub.tracer.traceOptions });
  }

  /** Takes its registers as those that all later calls begin with. @internal */
  takeInitialRegisters(why: Said): void {
    takeInitialRegisters(this.thread);
    this.getRegisters(why);
  }

  override awaitEnd(told: StopTelling | Said): string {
    const how = super.awaitEnd(told);
    this.thread.forget();
    this.stub.forgetIfDead();
    return how;
  }

  /** Executes its next instruction. @internal */
  step(telling?: Telling): Outcome {
    return step(this, telling);
  }

  /** Executes its next instructions up to this system call, and makes it. @internal */
  stepThroughCall(name: string): void {
    while (!this.isBeforeCall(name)) this.step();
    this.step();
  }

  /** Executes instructions up to the breakpoint at which it rests. @internal */
  stepToRest({ resumed: stop = common("attach.resumed") }: AttachTelling = {}): void {
    stepToTrap(this, { stop });
  }

  /**
   * Executes its next instructions up to its end, and returns how it ended. @internal
   *
   * @param why says of each beforehand why it is there, if not as the code's reasons do
   * @throws StateError if it stops
   */
  stepToEnd(why: () => string | undefined): string {
    for (;;) {
      const outcome = this.step({ why: why() });
      if (outcome.kind === "executed") continue;
      if (outcome.kind !== "ended") throw new StateError(`${this.lane} ${this.pid} did not end`);
      this.stub.forgetIfDead();
      return outcome.how;
    }
  }

  /** Whether its next instruction makes this system call. @internal */
  isBeforeCall(name: string): boolean {
    return isBeforeCall(this, name);
  }

  /**
   * Sends the stub a signal.
   *
   * @param signal by name, such as "SIGCHLD"
   * @returns the index of the step
   * @throws InputError if there is no signal of that name; StateError if the kernel refuses it
   */
  override signal(signal: string, why: Said, observer?: string): number {
    return super.signal(text(signal, "signal"), said(why, "why"), observer);
  }

  /** Waits until /proc says something of it. @throws DeadlineError @internal */
  until(holds: (facts: ProcessFacts) => boolean): void {
    awaitProcess(this.pid, holds, this.stub.tracer.deadline);
  }

  /** Records what /proc says about the stub, as a note, and returns it. @throws InputError; StateError if it is gone */
  look(title: string, why: Said): ProcessFacts {
    text(title, "title");
    said(why, "why");
    const { facts } = this;
    this.tell({ kind: "note", title, why });
    return facts;
  }

  /**
   * Asks the kernel whether it is what a birth makes of a stub.
   *
   * @param parent its pid
   * @internal
   */
  checkAtRest(parent: number, session: number): void {
    const { stub, facts } = this;
    const { tracer } = stub;
    const check = (fact: string, expected: string | number, seen: string | number) =>
      this.recorder.check(`the stub: ${fact}`, `${expected}`, `${seen}`);
    check("it is stopped by its tracer", "t", facts.state);
    check("its tracer", tracer.tid, facts.tracerTid);
    check("its parent", parent, facts.parentPid);
    check("its session", session, facts.session);
    check("signals blocked", "0x0", hex(facts.blocked));
    check("signals ignored", "0x0", hex(facts.ignored));
    for (const row of HOST.restingFacts(stub.registers(), tracer.restAddress, parent))
      check(...row);
    check("getppid, injected", parent, `${stub.call("getppid")}`);
    check("the signal at its parent's end", "SIGKILL", deathSignal(stub));
  }

  /** The same stub, of which another stub is the tracer or the parent from now on. @internal */
  by(acting: Acting): Actor {
    return new Actor(this.recorder, this.lane, this.stub, acting);
  }
}

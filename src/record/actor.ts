import type { RegisterBlock } from "../encoder/block.ts";
import { parseSignal } from "../encoder/names.ts";
import { hex } from "../errors.ts";
import { callback, checkOptions, list, type OptionShapes, text, truth, word } from "../shape.ts";
import { takeInitialRegisters } from "../stub/attach.ts";
import { type ProcessFacts, readProcess } from "../stub/proc.ts";
import type { Stop } from "../stub/status.ts";
import type { Stub } from "../stub/stub.ts";
import type { SyscallArgument, SyscallResult } from "../stub/syscall.ts";
import { ActedTracee, type Acting } from "./acting.ts";
import { attachWatched, awaitSelfStop, stepToRest, stepToSelfStop } from "./birth.ts";
import { callTitle, returned, tellCall } from "./calls.ts";
import { type CloneOptions, cloneWatched } from "./clone.ts";
import { checkStub, type StubFacts } from "./facts.ts";
import { type CallTelling, encodeFrame, injectWatched } from "./injection.ts";
import { awaitProcess } from "./kernel_view.ts";
import { tellRegisters } from "./recorder.ts";
import { isBeforeCall, type Outcome, step, stepTo, type Telling } from "./stepping.ts";
import type { RequestDetails, StopTelling, Tracee } from "./tracee.ts";

const CALL_TELLING: OptionShapes<CallTelling> = {
  why: text,
  answer: text,
  stop: text,
  stepped: truth,
  executed: text,
  before: callback,
  beforeAnswer: callback,
  returned: callback,
};

/** Checks an object that a verb gets: it has these members, and no unknown ones. @throws InputError */
export function expectMembers<T extends object>(
  value: T,
  place: string,
  shapes: OptionShapes<T>,
  required: readonly (keyof T & string)[],
): void {
  checkOptions(value, place, shapes);
  for (const name of required) shapes[name](value[name], `${place}.${name}`);
}

/** The most arguments that a system call has. */
const MOST_ARGUMENTS = 6;

/** A stub in a scene. */
export class Actor<T extends Tracee = Tracee> {
  /** Its memory and registers. What is done to the stub directly is not recorded. */
  readonly stub: Stub;
  /** Single ptrace requests and stops, each recorded. */
  readonly tracee: T;
  /** The step of its self-stop, if it is not attached yet. */
  #selfStop: number | undefined;

  /** @internal */
  constructor(stub: Stub, tracee: T, selfStop?: number) {
    this.stub = stub;
    this.tracee = tracee;
    this.#selfStop = selfStop;
  }

  get pid(): number {
    return this.stub.pid;
  }

  /** Its registers, while it is stopped. @internal */
  get registers(): Record<string, bigint> {
    return this.tracee.registers();
  }

  /** @internal */
  get rip(): string {
    return hex(this.tracee.rip);
  }

  /** What /proc says of it now. @throws StateError if it is gone @internal */
  get facts(): ProcessFacts {
    return readProcess(this.pid);
  }

  /**
   * Steps it through the stub code to its self-stop, where the host lets it go.
   *
   * @param before by the text of an instruction, or by its label: is called before that is executed. @internal
   */
  stepToSelfStop(before: Readonly<Record<string, () => void>> = {}): void {
    this.#selfStop = stepToSelfStop(this.tracee, ({ line }) =>
      (before[line.label ?? ""] ?? before[line.text])?.(),
    );
  }

  /** The step of its self-stop. @internal */
  get selfStop(): number {
    return this.#selfStop ?? -1;
  }

  /** Its parent, this process, waits for its self-stop. @internal */
  awaitSelfStop(): void {
    awaitSelfStop(this.tracee, this.selfStop);
    this.#selfStop = undefined;
  }

  /** Waits for the self-stop, attaches, sets the options and takes the initial registers. @throws AttachError */
  attach(): void {
    if (this.#selfStop !== undefined && this.stub.parent === undefined) this.awaitSelfStop();
    attachWatched(this.tracee);
  }

  /** Lets it go on to its INT3 after an attach. @internal */
  stepToRest(): void {
    stepToRest(this.tracee);
  }

  /**
   * Injects a system call.
   *
   * @param call by name or number, as for `Stub.inject`
   * @returns its value, or its errno by name
   * @throws InputError, DeathError, DeadlineError, TraceError
   */
  call(
    call: string | number | bigint,
    args: readonly SyscallArgument[],
    telling: CallTelling,
  ): SyscallResult {
    this.stub.tracer.syscallNumber(call);
    list(word, MOST_ARGUMENTS)(args, "args");
    expectMembers(telling, "telling", CALL_TELLING, ["why", "answer"]);
    return injectWatched(this.tracee, { call, args, ...telling });
  }

  /** Injects a call that must succeed, and records it as one step of this stub. @internal */
  callBriefly(name: string, args: readonly SyscallArgument[], why: string): void {
    const { recorder, lane, teller } = this.tracee;
    const words = args.map((arg) => BigInt.asUintN(64, BigInt(arg)));
    const number = this.stub.tracer.syscallNumber(name);
    const call = returned(tellCall(number, words, teller), this.stub.call(name, ...args), teller);
    recorder.step({
      lane,
      kind: "syscall",
      title: callTitle(call),
      why,
      call,
      kernel: recorder.view(this.pid),
      observer: "The call is injected by the host. The steps of that are left out.",
    });
  }

  /** Makes it clone a stub, which is traced from its first instruction on. @internal */
  clone(options: CloneOptions): Actor {
    const { stub, tracee } = cloneWatched(this, options);
    return new Actor(stub, tracee);
  }

  /** The registers of a call, for `write`. @internal */
  frame(call: string | number | bigint, ...args: SyscallArgument[]): RegisterBlock {
    return encodeFrame(this.tracee, { call, args });
  }

  /** PTRACE_SETREGS. Returns the step. @internal */
  write(registers: RegisterBlock, why: string): number {
    return this.tracee.setRegisters(registers, why);
  }

  /** PTRACE_GETREGS. Returns the step. @internal */
  read(why: string): number {
    return this.tracee.getRegisters(why);
  }

  /** Makes a ptrace request without memory; options and signals by name. Returns the step. @internal */
  request(
    request: string,
    why: string,
    { names = [], observer }: { names?: readonly string[] } & Omit<RequestDetails, "data"> = {},
  ): number {
    const { tracer } = this.stub;
    const data = names.reduce((data, name) => data | tracer.constant(name), 0);
    return this.tracee.request(request, why, { data, observer });
  }

  /** PTRACE_CONT, with a signal if there is one. Returns the step. @internal */
  resume(why: string, signal?: string, observer?: string): number {
    const names = signal === undefined ? [] : [signal];
    return this.request("PTRACE_CONT", why, { names, observer });
  }

  /** PTRACE_SETOPTIONS with those of every stub. @internal */
  setOptions(why: string): void {
    this.tracee.request("PTRACE_SETOPTIONS", why, { data: this.stub.tracer.traceOptions });
  }

  /** Takes its registers as those that all later calls begin with. @internal */
  takeInitialRegisters(why: string): void {
    takeInitialRegisters(this.stub.thread);
    this.read(why);
  }

  /** Waits for its next stop. @internal */
  stops(told: StopTelling): Stop {
    return this.tracee.awaitStop(told);
  }

  /** Waits for its end; returns how it ended. @internal */
  ends(told: StopTelling): string {
    const how = this.tracee.awaitEnd(told);
    this.stub.thread.forget();
    this.stub.forgetIfDead();
    return how;
  }

  /** Executes its next instruction. @internal */
  step(telling?: Telling): Outcome {
    return step(this.tracee, telling);
  }

  /** Executes instructions until RIP is at an address, by default after the INT3. @internal */
  stepTo(address = this.stub.tracer.restAddress): void {
    stepTo(this.tracee, address);
  }

  /** Whether its next instruction makes this system call, or any. @internal */
  isBeforeCall(name?: string): boolean {
    return isBeforeCall(this.tracee, name);
  }

  /** The text of its next instruction, if its code is known. @internal */
  get instruction(): string | undefined {
    return this.tracee.recorder.placeOf(this.tracee.rip)?.line.text;
  }

  /**
   * Sends the stub a signal.
   *
   * @param signal by name, such as "SIGCHLD"
   * @returns the index of the step
   * @throws InputError if there is no signal of that name; StateError if the kernel refuses it
   */
  signal(signal: string, why: string, observer?: string): number {
    const number = parseSignal(text(signal, "signal"), this.stub.tracer.encoder.constants);
    return this.tracee.signal(number, text(why, "why"), observer);
  }

  /** Waits until /proc says something of it. @throws DeadlineError @internal */
  until(holds: (facts: ProcessFacts) => boolean): void {
    awaitProcess(this.pid, holds, this.stub.tracer.deadline);
  }

  /** Records what /proc says about the stub, as a note, and returns it. @throws InputError; StateError if it is gone */
  look(title: string, why: string): ProcessFacts {
    text(title, "title");
    text(why, "why");
    const { recorder, lane } = this.tracee;
    const { facts } = this;
    const registers = this.stub.thread.state === "stopped" ? tellRegisters(this.registers) : null;
    recorder.step({
      lane,
      kind: "note",
      title,
      why,
      registers: registers && { before: registers, after: registers },
      kernel: recorder.view(this.pid),
    });
    return facts;
  }

  /** Checks that it is what a birth makes of a stub. @internal */
  checkAtRest(facts: StubFacts): void {
    checkStub(this.tracee.recorder, this.stub, facts);
  }

  /** The same stub, of which another stub is the tracer or the parent from now on. @internal */
  by(acting: Acting): Actor<ActedTracee> {
    const { recorder, lane } = this.tracee;
    return new Actor(this.stub, new ActedTracee(recorder, lane, this.stub, acting));
  }
}

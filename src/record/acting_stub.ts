import { hex, StateError } from "../errors.ts";
import { PAGE_SIZE } from "../stub/amd64.ts";
import type { Stub } from "../stub/stub.ts";
import { callTitle } from "./calls.ts";
import type { Recorder } from "./recorder.ts";
import type { Call } from "./recording.ts";
import { tellRequest, tellStatus, tellWait } from "./requests.ts";

/** A process that a call is for, and the lane that it is in. */
export interface Subject {
  readonly lane: string;
  readonly pid: number;
}

/** How a wait is told. */
export interface WaitTelling {
  readonly why: string;
  /** The step that it tells of; or what records that step, from what is told. */
  readonly of?: number | ((told: string) => number);
}

const INJECTED = "The call is injected. The steps of that are left out.";

/**
 * A stub that acts for the host: it traces others and waits for them, by injected calls, and may die of what it does.
 * The host is left to tell. Each call is recorded as the stub's own.
 */
export class ActingStub {
  readonly recorder: Recorder;
  readonly lane: string;
  readonly stub: Stub;
  /** Memory of the stub, for the kernel's answers. */
  readonly #answers: bigint;

  constructor(recorder: Recorder, lane: string, stub: Stub) {
    this.recorder = recorder;
    this.lane = lane;
    this.stub = stub;
    this.#answers = stub.map(PAGE_SIZE);
  }

  /**
   * Takes a stub over that the host traces: it is stopped then, with this one as its tracer, without options. Nothing is
   * recorded.
   */
  takeOver(subject: Stub): void {
    const { tracer } = this.stub;
    subject.detach();
    this.ptrace("PTRACE_ATTACH", subject.pid);
    this.#wait(subject.pid);
    // PTRACE_ATTACH's own SIGSTOP is pending still: the first resume meets it.
    this.ptrace("PTRACE_CONT", subject.pid);
    const { status } = this.#wait(subject.pid);
    if (tracer.encoder.waitValue(status) === tracer.constant("SIGSTOP")) return;
    throw new StateError(`stub ${subject.pid} was ${tellStatus(status, tracer)}`);
  }

  /** Makes a request without memory; answers the step. @throws SyscallError where the kernel refuses it. */
  request(request: string, subject: Subject, why: string, data = 0): number {
    this.ptrace(request, subject.pid, data);
    return this.tell(request, subject, why, data);
  }

  /** The same without a step. @throws SyscallError, DeathError where the stub dies of it. */
  ptrace(request: string, pid: number, data: number | bigint = 0): void {
    this.stub.call("ptrace", this.stub.tracer.flag(request), pid, 0, data);
  }

  /** The step of a request that was made. */
  tell(request: string, { lane, pid }: Subject, why: string, data = 0): number {
    const call = tellRequest(request, pid, data, this.recorder.constants);
    return this.#record("ptrace", call, lane, why);
  }

  /** PTRACE_GETEVENTMSG of a process at an event; answers the message. */
  eventMessage({ lane, pid }: Subject, why: string): number {
    this.ptrace("PTRACE_GETEVENTMSG", pid, this.#answers);
    const message = new DataView(this.stub.read(this.#answers, 8).buffer).getBigUint64(0, true);
    const call = tellRequest("PTRACE_GETEVENTMSG", pid, 0, this.recorder.constants);
    const told = { word: hex(this.#answers), told: `[${message}]` };
    const args = [...call.arguments.slice(0, 3), told];
    this.#record("ptrace", { ...call, arguments: args }, lane, why);
    return Number(message);
  }

  /** wait4 for one process; answers what it told: "killed by SIGKILL". */
  wait({ lane, pid }: Subject, { why, of }: WaitTelling): string {
    const { tracer } = this.stub;
    const { status } = this.#wait(pid);
    const told = tellStatus(status, tracer);
    const result = { word: hex(BigInt(pid)), told: `${pid}` };
    const at = typeof of === "function" ? of(told) : of;
    const call = tellWait(
      { tid: pid, options: tracer.waitAll },
      `${told}: ${hex(BigInt(status))}`,
      result,
      this.recorder.constants,
    );
    const step = this.#record("syscall", call, lane, why);
    if (at !== undefined) this.recorder.arrow("wait", at, step, told);
    return told;
  }

  /** wait4 with WNOHANG; answers whether there was nothing to tell. */
  poll({ lane, pid }: Subject, why: string): boolean {
    const options = this.stub.tracer.waitAll | this.stub.tracer.constant("WNOHANG");
    const { result, status } = this.#wait(pid, options);
    const nothing = result === 0n;
    const call = tellWait(
      { tid: pid, options },
      nothing ? undefined : tellStatus(status, this.stub.tracer),
      { word: hex(result), told: `${result}` },
      this.recorder.constants,
    );
    this.#record("syscall", call, lane, why);
    return nothing;
  }

  #record(kind: "ptrace" | "syscall", call: Call, about: string, why: string): number {
    const title = callTitle(call);
    return this.recorder.step({
      lane: this.lane,
      about,
      kind,
      title,
      why,
      call,
      observer: INJECTED,
    });
  }

  #wait(
    pid: number,
    options = this.stub.tracer.waitAll,
  ): { readonly result: bigint; readonly status: number } {
    const result = this.stub.call("wait4", pid, this.#answers, options, 0);
    const status = new DataView(this.stub.read(this.#answers, 4).buffer).getInt32(0, true);
    return { result, status };
  }
}

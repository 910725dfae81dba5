import { PAGE_SIZE } from "../../core/shim/auxiliary_vector.ts";
import { requestAttach } from "../../core/stub/attach.ts";
import { decodeStatus, type Stop } from "../../core/stub/stop.ts";
import type { Stub } from "../../core/stub/stub.ts";
import type { Thread } from "../../core/stub/tracee.ts";
import { DeathError, StateError } from "../../lib/errors.ts";
import { RESUMES } from "./calls.ts";
import { awaitProcess } from "./kernel_view.ts";
import { common } from "./lesson_text.ts";
import { tellStatus } from "./requests.ts";
import type { Said } from "./said.ts";

/**
 * A stub that acts for the host: it traces others and waits for them, by injected calls, and may die of what it does.
 * The host survives, and reports it. No registers are known of its tracees.
 */
export class Acting implements Tracing {
  readonly lane: string;
  readonly stub: Stub;
  readonly observer = common("call.acting");
  /** Memory of the stub, for the kernel's answers. */
  readonly #answers: bigint;

  constructor(lane: string, stub: Stub) {
    this.lane = lane;
    this.stub = stub;
    this.#answers = stub.map(PAGE_SIZE);
  }

  /** Makes a request, of which this stub may die. @throws SyscallError if the kernel refuses it */
  ptrace(request: string, pid: number, data: number | bigint = 0): void {
    try {
      this.stub.call("ptrace", this.stub.tracer.flag(request), pid, 0, data);
    } catch (error) {
      if (!(error instanceof DeathError)) throw error;
    }
  }

  /** Waits until it has died of what it did. @throws StateError if it stops instead */
  awaitDeath(): void {
    const { pid, thread } = this.stub;
    try {
      thread.waitKilled();
    } catch (error) {
      if (error instanceof DeathError) return;
      throw error;
    }
    throw new StateError(`${this.lane} ${pid} stopped, and should end`);
  }

  /** Traces a stub that the host has traced: it is stopped then, without options. Nothing is recorded. */
  takeOver(subject: Stub): void {
    const { tracer } = this.stub;
    subject.detach();
    this.ptrace("PTRACE_ATTACH", subject.pid);
    this.wait(subject.pid, tracer.waitAll);
    // The SIGSTOP of PTRACE_ATTACH is still pending, and stops it at the first resume.
    this.ptrace("PTRACE_CONT", subject.pid);
    this.wait(subject.pid, tracer.waitAll);
    const status = tracer.status[0] ?? 0;
    if (tracer.encoder.waitValue(status) !== tracer.constant("SIGSTOP")) {
      throw new StateError(`stub ${subject.pid} was ${tellStatus(status, tracer)}`);
    }
    // A stop is visible before its SIGCHLD is sent, but a request waits for both: after it, no SIGCHLD is pending.
    this.ptrace("PTRACE_SETOPTIONS", subject.pid);
  }

  /** Ends and reaps a stub that it traces; or its own parent does, if it is dead. */
  end({ pid, thread }: Stub): void {
    const { tracer, parent, alive } = this.stub;
    if (thread.state.name !== "detached") return;
    tracer.shim.tgkill(pid, pid, tracer.constant("SIGKILL"));
    (alive ? this.stub : parent)?.inject("wait4", pid, 0, tracer.flag("__WALL"), 0);
    thread.forget();
  }

  /** PTRACE_GETEVENTMSG: the message, and where it is. */
  eventMessage(pid: number): { readonly address: bigint; readonly message: bigint } {
    const address = this.#answers;
    this.ptrace("PTRACE_GETEVENTMSG", pid, address);
    const message = new DataView(this.stub.read(address, 8).buffer).getBigUint64(0, true);
    return { address, message };
  }

  /** wait4 for one process: its result. The status goes to where this tracer's own would. @throws SyscallError */
  wait(pid: number, options: number): number {
    const { tracer } = this.stub;
    const result = this.stub.call("wait4", pid, this.#answers, options, 0);
    tracer.status[0] = new DataView(this.stub.read(this.#answers, 4).buffer).getInt32(0, true);
    return Number(result);
  }

  make({ tid }: Thread, request: string, data: number): void {
    this.ptrace(request, tid, data);
  }

  next({ tid, tracer }: Thread, options: number): Stop {
    this.wait(tid, options);
    const report = decodeStatus(tracer, tracer.status[0] ?? 0);
    if ("event" in report) return report;
    throw new DeathError(tid, report);
  }

  poll = ({ tid }: Thread, options: number): number => this.wait(tid, options);

  awaitZombie({ tgid, tracer }: Thread): void {
    awaitProcess(tgid, ({ state }) => state === "Z", tracer.deadline);
  }
}

/** A tracer: its lane, and how it makes its requests and waits. */
export interface Tracing {
  readonly lane: string;
  /** What the observer does for its steps. */
  readonly observer: Said | null;
  /** Makes a request without memory. @throws AttachError, TraceError, SyscallError */
  make(thread: Thread, request: string, data: number): void;
  /** Waits for the next stop. @throws DeathError, DeadlineError */
  next(thread: Thread, options: number): Stop;
  /** The result of a wait4, which a timer may interrupt. */
  poll(thread: Thread, options: number, milliseconds: number): number;
  /** Waits until the end of a thread is visible in /proc, if it is visible before it is reported. */
  awaitZombie?(thread: Thread): void;
}

/** This process as the tracer. PTRACE_DETACH always leaves the thread stopped. */
export function thisProcess(lane: string): Tracing {
  return {
    lane,
    observer: null,
    make(thread, request, data) {
      if (request === "PTRACE_ATTACH") requestAttach(thread);
      else if (request === "PTRACE_DETACH") thread.expect("stopped").detach();
      else if (RESUMES.test(request)) thread.expect("stopped").resume(request, data);
      else thread.expect("stopped").ptrace(request, data);
    },
    next: (thread, options) => thread.waitKilled(options),
    poll: ({ tid, tracer }, options, milliseconds) =>
      tracer.shim.wait(tid, options, milliseconds * 1000, tracer.status),
  };
}

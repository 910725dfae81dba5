import { requestAttach } from "../../core/stub/attach.ts";
import type { Stop } from "../../core/stub/stop.ts";
import type { Thread } from "../../core/stub/tracee.ts";
import { RESUMES } from "./calls.ts";
import type { Said } from "./said.ts";

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

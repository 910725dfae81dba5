import { existsSync } from "node:fs";
import { EncoderError, InputError, StateError, SyscallError } from "../../lib/errors.ts";
import { bytes, object } from "../../lib/shape.ts";
import { attach } from "./attach.ts";
import { inject } from "./injection.ts";
import { PID, readProcess } from "./proc.ts";
import { Thread } from "./tracee.ts";
import type { TracingThread } from "./tracing_thread.ts";

/**
 * A thread of a stub to which another tracer may attach: plain data, which can be posted to a worker. The tracer of the
 * stub's first thread issues it, and the tracer named in it redeems it.
 */
export interface ThreadTicket {
  readonly tgid: number;
  readonly tid: number;
  /** The tid of the tracer that may redeem it. */
  readonly tracerTid: number;
  /** The registers that every injection into it starts from. */
  readonly initial: Uint8Array;
}

/** The threads of one process for other tracers, one per tracer: gVisor's threadPool. */
export class ThreadPool {
  readonly #first: Thread;
  /** The thread of each tracer, by the tracer's tid. */
  readonly #threads = new Map<number, number>();

  /** @param first the thread of the stub's own tracer, which clones the others. */
  constructor(first: Thread) {
    this.#first = first;
  }

  /**
   * Issues a thread for the tracer `tracerTid`: the one that it had before, else that of a tracer that has ended, else
   * a new one.
   *
   * @throws StateError, SyscallError, EncoderError
   */
  issue(tracerTid: number): ThreadTicket {
    const { tracer, tgid, initial } = this.#first;
    PID(tracerTid, "tracerTid");
    if (tracerTid === tracer.tid) {
      throw new StateError(`thread ${tracerTid} is the stub's own tracer, which needs no ticket`);
    }
    if (!existsSync(`/proc/self/task/${tracerTid}`)) {
      throw new InputError(`tracerTid: this process has no thread ${tracerTid}`);
    }
    const tid = this.#threads.get(tracerTid) ?? this.#orphan() ?? cloneThread(this.#first);
    this.#threads.set(tracerTid, tid);
    return { tgid, tid, tracerTid, initial: initial.bytes.slice() };
  }

  /**
   * Refuses to end a process while other tracers hold threads of it: the kernel completes the end only when each of
   * them has reaped its thread.
   *
   * @throws StateError
   */
  expectUnshared(): void {
    const { tgid } = this.#first;
    const holders = [...this.#threads.values()]
      .map((tid) => tracerOf(tgid, tid))
      .filter((tracer) => tracer !== 0);
    if (holders.length === 0) return;
    throw new StateError(`stub ${tgid} is shared with the tracers ${holders.join(", ")}`, {
      remedy: "each tracer that joined it must release it first",
    });
  }

  /** Takes over the thread of a tracer whose own thread has ended. */
  #orphan(): number | undefined {
    for (const [tracerTid, tid] of this.#threads) {
      if (existsSync(`/proc/self/task/${tracerTid}`)) continue;
      this.#threads.delete(tracerTid);
      return tid;
    }
    return undefined;
  }
}

/** The tid of the tracer of a thread; 0 if it has none or has ended. @throws UnsupportedError */
function tracerOf(tgid: number, tid: number): number {
  try {
    return readProcess(tgid, tid).tracerTid;
  } catch (error) {
    if (error instanceof StateError) return 0;
    throw error;
  }
}

/** The first thread clones another, which starts traced and stopped; it is detached in stop. */
function cloneThread(first: Thread): number {
  const { tracer, tgid } = first;
  const flags = tracer.encoder.encodeClone(tracer.flag("STUB_THREAD_FLAGS"), 0);
  if (flags < 0n) throw new EncoderError(`encoder ${tracer.encoder.name} refuses a thread's flags`);
  const { word } = inject(first, tracer.flag("SYS_clone"), [flags, 0, 0, 0, 0], {
    isBirth: true,
  });
  if (word < 0n) {
    const errno = tracer.errorName(-Number(word));
    throw new SyscallError(`stub ${tgid} cannot clone a thread: clone failed with ${errno}`, {
      call: "clone",
      errno,
    });
  }
  const clone = new Thread(tracer, tgid, Number(word), true);
  // SIGSTOP, or another signal that came first: in either case the thread has not executed an instruction.
  clone.wait();
  clone.expect("stopped").endTracing();
  clone.forget();
  return clone.tid;
}

/** Attaches to the thread of a ticket. @throws StateError, InputError, AttachError */
export function redeemTicket(tracer: TracingThread, ticket: ThreadTicket): Thread {
  checkTicket(tracer, ticket);
  if (ticket.tracerTid !== tracer.tid) {
    throw new StateError(
      `the ticket is for the tracer ${ticket.tracerTid}, but this is tracer ${tracer.tid}`,
    );
  }
  const thread = new Thread(tracer, ticket.tgid, ticket.tid);
  try {
    // SIGKILL ends the whole process, so EXITKILL on the first thread is enough; on this one, the end of this tracer
    // would kill a process that others use.
    thread.traceOptions &= ~tracer.constant("PTRACE_O_EXITKILL");
    attach(thread);
  } catch (error) {
    thread.forget();
    throw error;
  }
  thread.initial.bytes.set(ticket.initial);
  tracer.bindHere(ticket.tid);
  return thread;
}

/**
 * Refuses a ticket that a ThreadPool has not issued: an attach stops any thread that the tid names. @throws InputError
 */
function checkTicket(tracer: TracingThread, ticket: ThreadTicket): void {
  object(ticket, "ticket");
  const { tgid, tid, tracerTid, initial } = ticket;
  PID(tgid, "ticket.tgid");
  PID(tid, "ticket.tid");
  PID(tracerTid, "ticket.tracerTid");
  const { length } = tracer.frame.bytes;
  if (bytes(initial, "ticket.initial").length !== length) {
    throw new InputError(`ticket.initial: expected ${length} bytes, got ${initial.length}`);
  }
  if (tid === tgid || !existsSync(`/proc/${tgid}/task/${tid}`)) {
    throw new InputError(`ticket: process ${tgid} has no thread ${tid} for another tracer`);
  }
  const first = tracerOf(tgid, tgid);
  if (existsSync(`/proc/self/task/${first}`)) return;
  throw new InputError(`ticket: process ${tgid} is not a stub of this process`);
}

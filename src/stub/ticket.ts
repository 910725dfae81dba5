import { existsSync } from "node:fs";
import { EncoderError, InputError, StateError, SyscallError } from "../errors.ts";
import { bytes, count, object } from "../shape.ts";
import { Deadline } from "../shim/deadline.ts";
import { attach } from "./birth.ts";
import { readProcess } from "./proc.ts";
import type { Stub } from "./stub.ts";
import { Thread } from "./thread.ts";
import type { Tracer } from "./tracer.ts";

const PID = count(2 ** 31 - 1, 1);

/**
 * A thread of a stub that another tracer may attach to: plain data, which can be posted to a worker.
 * The tracer of the stub's first thread issues it; the tracer that it is for redeems it.
 */
export interface ThreadTicket {
  readonly tgid: number;
  readonly tid: number;
  /** The tracer that it is for. */
  readonly tracerTid: number;
  /** The registers that every injection into it starts from. */
  readonly initial: Uint8Array;
}

/**
 * The thread of `stub` for the tracer `tracerTid`: the one that it had before, else that of a tracer that is
 * gone, else a new one.
 */
export function issueTicket(stub: Stub, tracerTid: number): ThreadTicket {
  const { tracer, pid } = stub;
  PID(tracerTid, "tracerTid");
  if (tracerTid === tracer.tid) {
    throw new StateError(`thread ${tracerTid} is the stub's own tracer, and needs no ticket`);
  }
  stub.threads ??= new Map();
  const { threads } = stub;
  let tid = threads.get(tracerTid) ?? orphanedThread(threads);
  tid ??= cloneThread(stub);
  threads.set(tracerTid, tid);
  return { tgid: pid, tid, tracerTid, initial: stub.thread.initial.bytes.slice() };
}

/**
 * Refuses what would take a stub away from tracers that hold threads of it: the kernel lets no process end
 * before each of those has reaped its thread.
 *
 * @throws StateError
 */
export function expectUnshared(stub: Stub): void {
  if (stub.threads === undefined) return;
  const holders = [...stub.threads.values()]
    .map((tid) => tracerOf(stub.pid, tid))
    .filter((tracer) => tracer !== 0);
  if (holders.length === 0) return;
  throw new StateError(`stub ${stub.pid} is shared with the tracers ${holders.join(", ")}`, {
    remedy: "whoever joined it has to release it first",
  });
}

function tracerOf(tgid: number, tid: number): number {
  try {
    return readProcess(tgid, tid).tracerTid;
  } catch {
    return 0;
  }
}

/** Refuses what `issueTicket` has not made: to attach stops whatever the tid is. @throws InputError */
function checkTicket(tracer: Tracer, ticket: ThreadTicket): void {
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

/** Takes over the thread of a tracer whose own thread has ended. */
function orphanedThread(threads: Map<number, number>): number | undefined {
  for (const [tracerTid, tid] of threads) {
    if (existsSync(`/proc/self/task/${tracerTid}`)) continue;
    threads.delete(tracerTid);
    return tid;
  }
  return undefined;
}

/** Step 8: the first thread clones another, which starts traced and stopped, and is let go in stop. */
function cloneThread(stub: Stub): number {
  const { tracer, thread } = stub;
  const word = tracer.encoder.encodeClone(tracer.flag("STUB_THREAD_FLAGS"), 0);
  if (word < 0n) throw new EncoderError(`encoder ${tracer.encoder.name} refuses a thread's flags`);
  thread.inject(tracer.flag("SYS_clone"), [word, 0, 0, 0, 0]);
  const { answer } = thread;
  if (answer < 0n) {
    const errno = tracer.errorName(-Number(answer));
    throw new SyscallError(`stub ${stub.pid} cannot clone a thread: clone failed with ${errno}`, {
      call: "clone",
      errno,
    });
  }
  const clone = new Thread(tracer, stub.pid, Number(answer));
  // SIGSTOP, or another signal that came first: it has run no instruction yet in either case.
  clone.wait();
  clone.detach();
  clone.forget();
  return clone.tid;
}

/** Attaches to the thread of a ticket. @throws StateError, InputError, AttachError */
export function redeemTicket(tracer: Tracer, ticket: ThreadTicket): Thread {
  checkTicket(tracer, ticket);
  if (ticket.tracerTid !== tracer.tid) {
    throw new StateError(
      `the ticket is for the tracer ${ticket.tracerTid}, and this thread is ${tracer.tid}`,
    );
  }
  const thread = new Thread(tracer, ticket.tgid, ticket.tid);
  try {
    // SIGKILL is process-wide, so EXITKILL on the first thread is enough; here it would let this tracer's
    // end kill what others use.
    const options = tracer.traceOptions & ~tracer.constant("PTRACE_O_EXITKILL");
    attach(thread, new Deadline(tracer.deadline), options);
  } catch (error) {
    thread.forget();
    throw error;
  }
  thread.initial.bytes.set(ticket.initial);
  return thread;
}

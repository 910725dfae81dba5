import { constants } from "node:os";
import { errnoName } from "../../errno.ts";
import { TraceError } from "../../errors.ts";
import type { TracingThread } from "../../stub/tracing_thread.ts";
import { DATA, PLACES, SLOTS } from "./code.ts";
import { NO_CALL } from "./registers.ts";
import { isInt3, type Tracee } from "./tracee.ts";

const { SIGKILL, SIGCHLD } = constants.signals;
const WAIT_MICROSECONDS = 2_000_000;
const [PTRACE_CONT, PTRACE_GETEVENTMSG] = [7, 0x4201];
const WALL = 0x4000_0000n;
const SYS_CLONE = 56n;

/** Puts registers into a stub that is to make a system call next; what was a child waits, or exits with r12. */
export function setUp(tracee: Tracee, registers: Readonly<Record<string, bigint>>): void {
  const { block, initial, stub } = tracee;
  block.copyFrom(initial);
  const all = { rbx: 0n, r12: 0n, ...registers, rip: PLACES.clone, orig_rax: NO_CALL };
  for (const [name, word] of Object.entries(all)) block.set(name, word);
  stub.thread.writeRegisters(block);
}

/**
 * Makes a child of a stub.
 *
 * @param code what it exits with; without one it waits to be killed
 * @param word flags and exit signal
 */
export function fork(parent: Tracee, code?: number, word = BigInt(SIGCHLD)): number {
  const rbx = code === undefined ? 0n : 1n;
  setUp(parent, { rax: SYS_CLONE, rdi: word, rbx, r12: BigInt(code ?? 0) });
  parent.run("PTRACE_CONT", isInt3(parent.tracer));
  const pid = Number(BigInt.asIntN(64, parent.block.get("rax")));
  if (pid > 0) return pid;
  throw new TraceError(`stub ${parent.stub.pid} cannot fork: ${errnoName(-pid)}`);
}

/** The status word that the wait4 of a stub stores for a child. */
export function reap(parent: Tracee, child: number, options = 0n): number {
  const at = DATA + BigInt(SLOTS.queued);
  const result = BigInt.asIntN(64, parent.call("wait4", BigInt(child), at, WALL | options, 0n));
  if (result !== BigInt(child)) {
    throw new TraceError(`wait4 in stub ${parent.stub.pid} answered ${result}, not ${child}`);
  }
  return Number(BigInt.asIntN(32, parent.word(SLOTS.queued)));
}

/** The status word of a child that a signal killed. */
export function killed(parent: Tracee, signal: number): number {
  const child = fork(parent);
  send(parent, child, signal);
  return reap(parent, child);
}

export function send({ tracer }: Tracee, pid: number, signal: number): void {
  const result = tracer.shim.tgkill(pid, pid, signal);
  if (result < 0) throw new TraceError(`tgkill of ${pid} failed: ${errnoName(-result)}`);
}

/** A ptrace request without memory. @throws TraceError */
export function request(tracer: TracingThread, number: number, pid: number, data = 0): void {
  const result = tracer.shim.ptrace(number, pid, 0, data);
  if (result < 0) throw new TraceError(`ptrace on ${pid} failed: ${errnoName(-result)}`);
}

/** The next status word that this process's own wait4 tells of a tracee. */
export function nextStatus(tracer: TracingThread, pid: number): number {
  const { status } = tracer;
  const result = tracer.shim.wait(pid, tracer.waitAll, WAIT_MICROSECONDS, status);
  if (result === pid) return status[0] ?? 0;
  throw new TraceError(`wait4 on ${pid} told nothing: ${errnoName(-result)}`);
}

/** Resumes a stub, and answers the status word of its next stop or its end. */
export function resumed({ tracer, stub }: Tracee, how: number = PTRACE_CONT): number {
  request(tracer, how, stub.pid);
  return nextStatus(tracer, stub.pid);
}

/** What an event tells beside its number: the pid of a child that was born. */
export function eventMessage({ tracer, stub }: Tracee): number {
  const message = new BigUint64Array(1);
  const result = tracer.shim.ptraceMemory(PTRACE_GETEVENTMSG, stub.pid, 0, message);
  if (result < 0) throw new TraceError(`PTRACE_GETEVENTMSG failed: ${errnoName(-result)}`);
  return Number(message[0]);
}

/** Makes sure that a stop is the event that it is taken for. @throws TraceError */
export function expectMessage(tracee: Tracee, message: number): void {
  const told = eventMessage(tracee);
  if (told === message) return;
  throw new TraceError(`an event told ${told}, and should have told ${message}`);
}

/** Ends a child that this process traces, too, and reaps it as its tracer. */
export function endTraced(parent: Tracee, child: number): void {
  const { shim, status, waitAll } = parent.tracer;
  send(parent, child, SIGKILL);
  while (shim.wait(child, waitAll, WAIT_MICROSECONDS, status) === child) {
    shim.ptrace(PTRACE_CONT, child, 0, 0);
  }
}

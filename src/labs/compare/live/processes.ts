import { constants } from "node:os";
import { HOST_MACHINE } from "../../../core/machine/index.ts";
import type { TracingThread } from "../../../core/stub/tracing_thread.ts";
import { errnoName } from "../../../lib/errno.ts";
import { TraceError } from "../../../lib/errors.ts";
import { KEPT, LEAVES } from "./arch.ts";
import { addressOf, PLACES, SLOTS } from "./code.ts";
import { isBreakpoint, type Tracee } from "./tracee.ts";

const { SIGKILL, SIGCHLD } = constants.signals;
const WAIT_MICROSECONDS = 2_000_000;
const [PTRACE_CONT, PTRACE_GETEVENTMSG] = [7, 0x4201];
const WALL = 0x4000_0000n;

const { number: NUMBER, arguments: ARGUMENTS, result: RESULT } = HOST_MACHINE.callRegisters;

/** The registers of a call. */
export function callRegisters(
  number: bigint,
  args: readonly bigint[],
): Readonly<Record<string, bigint>> {
  const named = args.map((word, i): [string, bigint] => [ARGUMENTS[i] ?? "", word]);
  return { [NUMBER]: number, ...Object.fromEntries(named) };
}

/** Makes a stub execute a system call next; a child that it makes waits, or exits with KEPT if LEAVES is not 0. */
export function setUp(
  tracee: Tracee,
  call: string | bigint,
  args: readonly bigint[] = [],
  registers: Readonly<Record<string, bigint>> = {},
): void {
  const number = tracee.tracer.syscallNumber(call);
  const own = {
    [LEAVES]: 0n,
    [KEPT]: 0n,
    [HOST_MACHINE.instructionPointer]: PLACES.clone,
    ...registers,
  };
  tracee.load({ ...callRegisters(number, args), ...own });
  tracee.stub.thread.expect("stopped").writeRegisters(tracee.block);
}

/**
 * Makes a child of a stub.
 *
 * @param code what it exits with; without one it waits to be killed
 * @param word flags and exit signal
 */
export function fork(parent: Tracee, code?: number, word = BigInt(SIGCHLD)): number {
  const leaves = { [LEAVES]: code === undefined ? 0n : 1n, [KEPT]: BigInt(code ?? 0) };
  setUp(parent, "clone", [word], leaves);
  parent.run("PTRACE_CONT", isBreakpoint(parent.tracer));
  const pid = Number(BigInt.asIntN(64, parent.block.get(RESULT)));
  return expectDone(`clone in stub ${parent.stub.pid}`, pid);
}

function expectDone(call: string, result: number): number {
  if (result >= 0) return result;
  throw new TraceError(`${call} failed: ${errnoName(-result)}`);
}

/** The status word that the wait4 of a stub stores for a child. */
export function reap(parent: Tracee, child: number, options = 0n): number {
  const at = addressOf(SLOTS.queued);
  const result = BigInt.asIntN(64, parent.call("wait4", BigInt(child), at, WALL | options, 0n));
  if (result !== BigInt(child)) {
    throw new TraceError(`wait4 in stub ${parent.stub.pid} returned ${result}, not ${child}`);
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
  expectDone(`tgkill of ${pid}`, tracer.shim.tgkill(pid, pid, signal));
}

/** A ptrace request without memory. @throws TraceError */
export function request(tracer: TracingThread, number: number, pid: number, data = 0): void {
  expectDone(`ptrace on ${pid}`, tracer.shim.ptrace(number, pid, 0, data));
}

/** The next status word of a tracee that this process's own wait4 returns. */
export function nextStatus(tracer: TracingThread, pid: number): number {
  const { status } = tracer;
  const result = tracer.shim.wait(pid, tracer.waitAll, WAIT_MICROSECONDS, status);
  if (expectDone(`wait4 on ${pid}`, result) === pid) return status[0] ?? 0;
  throw new TraceError(`wait4 on ${pid} returned ${result}`);
}

/** Resumes a stub, and returns the status word of its next stop or its end. */
export function resumed({ tracer, stub }: Tracee, how: number = PTRACE_CONT): number {
  request(tracer, how, stub.pid);
  return nextStatus(tracer, stub.pid);
}

/** The message of an event: the pid of a new child. */
export function eventMessage({ tracer, stub }: Tracee): number {
  const message = new BigUint64Array(1);
  const result = tracer.shim.ptrace(PTRACE_GETEVENTMSG, stub.pid, 0, message);
  expectDone("PTRACE_GETEVENTMSG", result);
  return Number(message[0]);
}

/** Makes sure that a stop is the event that it is taken for. @throws TraceError */
export function expectMessage(tracee: Tracee, message: number): void {
  const got = eventMessage(tracee);
  if (got !== message) throw new TraceError(`an event has the message ${got}, not ${message}`);
}

/** Ends a child that this process traces, too, and reaps it as its tracer. */
export function endTraced(parent: Tracee, child: number): void {
  const { shim, status, waitAll } = parent.tracer;
  send(parent, child, SIGKILL);
  while (shim.wait(child, waitAll, WAIT_MICROSECONDS, status) === child) {
    shim.ptrace(PTRACE_CONT, child, 0, 0);
  }
}

import { constants } from "node:os";
import type { RegisterBlock } from "../../../core/encoder/block.ts";
import { HOST_MACHINE } from "../../../core/machine/index.ts";
import { FaithfulRunner, FloatingPoint } from "../../../core/platform/runner.ts";
import { Run } from "../../../core/shim/records.ts";
import type { Stub } from "../../../core/stub/stub.ts";
import type { TracingThread } from "../../../core/stub/tracing_thread.ts";
import { errnoName } from "../../../lib/errno.ts";
import { DeadlineError, TraceError } from "../../../lib/errors.ts";
import { HOST } from "./arch.ts";
import { at, CODE, CODE_BYTES, type Slot, slot } from "./code.ts";

const { SIGKILL, SIGSTOP, SIGTRAP, SIGCHLD } = constants.signals;
const RLIMIT_CORE = 4n;
/** How long a process may take to stop or to end. */
const WAIT_MICROSECONDS = 2_000_000;
/** What `child` finds in a register if it is to exit; the low byte is its status. */
export const EXITS = 0x100n;

const { number: NUMBER, arguments: ARGUMENTS, result: RESULT } = HOST_MACHINE.callRegisters;

/** What stopped a tracee: a signal with its si_code; 0 is a system call that SYSEMU keeps from running. */
export interface TraceeStop {
  readonly signal: number;
  readonly code: number;
}

/** Floating point is left alone. */
const NO_FLOATING_POINT = new FloatingPoint(new Uint8Array(0));

/** A stop that nobody's kill or sigqueue made: an instruction did, or the kernel. */
const isNobodys = ({ code }: TraceeStop) => code > 0;

/** The stop of a breakpoint, which no child's end looks like. */
export const isBreakpoint = ({ signal, code }: TraceeStop) =>
  signal === SIGTRAP && code === HOST.breakpoint.code;

/** The registers of a call. */
export function callRegisters(
  number: bigint,
  args: readonly bigint[],
): Readonly<Record<string, bigint>> {
  const named = args.map((word, i): [string, bigint] => [ARGUMENTS[i] ?? "", word]);
  return { [NUMBER]: number, ...Object.fromEntries(named) };
}

/** A stub under judgement: scrubbed, with code and data. */
export class Tracee {
  readonly stub: Stub;
  readonly tracer: TracingThread;
  /** The registers that it is resumed with, and those of its last stop. */
  readonly block: RegisterBlock;
  /** The same as words, in their order. */
  readonly words: BigUint64Array;
  /** A descriptor that its judge uses, in the file table that it shares with this process; closed with it. */
  descriptor: number | undefined;
  /** What stopped it last. After a call that it made that is a breakpoint. */
  last: TraceeStop = { signal: SIGSTOP, code: 0 };
  readonly #record = new Run();
  readonly #runner: FaithfulRunner;

  /** @param stub one that has both already, as the child of a tracee has */
  constructor(stub: Stub) {
    this.stub = stub;
    this.tracer = stub.tracer;
    this.#runner = new FaithfulRunner(stub);
    this.block = stub.tracer.blocks.allocate();
    const { buffer, byteOffset, byteLength } = this.block.bytes;
    this.words = new BigUint64Array(buffer, byteOffset, byteLength / 8);
  }

  /** Makes a tracee of a new stub. Neither it nor its children leave cores. */
  static prepare(stub: Stub): Tracee {
    const { tracer } = stub;
    stub.scrub();
    const [readable, executable] = [tracer.flag("PROT_READ"), tracer.flag("PROT_EXEC")];
    const writable = readable | tracer.flag("PROT_WRITE");
    const names = ["MAP_PRIVATE", "MAP_ANONYMOUS", "MAP_FIXED"];
    const flags = names.reduce((set, name) => set | tracer.flag(name), 0n);
    stub.call("mmap", CODE, HOST.part, writable, flags, -1, 0);
    stub.call("mmap", HOST.data, HOST.part, writable, flags, -1, 0);
    stub.write(CODE, CODE_BYTES);
    stub.call("mprotect", CODE, HOST.part, readable | executable);
    const tracee = new Tracee(stub);
    // With a limit of one byte the kernel does not even dump to a program (do_coredump in fs/coredump.c).
    tracee.writeWords("argument", 1n, 1n);
    tracee.call("prlimit64", [0n, RLIMIT_CORE, slot("argument"), 0n]);
    return tracee;
  }

  /** The registers at rest, that injections start from: the stub's own flags, among others, are there. */
  get rest(): RegisterBlock {
    return this.stub.thread.initial;
  }

  /**
   * Resumes the stub with the registers of `block`, which then has those of the stop.
   *
   * @param isOwn whether a stop is one that was waited for; others are passed over, without their signal
   * @throws DeathError; TraceError where the kernel refuses the registers; DeadlineError where it does not
   * stop: then it is ended
   */
  run(request: string, isOwn: (stop: TraceeStop) => boolean = isNobodys): TraceeStop {
    const { stub, tracer } = this;
    this.#record.request = tracer.constant(request);
    this.#record.deadline.start(tracer.deadline);
    try {
      for (;;) {
        const kind = this.#runner.run(this.block, NO_FLOATING_POINT, this.#record);
        if (kind === "late") {
          stub.close();
          throw new DeadlineError(stub.pid, `did not stop within ${tracer.deadline} ms`);
        }
        const { siginfo } = this.#record;
        const signal = kind === "done" ? 0 : siginfo.getInt32(0, true);
        this.last = { signal, code: siginfo.getInt32(8, true) };
        if (signal === 0 || (signal !== SIGSTOP && isOwn(this.last))) return this.last;
      }
    } finally {
      stub.forgetIfDead();
    }
  }

  /** The same with registers that may be wrong, without executing a system call. @throws what `run` throws */
  emulate(registers: BigUint64Array): TraceeStop {
    this.words.set(registers);
    return this.run("PTRACE_SYSEMU");
  }

  /** Sets the registers that it is resumed with: those at rest, with changes. */
  load(changes: Readonly<Record<string, bigint>>): void {
    this.block.copyFrom(this.rest);
    for (const [name, word] of Object.entries({ ...HOST.idle, ...changes })) {
      this.block.set(name, word);
    }
  }

  /** Sets the registers of a system call, made at a place of its code. @param kept what the code then looks at */
  loadCall(name: string | bigint, args: readonly bigint[], place?: string, kept = 0n): void {
    const registers = callRegisters(this.tracer.syscallNumber(name), args);
    const there = place && { [HOST_MACHINE.instructionPointer]: at(place), [HOST.kept]: kept };
    this.load({ ...registers, ...there });
  }

  /**
   * Has the stub make a system call, whatever it answers with: nothing is run again. Returns a value or -errno.
   *
   * @param place default: in the stub code
   */
  call(
    name: string | bigint,
    args: readonly bigint[] = [],
    place?: string,
    kept?: bigint,
    isOwn = isBreakpoint,
  ): bigint {
    this.loadCall(name, args, place, kept);
    this.run("PTRACE_CONT", isOwn);
    return BigInt.asIntN(64, this.block.get(RESULT));
  }

  /** Makes a child. @param exitStatus without one it waits to be killed; @param word flags and exit signal */
  fork(exitStatus?: number, word = BigInt(SIGCHLD)): number {
    const kept = exitStatus === undefined ? 0n : EXITS | BigInt(exitStatus);
    return expectDone(`clone in stub ${this.stub.pid}`, this.call("clone", [word], "clone", kept));
  }

  /** The status word that the stub's own wait4 stores for a child. */
  reap(child: number, options = 0n): number {
    const how = this.tracer.flag("__WALL") | options;
    const result = this.call("wait4", [BigInt(child), slot("argument"), how, 0n]);
    if (result !== BigInt(child)) {
      throw new TraceError(`wait4 in stub ${this.stub.pid} returned ${result}, not ${child}`);
    }
    return new DataView(this.read("argument", 4).buffer).getInt32(0, true);
  }

  send(pid: number, signal: number): void {
    expectDone(`tgkill of ${pid}`, this.tracer.shim.tgkill(pid, pid, signal));
  }

  /** The status word of a child that a signal kills. */
  kill(child: number, signal: number = SIGKILL): number {
    this.send(child, signal);
    return this.reap(child);
  }

  /** A ptrace request without memory. @throws TraceError */
  request(number: number, data = 0, pid = this.stub.pid): void {
    expectDone(`ptrace on ${pid}`, this.tracer.shim.ptrace(number, pid, 0, data));
  }

  /** The next status word that this process's own wait4 returns. */
  nextStatus(pid = this.stub.pid): number {
    const { shim, waitAll, status } = this.tracer;
    const result = shim.wait(pid, waitAll, WAIT_MICROSECONDS, status);
    if (expectDone(`wait4 on ${pid}`, result) === pid) return status[0] ?? 0;
    throw new TraceError(`wait4 on ${pid} returned ${result}`);
  }

  /** Resumes the stub with the registers of `block`, and returns the status word of its next stop. */
  start(how?: string): number {
    this.stub.thread.expect("stopped").writeRegisters(this.block);
    return this.resumed(how);
  }

  /** Resumes the stub as it is, and returns the status word of its next stop or its end. */
  resumed(how = "PTRACE_CONT"): number {
    this.request(this.tracer.constant(how));
    return this.nextStatus();
  }

  /** Reaps a child that ends, as its tracer if this process is that, too. */
  reapTraced(child: number): void {
    const { shim, status, waitAll } = this.tracer;
    while (shim.wait(child, waitAll, WAIT_MICROSECONDS, status) === child) {
      shim.ptrace(this.tracer.constant("PTRACE_CONT"), child, 0, 0);
    }
  }

  /** Reads from the data. */
  read(from: Slot, length: number): Uint8Array {
    return this.stub.read(slot(from), length);
  }

  write(to: Slot, bytes: Uint8Array): void {
    this.stub.write(slot(to), bytes);
  }

  writeWords(to: Slot, ...words: readonly bigint[]): void {
    this.write(to, new Uint8Array(BigUint64Array.from(words).buffer));
  }

  /** Gives up the memory of its registers; a stub that lives is ended. */
  close(): void {
    if (this.stub.alive) this.stub.close();
    if (this.descriptor !== undefined) this.tracer.shim.close(this.descriptor);
    this.tracer.blocks.release(this.block);
  }
}

function expectDone(call: string, result: number | bigint): number {
  if (result >= 0) return Number(result);
  throw new TraceError(`${call} failed: ${errnoName(-Number(result))}`);
}

/** The tracee of some judges: made when it is first needed, and again when it has died. */
export class TraceeSlot {
  readonly #open: () => Tracee;
  #tracee: Tracee | undefined;

  constructor(open: () => Tracee) {
    this.#open = open;
  }

  get(): Tracee {
    if (this.#tracee?.stub.alive) return this.#tracee;
    this.close();
    this.#tracee = this.#open();
    return this.#tracee;
  }

  /** Ends the tracee: the next one is new. */
  close(): void {
    this.#tracee?.close();
    this.#tracee = undefined;
  }
}

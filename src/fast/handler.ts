import { constants } from "node:os";
import type { RegisterBlock } from "../core/encoder/block.ts";
import { HOST_MACHINE } from "../core/machine/index.ts";
import type { FloatingPoint, Holder, Runner, Runners } from "../core/platform/runner.ts";
import { protectionFlags } from "../core/platform/subprocess.ts";
import { auxiliaryValue, PAGE_SIZE } from "../core/shim/auxiliary_vector.ts";
import { Deadline, Run, type RunEnd } from "../core/shim/records.ts";
import { expectAmd64 } from "../core/shim/shim.ts";
import { attach } from "../core/stub/attach.ts";
import { endInjection } from "../core/stub/injection.ts";
import type { Stub } from "../core/stub/stub.ts";
import type { Busy } from "../core/stub/tracee.ts";
import { topOfUserSpace } from "../core/stub/user_space.ts";
import { limitRemedy } from "../lib/errno.ts";
import { AttachError, DeadlineError, InputError, UnsupportedError } from "../lib/errors.ts";
import { HandlerPages } from "./handler_pages.ts";
import { MADV_DONTFORK } from "./ring.ts";
import { mapNewFile } from "./ring_memory.ts";
import { loadFast } from "./shim.ts";

const { EPROTO } = constants.errno;

/** <linux/ptrace.h>: a stop at each call that the filter leaves to the tracer. */
const PTRACE_O_TRACESECCOMP = 0x80;

/** Of the auxiliary vector: a bit of AT_HWCAP2 says that programs may read and write fs_base and gs_base. */
const AT_HWCAP2 = 26n;
const HWCAP2_FSGSBASE = 2n;

/** How often each side looks for its turn if they are on two processors: some 50 µs. */
const SPINS = 2000;

/** Whether RDFSBASE and WRFSBASE can be executed: the kernel says so, not the processor. */
export function hasReadableBases(): boolean {
  return ((auxiliaryValue(AT_HWCAP2) ?? 0n) & HWCAP2_FSGSBASE) !== 0n;
}

/** @throws UnsupportedError if the processor or the kernel lacks the instructions RDFSBASE and WRFSBASE. */
function expectBases(): void {
  expectAmd64("guests without a tracer run on");
  if (hasReadableBases()) return;
  throw new UnsupportedError(
    "guests without a tracer need RDFSBASE and WRFSBASE, which this machine does not offer to programs",
    { remedy: 'use Linux 5.9 or newer on a processor with FSGSBASE, or the lane "faithful"' },
  );
}

/**
 * The runner of the lane "fast": guests run without a tracer. Every system call, fault and signal of a guest enters a signal handler
 * in the stub, on a stack that the host shares, and the handler hands the turn to the host.
 *
 *     stopped ── to the handler, detach ──► waiting in the handler ◄── turn ──► runs a guest
 *        ▲                                       │
 *        └──────────── makeStopped ──────────────┘
 *
 * Whatever needs a stopped stub, an injection for example, attaches again; the next switch detaches.
 */
class HandlerRunner implements Runner, Holder {
  readonly stub: Stub;
  readonly pages: number;
  readonly #shared: HandlerPages;
  readonly #waiting: Busy<"waiting"> = { name: "waiting", stop: () => this.#attach() };
  /** Whether a guest runs on that was not stopped in time. */
  #runsOn = false;
  /** The guest whose floating point is in the signal frame. */
  #resident: FloatingPoint | undefined;

  /**
   * @param xstate the XSAVE area of a new process.
   * @throws UnsupportedError if the kernel refuses the filter; what `Stub.call` throws.
   */
  constructor(stub: Stub, xstate: Uint8Array) {
    this.stub = stub;
    const { stubAddress } = stub.tracer;
    const spins = stub.tracer.spins ? SPINS : 0;
    stub.injector.share?.();
    this.#shared = new HandlerPages(stub.pid, spins);
    this.#mapShared(xstate);
    this.pages = (stubAddress - this.#shared.address) / PAGE_SIZE;
    this.#mapCode(spins);
    this.#setUp();
  }

  run(registers: RegisterBlock, floatingPoint: FloatingPoint, run: Run): RunEnd {
    const { thread } = this.stub;
    if (this.#runsOn) thread.makeStopped();
    if (thread.state.name !== "waiting") this.#enterHandler();
    if (this.#resident !== floatingPoint) this.vacate();
    run.xstateLength = floatingPoint.moveTo(this) ? floatingPoint.area.length : 0;
    this.#resident = floatingPoint;
    try {
      const { area } = floatingPoint;
      const result = loadFast().switchHandler(this.#shared.bytes, registers.bytes, area, run.bytes);
      return this.#stop(result, run);
    } catch (error) {
      if (run.refusedXstate) this.#forget();
      throw error;
    }
  }

  wait(registers: RegisterBlock, _: FloatingPoint, run: Run): RunEnd {
    const result = loadFast().switchHandlerWait(this.#shared.bytes, registers.bytes, run.bytes);
    const stop = this.#stop(result, run);
    this.#runsOn = stop === "late";
    return stop;
  }

  #stop(result: number, run: Run): RunEnd {
    const { thread } = this.stub;
    const end = thread.endOf(result, run);
    if (end === "other") thread.expectAlive();
    return end;
  }

  vacate(): void {
    try {
      this.#resident?.comeHome();
    } finally {
      this.#forget();
    }
  }

  empty(): void {
    const { stub } = this;
    const end = stub.tracer.stubAddress + PAGE_SIZE;
    stub.call("munmap", 0, this.#shared.address);
    if (end < topOfUserSpace()) stub.call("munmap", end, topOfUserSpace() - end);
    this.#clear();
  }

  save(area: Uint8Array): void {
    loadFast().savePages(this.#shared.bytes, area, area.length);
  }

  /** Clears the shared pages, and names their stack to the kernel again: a guest may have named another. */
  #clear(): void {
    const { stub } = this;
    loadFast().clearPages(this.#shared.bytes);
    stub.call("sigaltstack", this.#shared.altStack, 0);
  }

  #close(memory: number): void {
    try {
      this.vacate();
    } finally {
      this.stub.tracer.shim.unmap(memory, this.#shared.length);
    }
  }

  #forget(): void {
    this.#resident?.forgetHolder();
    this.#resident = undefined;
  }

  #mapShared(xstate: Uint8Array): void {
    const { stub } = this;
    const { shim, stubAddress } = stub.tracer;
    const pages = this.#shared;
    const mapped = mapNewFile(shim, loadFast().planPages(pages.bytes, stubAddress, xstate.length));
    if (typeof mapped === "number") throw this.#refused("memfd_create", -mapped);
    pages.shared = mapped.address;
    stub.thread.onEnd = () => this.#close(mapped.address);
    try {
      const { address, length } = pages;
      const kept = loadFast().openPages(pages.bytes, stubAddress, xstate);
      if (kept < 0) throw this.#refused("madvise", -kept);
      const flags = stub.tracer.flag("MAP_SHARED") | stub.tracer.flag("MAP_FIXED");
      stub.call("mmap", address, length, protectionFlags(stub.tracer, "rw"), flags, mapped.file, 0);
      // A stub that this one clones must not write to its frames.
      stub.call("madvise", address, length, MADV_DONTFORK);
    } finally {
      shim.close(mapped.file);
    }
  }

  #mapCode(spins: number): void {
    const code = new Uint8Array(PAGE_SIZE);
    loadFast().handlerCode(code, code.length, spins);
    const { stub } = this;
    const { tracer } = stub;
    const address = this.#shared.code;
    const flags =
      tracer.flag("MAP_PRIVATE") | tracer.flag("MAP_ANONYMOUS") | tracer.flag("MAP_FIXED");
    stub.call("mmap", address, PAGE_SIZE, protectionFlags(tracer, "rw"), flags, -1, 0);
    stub.write(address, code);
    stub.call("mprotect", address, PAGE_SIZE, protectionFlags(tracer, "rx"));
  }

  /** Runs the set-up in the stub: handlers, their stack, and the filter. */
  #setUp(): void {
    const { tracer, thread } = this.stub;
    const { encoder, frame, shim } = tracer;
    const rest = BigInt(this.#shared.code + loadFast().handlerIsSetUpOffset());
    const injection = new Run(tracer.deadline, rest);
    injection.passOver = tracer.injection.passOver;
    encoder.encodeSyscall(frame.offset, thread.initial.offset, 0n, 0n, 0n, 0n, 0n, 0n, 0n);
    frame.set(
      HOST_MACHINE.instructionPointer,
      BigInt(this.#shared.code + loadFast().handlerSetUpOffset()),
    );
    const stopped = thread.makeStopped();
    const end = shim.inject(thread.tid, frame.bytes, injection.bytes);
    const result = Number(BigInt.asIntN(64, frame.word(HOST_MACHINE.word.result)));
    // The filter comes last.
    endInjection(thread, end, tracer.syscallNumber("seccomp"), injection);
    if (result !== 0) throw this.#refused("the set-up of the handler", -result);
    this.stub.extras = "the handler of its guests needs it";
    thread.traceOptions |= PTRACE_O_TRACESECCOMP;
    stopped.ptrace("PTRACE_SETOPTIONS", thread.traceOptions);
  }

  #refused(call: string, errno: number): UnsupportedError {
    const name = this.stub.tracer.errorName(errno);
    return new UnsupportedError(
      `guests without a tracer cannot be run here: ${call} failed: ${name}`,
      {
        call,
        errno: name,
        remedy:
          limitRemedy(name) ??
          'use a kernel that filters system calls (CONFIG_SECCOMP_FILTER), or the lane "faithful"',
      },
    );
  }

  /** Lets the stub run to its handler, untraced, and waits until it is there. @throws DeathError, DeadlineError */
  #enterHandler(isAgain = false): void {
    const { tracer, thread } = this.stub;
    const { frame } = tracer;
    const stopped = thread.makeStopped();
    const pidfd = thread.openPidfd();
    if (pidfd < 0) throw this.#refused("pidfd_open", -pidfd);
    this.#shared.pidfd = pidfd;
    frame.copyFrom(thread.initial);
    tracer.encoder.enterGuest(frame.offset, thread.initial.offset);
    frame.set(HOST_MACHINE.instructionPointer, BigInt(this.#shared.code));
    stopped.writeRegisters(frame);
    // Other signals wait for the guest.
    stopped.setMask(BigInt.asUintN(64, ~tracer.encoder.signalSet(tracer.constant("SIGTRAP"))));
    tracer.bindApart(thread.tid);
    loadFast().prepareHandler(this.#shared.bytes);
    stopped.detach("");
    thread.settle(this.#waiting);
    const result = loadFast().awaitHandler(this.#shared.bytes, new Deadline(tracer.deadline).bytes);
    if (result === 0) return;
    thread.expectAlive();
    if (result === -EPROTO && !isAgain) {
      this.#clear();
      this.#enterHandler(true);
      return;
    }
    throw new DeadlineError(thread.tid, `did not reach its handler within ${tracer.deadline} ms`);
  }

  /** Attaches to the stub in its handler. */
  #attach(): void {
    this.#runsOn = false;
    this.vacate();
    const { tracer, thread } = this.stub;
    thread.expectAlive();
    try {
      attach(thread);
    } catch (error) {
      if (error instanceof AttachError) thread.expectAlive();
      throw error;
    }
    tracer.bindHere(thread.tid);
    // Else an INT3 with SIGTRAP blocked would remove its handler.
    thread.expect("stopped").setMask(0n);
  }
}

/** Guests run without a tracer. */
export const FAST_RUNNERS: Runners = {
  filtersItself: true,
  canShare: false,
  needsTrial: true,
  expectPossible(seccomp) {
    expectBases();
    if (seccomp) return;
    throw new InputError("options: guests without a tracer need the filter: omit `seccomp: false`");
  },
  open: (stub, xstate) => new HandlerRunner(stub, xstate),
};

import type { RegisterBlock } from "../encoder/block.ts";
import type { Run, RunEnd } from "../shim/records.ts";
import { Lanes } from "../stub/lane.ts";
import type { Stub } from "../stub/stub.ts";
import { Running, Stopped } from "../stub/tracee.ts";

/** A thread that holds the floating point of a guest between two switches. */
export interface Holder {
  /** Copies it to `area`; does nothing if the thread cannot be read. */
  save(area: Uint8Array): void;
}

/**
 * The floating point of a guest: an XSAVE area, and the thread that holds a newer state, if one does.
 *
 * A lane that moves floating point only on demand leaves it in the thread. `area` is then out of date until somebody
 * looks at it, or until the thread is needed for another guest.
 */
export class FloatingPoint {
  /** The XSAVE area in the kernel's layout (NT_X86_XSTATE). */
  readonly area: Uint8Array;
  #holder: Holder | undefined;
  /** Whether `area` may differ from what the holder has. */
  #isExposed = false;

  constructor(initial: Uint8Array) {
    this.area = initial.slice();
  }

  /** The current state, which the caller may change. */
  expose(): Uint8Array {
    this.#fetch();
    this.#isExposed = true;
    return this.area;
  }

  /** Makes `area` the only copy. */
  comeHome(): void {
    this.#fetch();
    this.#holder = undefined;
  }

  /** Makes `area` the only copy, as it is: the holder has another state, or none. */
  forgetHolder(): void {
    this.#holder = undefined;
  }

  /** Leaves the state to `holder`. Returns whether `area` must be written there first. */
  moveTo(holder: Holder): boolean {
    const isThere = this.#holder === holder && !this.#isExposed;
    if (this.#holder !== holder) this.#fetch();
    this.#holder = holder;
    this.#isExposed = false;
    return !isThere;
  }

  #fetch(): void {
    if (!this.#isExposed) this.#holder?.save(this.area);
  }
}

/** Runs guests in the thread of one subprocess: a lane of `Context.switch`. */
export interface Runner {
  readonly stub: Stub;
  /** How many pages below the stub code it needs for itself. */
  readonly pages: number;

  /**
   * Runs a guest until its next stop, with the state in `registers` and `floatingPoint`, which then have its new state.
   *
   * @returns "done" at a system call, "signal", or "late": the guest still runs.
   * @throws DeathError, StopError at an event, TraceError
   */
  run(registers: RegisterBlock, floatingPoint: FloatingPoint, run: Run): RunEnd;

  /** Waits again for a guest that was late. */
  wait(registers: RegisterBlock, floatingPoint: FloatingPoint, run: Run): RunEnd;

  /** Unmaps everything but the stub code and its own pages. @throws what `Stub.call` throws */
  empty(): void;

  /** Saves what the thread holds of a guest: it is needed for something else, or is given up. */
  vacate(): void;
}

/** How a lane runs guests. */
export interface Runners {
  /** Whether `open` installs the filter of each stub, instead of the platform for all. */
  readonly filtersItself: boolean;
  /** Whether threads of other tracers may join its subprocesses. */
  readonly canShare: boolean;
  /** Whether only a runner shows that this machine can have one: the platform then makes one when it is opened. */
  readonly needsTrial: boolean;
  /**
   * Checks what the lane needs, if it needs anything.
   *
   * @param seccomp whether stubs run under a filter
   * @throws UnsupportedError if this machine cannot; InputError if the lane needs the filter
   */
  expectPossible?(seccomp: boolean): void;
  /** @param xstate the XSAVE area of a new process. @throws UnsupportedError; what `Stub.call` throws */
  open(stub: Stub, xstate: Uint8Array): Runner;
}

/** The runner of the lane "faithful", as gVisor's: each switch writes the whole state, and reads it back. */
export class FaithfulRunner implements Runner {
  readonly stub: Stub;
  readonly pages = 0;

  constructor(stub: Stub) {
    this.stub = stub;
  }

  run(registers: RegisterBlock, { area }: FloatingPoint, run: Run): RunEnd {
    const { thread } = this.stub;
    thread.makeStopped();
    run.xstateLength = area.length;
    const { shim } = thread.tracer;
    return this.#stop(shim.switch(thread.tid, registers.bytes, area, run.bytes), run);
  }

  wait(registers: RegisterBlock, { area }: FloatingPoint, run: Run): RunEnd {
    const { thread } = this.stub;
    thread.expect("running");
    const { shim } = thread.tracer;
    return this.#stop(shim.switchWait(thread.tid, registers.bytes, area, run.bytes), run);
  }

  empty(): void {
    this.stub.scrub();
  }

  vacate(): void {
    // Between two switches the thread has nothing of its own.
  }

  /** Notes how a switch ended. */
  #stop(result: number, run: Run): RunEnd {
    const { thread } = this.stub;
    const end = thread.endOf(result, run);
    if (end === "other") throw thread.unexpected(thread.take(run.status), "while it ran a guest");
    if (end === "late") thread.settle(new Running(thread));
    else if (thread.state.name === "running") thread.settle(new Stopped(thread));
    return end;
  }
}

/** Guests run under ptrace, with PTRACE_SYSEMU. */
export const RUNNERS = new Lanes<Runners>({
  filtersItself: false,
  canShare: true,
  needsTrial: false,
  open: (stub) => new FaithfulRunner(stub),
});

import type { RegisterBlock } from "../encoder/block.ts";
import type { Run, RunEnd } from "../shim/records.ts";
import type { Stub } from "../stub/stub.ts";
import type { FloatingPoint } from "./floating_point.ts";

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

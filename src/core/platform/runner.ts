import { StateError } from "../../lib/errors.ts";
import type { RegisterBlock } from "../encoder/block.ts";
import type { SwitchRecord } from "../shim/switch.ts";
import type { Stub } from "../stub/stub.ts";
import type { SwitchStop } from "../stub/thread.ts";
import type { FloatingPoint } from "./floating_point.ts";

/** Runs guests in the thread of one subprocess: a lane of `Context.switch`. */
export interface Runner {
  readonly stub: Stub;
  /** How many pages below the stub code it needs for itself. */
  readonly pages: number;
  /** The system calls of guests that are patched, if any may be. */
  readonly patches?: Patches | undefined;

  /**
   * Runs a guest until its next stop, with the state in `registers` and `floatingPoint`, which then have its new state.
   *
   * @returns what stopped it; "late" if nothing did before the record's deadline: the guest still runs.
   * @throws DeathError, StopError at an event, TraceError
   */
  run(registers: RegisterBlock, floatingPoint: FloatingPoint, record: SwitchRecord): SwitchStop;

  /** Waits again for a guest that was late. */
  wait(registers: RegisterBlock, floatingPoint: FloatingPoint, record: SwitchRecord): SwitchStop;

  /** Unmaps everything but the stub code and its own pages. @throws what `Stub.call` throws */
  empty(): void;

  /** Saves what the thread holds of a guest: it is needed for something else, or is given up. */
  vacate(): void;
}

/** The system calls of guests that are patched. */
export interface Patches {
  /** Their addresses, in ascending order. */
  readonly addresses: readonly bigint[];
  /** Puts back what a range of memory had, in the copy `bytes`. */
  conceal(address: bigint, bytes: Uint8Array): void;
  /** Prepares for a read of a range. @throws what `Stub.call` throws */
  uncover(address: bigint, length: number): void;
  /** Undoes those in a range. @throws what `Stub.call` throws */
  undo(start: bigint, length: bigint): void;
}

/** How the lane "fast" runs guests. */
export interface FastRunners {
  /** @throws UnsupportedError if this machine cannot */
  expectPossible(): void;
  /** @throws UnsupportedError; what `Stub.call` throws */
  open(stub: Stub, xstate: Uint8Array, patches: boolean): Runner;
}

let plugged: FastRunners | undefined;

/** src/fast plugs its way in when it is loaded. */
export function plugRunners(runners: FastRunners): void {
  plugged = runners;
}

/** @throws StateError if src/fast is not loaded */
export function fastRunners(): FastRunners {
  if (plugged !== undefined) return plugged;
  throw new StateError("the lane fast is not loaded");
}

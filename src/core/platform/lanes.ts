import type { Stub } from "../stub/stub.ts";
import { FaithfulRunner } from "./faithful.ts";
import { HandlerRunner } from "./handler.ts";
import { LazyRunner } from "./lazy.ts";
import type { Runner } from "./runner.ts";

/**
 * How guests are run. "faithful", the default: each switch writes the whole state of the guest, and reads it back.
 * "lazy": it writes only registers that have changed, and moves floating point only on demand. "handler": guests run
 * without a tracer, and stop in a signal handler. "spin": the same on a second processor, and each side looks for its turn
 * before it sleeps.
 */
export const SWITCH_LANES = ["faithful", "lazy", "handler", "spin"] as const;
export type SwitchLane = (typeof SWITCH_LANES)[number];

type Opener = (stub: Stub, xstate: Uint8Array, patches: boolean) => Runner;

const RUNNERS: Record<SwitchLane, Opener> = {
  faithful: (stub) => new FaithfulRunner(stub),
  lazy: (stub) => new LazyRunner(stub),
  handler: (stub, xstate, patches) => new HandlerRunner(stub, xstate, false, patches),
  spin: (stub, xstate, patches) => new HandlerRunner(stub, xstate, true, patches),
};

/** Whether guests run without a tracer. */
export function isUntraced(lane: SwitchLane): boolean {
  return lane === "handler" || lane === "spin";
}

/**
 * A runner for a stub.
 *
 * @param xstate the XSAVE area of a new process.
 * @param patches whether system calls of guests are patched, if the lane can do that.
 * @throws UnsupportedError; what `Stub.call` throws
 */
export function runnerOf(
  lane: SwitchLane,
  stub: Stub,
  xstate: Uint8Array,
  patches: boolean,
): Runner {
  return RUNNERS[lane](stub, xstate, patches);
}

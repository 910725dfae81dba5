import type { Stub } from "../stub/stub.ts";
import { FaithfulRunner } from "./faithful.ts";
import { HandlerRunner } from "./handler.ts";
import { LazyRunner } from "./lazy.ts";
import type { Runner } from "./runner.ts";

/**
 * How guests are run. "faithful", the default: each switch writes the whole state of the guest, and reads it back.
 * "lazy": it writes only registers that have changed, and moves floating point only on demand. "handler": guests run
 * without a tracer, and stop in a signal handler.
 */
export type SwitchLane = "faithful" | "lazy" | "handler";

export const SWITCH_LANES = [
  "faithful",
  "lazy",
  "handler",
] as const satisfies readonly SwitchLane[];

/** What a lane may need to know of its platform. */
export interface LaneSetting {
  /** The XSAVE area of a new process. */
  readonly initialXstate: Uint8Array;
  /** Whether tracer and stubs are on one processor. */
  readonly bind: boolean;
}

const RUNNERS: Record<SwitchLane, (stub: Stub, setting: LaneSetting) => Runner> = {
  faithful: (stub) => new FaithfulRunner(stub),
  lazy: (stub) => new LazyRunner(stub),
  handler: (stub, { initialXstate, bind }) => new HandlerRunner(stub, initialXstate, bind),
};

/** A runner for a stub. @throws UnsupportedError */
export function runnerOf(lane: SwitchLane, stub: Stub, setting: LaneSetting): Runner {
  return RUNNERS[lane](stub, setting);
}

import type { Stub } from "../stub/stub.ts";
import { FaithfulRunner } from "./faithful.ts";
import { LazyRunner } from "./lazy.ts";
import type { Runner } from "./runner.ts";

/**
 * How guests are run. "faithful", the default: each switch writes the whole state of the guest, and reads it back.
 * "lazy": it writes only registers that have changed, and moves floating point only on demand.
 */
export type SwitchLane = "faithful" | "lazy";

const RUNNERS: Record<SwitchLane, new (stub: Stub) => Runner> = {
  faithful: FaithfulRunner,
  lazy: LazyRunner,
};

export const SWITCH_LANES: readonly SwitchLane[] = ["faithful", "lazy"];

/** The runner of a subprocess. */
export function runnerOf(lane: SwitchLane, stub: Stub): Runner {
  return new RUNNERS[lane](stub);
}

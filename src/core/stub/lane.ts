import { StateError } from "../../lib/errors.ts";

/**
 * How a tracer drives its stubs.
 *
 *     faithful  gVisor's sequence of requests, against which the other lane is measured: a call is SETREGS, CONT, the
 *               INT3, GETREGS; a clone stops itself and is attached; a switch writes a guest's whole state and reads it
 *     fast      no stop if none is needed: a stub executes calls from memory that it shares with the host, is traced when
 *               it begins, and runs guests without a tracer
 */
export const LANES = ["faithful", "fast"] as const;
export type Lane = (typeof LANES)[number];

export const DEFAULT_LANE: Lane = "faithful";

/** What each lane plugs in at one place of the core. */
export class LaneParts<Part> {
  readonly #parts = new Map<Lane, Part>();

  plug(lane: Lane, part: Part): void {
    this.#parts.set(lane, part);
  }

  /** @throws StateError if the lane is not loaded: src/fast plugs itself in when it is loaded. */
  of(lane: Lane): Part {
    const part = this.#parts.get(lane);
    if (part !== undefined) return part;
    throw new StateError(`the lane ${lane} is not loaded`);
  }
}

/** How a tracer drives its stubs. */
export interface LaneOptions {
  /** Default: "faithful". */
  lane?: Lane | undefined;
  /**
   * Whether the tracing thread and its stubs are bound to one processor while the tracer is open; with "fast", a stub with
   * a second processor is bound to that. Unbound, a call takes several times as long. Default: true.
   */
  bind?: boolean | undefined;
}

import type { RegisterBlock } from "../encoder/block.ts";
import type { SwitchRecord } from "../shim/switch.ts";
import type { SwitchStop } from "../stub/thread.ts";
import type { FloatingPoint } from "./floating_point.ts";

/** Runs guests in the thread of one subprocess: a lane of `Context.switch`. */
export interface Runner {
  /**
   * Runs a guest until its next stop, with the state in `registers` and `floatingPoint`, which then have its new state.
   *
   * @returns what stopped it; "late" if nothing did before the record's deadline: the guest still runs.
   * @throws DeathError, StopError at an event, TraceError
   */
  run(registers: RegisterBlock, floatingPoint: FloatingPoint, record: SwitchRecord): SwitchStop;

  /** Waits again for a guest that was late. */
  wait(registers: RegisterBlock, floatingPoint: FloatingPoint, record: SwitchRecord): SwitchStop;

  /** Saves what the thread holds of a guest: it is needed for something else, or is given up. */
  vacate(): void;
}

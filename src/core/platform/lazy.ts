import { DeathError } from "../../lib/errors.ts";
import type { RegisterBlock } from "../encoder/block.ts";
import type { SwitchRecord } from "../shim/switch.ts";
import type { Stub } from "../stub/stub.ts";
import type { SwitchStop } from "../stub/thread.ts";
import type { FloatingPoint, Holder } from "./floating_point.ts";
import type { Runner } from "./runner.ts";

/**
 * The lane `lazy`: a switch writes only the registers that have changed since the last stop of the thread. Floating
 * point stays in the thread until somebody looks at it, or until another guest needs the thread.
 */
export class LazyRunner implements Runner, Holder {
  readonly stub: Stub;
  readonly pages = 0;
  /** The registers that the thread has, as the last stop read them. */
  readonly #held: Uint8Array;
  /** The guest whose floating point the thread has. */
  #resident: FloatingPoint | undefined;
  /** The thread's number of disturbances when `#held` was read; -1: `#held` is not valid. */
  #undisturbed = -1;
  /** Whether this is the last time that the thread can be read. */
  #isLast = false;

  constructor(stub: Stub) {
    this.stub = stub;
    this.#held = new Uint8Array(stub.thread.initial.bytes.length);
  }

  run(registers: RegisterBlock, floatingPoint: FloatingPoint, record: SwitchRecord): SwitchStop {
    const { thread } = this.stub;
    thread.expect("stopped");
    if (this.#resident !== floatingPoint) this.vacate();
    record.begin(floatingPoint.moveTo(this) ? floatingPoint.area.length : 0);
    record.isWhole = this.#undisturbed !== thread.disturbances;
    this.#resident = floatingPoint;
    this.#undisturbed = -1;
    thread.onLastStop = () => this.#saveLast(record);
    try {
      const stop = thread.switch(registers, floatingPoint.area, record, this.#held);
      if (stop !== "late") this.#undisturbed = thread.disturbances;
      return this.#stopped(stop, record);
    } catch (error) {
      if (record.refusedXstate) this.#forget();
      throw error;
    }
  }

  wait(registers: RegisterBlock, { area }: FloatingPoint, record: SwitchRecord): SwitchStop {
    return this.#stopped(this.stub.thread.switchWait(registers, area, record), record);
  }

  empty(): void {
    this.stub.scrub();
  }

  vacate(): void {
    try {
      this.#resident?.comeHome();
    } finally {
      this.#forget();
    }
  }

  save(area: Uint8Array): void {
    const { thread, tracer } = this.stub;
    if (thread.state !== "stopped") return;
    if (this.#isLast) {
      tracer.shim.readXstate(thread.tid, area, area.length);
      return;
    }
    try {
      thread.readXstate(area);
    } catch (error) {
      // It was killed, and was read at its exit stop.
      if (!(error instanceof DeathError)) throw error;
      this.stub.forgetIfDead();
    }
  }

  /** Saves state that does not survive an injection. */
  #stopped(stop: SwitchStop, record: SwitchRecord): SwitchStop {
    if (stop === "signal" && record.losesState) this.vacate();
    return stop;
  }

  #saveLast(record: SwitchRecord): void {
    this.#isLast = true;
    try {
      if (record.refusedXstate) this.#forget();
      else this.vacate();
    } finally {
      this.#isLast = false;
    }
  }

  #forget(): void {
    this.#resident?.forgetHolder();
    this.#resident = undefined;
    this.stub.thread.onLastStop = undefined;
  }
}

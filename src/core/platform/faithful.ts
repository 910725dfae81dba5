import { constants } from "node:os";
import type { RegisterBlock } from "../encoder/block.ts";
import type { SwitchRecord } from "../shim/records.ts";
import { Lanes } from "../stub/lane.ts";
import type { Stub } from "../stub/stub.ts";
import { Running, Stopped } from "../stub/tracee.ts";
import type { FloatingPoint } from "./floating_point.ts";
import type { Runner, Runners, SwitchStop } from "./runner.ts";

const { ETIMEDOUT } = constants.errno;

/** The runner of the lane "faithful", as gVisor's: each switch writes the whole state, and reads it back. */
export class FaithfulRunner implements Runner {
  readonly stub: Stub;
  readonly pages = 0;

  constructor(stub: Stub) {
    this.stub = stub;
  }

  run(registers: RegisterBlock, { area }: FloatingPoint, record: SwitchRecord): SwitchStop {
    const { thread } = this.stub;
    thread.makeStopped();
    record.begin(area.length);
    const { shim } = thread.tracer;
    return this.#stop(shim.switch(thread.tid, registers.bytes, area, record.bytes), record);
  }

  wait(registers: RegisterBlock, { area }: FloatingPoint, record: SwitchRecord): SwitchStop {
    const { thread } = this.stub;
    thread.expect("running");
    const { shim } = thread.tracer;
    return this.#stop(shim.switchWait(thread.tid, registers.bytes, area, record.bytes), record);
  }

  empty(): void {
    this.stub.scrub();
  }

  vacate(): void {
    // Between two switches the thread has nothing of its own.
  }

  /** Interprets the shim's result of a switch: 0 is a system call, 1 a signal, 2 an event. */
  #stop(result: number, record: SwitchRecord): SwitchStop {
    const { thread } = this.stub;
    if (result === -ETIMEDOUT) {
      thread.settle(new Running(thread));
      return "late";
    }
    if (result === 2) throw thread.unexpected(thread.take(record.status), "while it ran a guest");
    if (result < 0) thread.fail(record.step, -result);
    if (thread.state.name === "running") thread.settle(new Stopped(thread));
    return result === 0 ? "syscall" : "signal";
  }
}

/** Guests run under ptrace, with PTRACE_SYSEMU. */
export const RUNNERS = new Lanes<Runners>({
  filtersItself: false,
  canShare: true,
  needsTrial: false,
  expectPossible() {},
  open: (stub) => new FaithfulRunner(stub),
});

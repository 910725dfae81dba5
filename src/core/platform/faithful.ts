import type { RegisterBlock } from "../encoder/block.ts";
import type { Run, RunEnd } from "../shim/records.ts";
import { Lanes } from "../stub/lane.ts";
import type { Stub } from "../stub/stub.ts";
import { Running, Stopped } from "../stub/tracee.ts";
import type { FloatingPoint } from "./floating_point.ts";
import type { Runner, Runners } from "./runner.ts";

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

import type { RegisterBlock } from "../encoder/block.ts";
import type { SwitchRecord } from "../shim/switch.ts";
import type { Stub } from "../stub/stub.ts";
import type { SwitchStop } from "../stub/thread.ts";
import type { FloatingPoint } from "./floating_point.ts";
import type { Runner } from "./runner.ts";

/** The runner of the lane "faithful", as gVisor's: each switch writes the whole state, and reads it back. */
export class FaithfulRunner implements Runner {
  readonly stub: Stub;
  readonly pages = 0;

  constructor(stub: Stub) {
    this.stub = stub;
  }

  run(registers: RegisterBlock, { area }: FloatingPoint, record: SwitchRecord): SwitchStop {
    record.begin(area.length);
    return this.stub.thread.switch(registers, area, record);
  }

  wait(registers: RegisterBlock, { area }: FloatingPoint, record: SwitchRecord): SwitchStop {
    return this.stub.thread.switchWait(registers, area, record);
  }

  empty(): void {
    this.stub.scrub();
  }

  vacate(): void {
    // Between two switches the thread has nothing of its own.
  }
}

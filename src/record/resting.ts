import type { ChildStep } from "../shim/fork.ts";
import type { Tracer } from "../stub/tracer.ts";
import type { WatchedStub } from "./fork.ts";
import { type Recorder, tellRegisters } from "./recorder.ts";
import { Tracee } from "./tracee.ts";

/** How a stub is made that is there when the recording begins. */
export interface RestingOptions {
  /** Its lane. Default: "master". */
  readonly lane?: string;
  readonly role?: string;
  /** Whether it keeps the memory that it has from the host. Default: no. */
  readonly memory?: boolean;
  /** Steps of its set-up that were left out. */
  readonly omit?: readonly ChildStep[];
}

/** A stub that was born unseen, and rests at its INT3. */
export function restingStub(
  recorder: Recorder,
  tracer: Tracer,
  { lane = "master", role = "the first stub", memory = false, omit = [] }: RestingOptions = {},
): WatchedStub {
  const stub = tracer.createStub({ omit });
  if (memory) stub.call("getpid");
  else stub.scrub();
  const tracee = new Tracee(recorder, lane, stub.thread);
  recorder.addLane(lane, role, stub.pid);
  const registers = tellRegisters(tracee.registers());
  recorder.step({
    lane,
    kind: "note",
    title: `stub ${stub.pid} rests behind its INT3`,
    why: `The lesson "host" shows its birth${omit.length === 0 ? "" : `; here its set-up has left out ${omit.join(", ")}`}. ${
      memory
        ? "It still has all the memory that it has from the host."
        : 'All its memory but the page of the stub code has been unmapped since (lesson "scrub").'
    } It is stopped, and waits for a call.`,
    registers: { before: registers, after: registers },
    kernel: recorder.view(stub.pid),
  });
  return { stub, tracee };
}

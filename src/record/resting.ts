import type { ChildStep } from "../shim/fork.ts";
import type { Tracer } from "../stub/tracer.ts";
import type { WatchedStub } from "./fork.ts";
import { type Recorder, tellRegisters } from "./recorder.ts";
import { Tracee } from "./tracee.ts";

/** How a stub is made that exists when the recording begins. */
export interface RestingOptions {
  /** Its lane. Default: "master". */
  readonly lane?: string;
  readonly role?: string;
  /** Whether it keeps the memory that it inherited from the host. Default: no. */
  readonly memory?: boolean;
  /** Steps of its set-up to omit. */
  readonly omit?: readonly ChildStep[];
}

/** A stub that rests at its INT3; its birth is not recorded. */
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
    title: `stub ${stub.pid} rests after its INT3`,
    why: [
      omit.length === 0
        ? 'The lesson "host" shows its birth.'
        : `The lesson "host" shows its birth; here its set-up omitted ${omit.join(", ")}.`,
      memory
        ? "It still has all the memory that it inherited from the host."
        : 'Since then all its memory has been unmapped, except the page of the stub code (lesson "scrub").',
      "It is stopped, and waits for a call.",
    ].join(" "),
    registers: { before: registers, after: registers },
    kernel: recorder.view(stub.pid),
  });
  return { stub, tracee };
}

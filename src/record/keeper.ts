import type { Tracer } from "../stub/tracer.ts";
import { ActingStub } from "./acting_stub.ts";
import { dumpNoCore } from "./precautions.ts";
import type { Recorder } from "./recorder.ts";

/**
 * Makes a stub that adopts orphans among its descendants (PR_SET_CHILD_SUBREAPER), so that a scenario in which
 * parents die can wait for their children, and leaves none. None of them dumps core.
 */
export function makeKeeper(recorder: Recorder, tracer: Tracer): ActingStub {
  const keeper = tracer.createStub();
  keeper.call("prctl", tracer.flag("PR_SET_CHILD_SUBREAPER"), 1, 0, 0, 0);
  dumpNoCore(keeper);
  recorder.addLane("keeper", "a stub that adopts orphans, as init does", keeper.pid);
  recorder.observe(
    "All processes of this lesson are cloned from a stub, the keeper, which is a child subreaper: orphans among them " +
      "become its children. Otherwise they would become children of init, or of an existing subreaper.",
  );
  return new ActingStub(recorder, "keeper", keeper);
}

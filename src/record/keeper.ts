import type { Tracer } from "../stub/tracer.ts";
import { ActingStub } from "./acting_stub.ts";
import { dumpNoCore } from "./precautions.ts";
import type { Recorder } from "./recorder.ts";

/**
 * Makes a stub that takes in the orphans of all that comes from it (PR_SET_CHILD_SUBREAPER), so that a scenario in which
 * parents die can ask after their children, and leaves none behind. No core is dumped by any of them.
 */
export function makeKeeper(recorder: Recorder, tracer: Tracer): ActingStub {
  const keeper = tracer.createStub();
  keeper.call("prctl", tracer.flag("PR_SET_CHILD_SUBREAPER"), 1, 0, 0, 0);
  dumpNoCore(keeper);
  recorder.addLane("keeper", "a stub that takes in orphans, as init does", keeper.pid);
  recorder.observe(
    "All processes of this lesson are cloned from a stub, the keeper, which is a child subreaper: their orphans become its " +
      "children. Elsewhere they would become those of init, or of a subreaper that is there already.",
  );
  return new ActingStub(recorder, "keeper", keeper);
}

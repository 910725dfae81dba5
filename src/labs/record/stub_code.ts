import type { TracingThread } from "../../core/stub/tracing_thread.ts";
import { type Reason, stubCodeReasons } from "./lesson_text.ts";
import { loadListing, STUB_CODE } from "./listing.ts";
import type { Recorder } from "./recorder.ts";

/** Makes the stub code known to a recorder, where the tracer has mapped it. @throws UnsupportedError */
export function addStubCode(recorder: Recorder, tracer: TracingThread): void {
  const listing = loadListing(STUB_CODE);
  const known = stubCodeReasons();
  const reasons = new Map<number, Reason>();
  let [label, index] = ["", 0];
  for (const line of listing.lines) {
    if (line.label !== null) [label, index] = [line.label, 0];
    const reason = known[label]?.[index++];
    if (reason !== undefined) reasons.set(line.offset, reason.why);
  }
  recorder.addCode(listing, BigInt(tracer.stubAddress), reasons);
}

import type { TracingThread } from "../../core/stub/tracing_thread.ts";
import { type Reason, stubCodeReasons } from "./lesson_text.ts";
import { type Listing, loadListing, STUB_CODE } from "./listing.ts";
import type { Reasons, Recorder } from "./recorder.ts";

/** Makes the stub code known to a recorder, where the tracer has mapped it. @throws UnsupportedError */
export function addStubCode(recorder: Recorder, tracer: TracingThread): void {
  const listing = loadListing(STUB_CODE);
  const reasons = Object.entries(stubCodeReasons()).map(
    ([label, lines]) => [label, lines.map(({ why }) => why)] as const,
  );
  const table = reasonsByLabel(listing, Object.fromEntries(reasons));
  recorder.addCode(listing, BigInt(tracer.stubAddress), table);
}

/** The reasons of a listing's lines, from a table by label. */
export function reasonsByLabel(
  { lines }: Listing,
  table: Readonly<Record<string, readonly Reason[]>>,
): Reasons {
  const reasons = new Map<number, Reason>();
  let label = "";
  let index = 0;
  for (const line of lines) {
    if (line.label !== null) [label, index] = [line.label, 0];
    const reason = table[label]?.[index++];
    if (reason !== undefined) reasons.set(line.offset, reason);
  }
  return reasons;
}

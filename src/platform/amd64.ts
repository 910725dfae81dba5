import type { TracingThread } from "../stub/tracing_thread.ts";

/**
 * The XSAVE area of a new process, in the layout of `area`, which the kernel reported for a stub: that one still has
 * the host's registers of the fork.
 */
export function freshXstate(tracer: TracingThread, area: Uint8Array): Uint8Array {
  const fresh = area.slice();
  const view = new DataView(fresh.buffer);
  const at = (name: string) => tracer.constant(`XSTATE_${name}`);
  fresh.fill(0, 0, at("MXCSR"));
  fresh.fill(0, at("REGISTERS"), at("REGISTERS_END"));
  fresh.fill(0, at("EXTENDED"));
  view.setUint16(at("FCW"), tracer.constant("FCW_INITIAL"), true);
  view.setUint32(at("MXCSR"), tracer.constant("MXCSR_INITIAL"), true);
  // A component whose bit is clear is not read: with these set, what is written to XMM and YMM counts.
  const usual =
    tracer.flag("XFEATURE_FP") | tracer.flag("XFEATURE_SSE") | tracer.flag("XFEATURE_YMM");
  view.setBigUint64(at("BV"), view.getBigUint64(at("XCR0"), true) & usual, true);
  return fresh;
}

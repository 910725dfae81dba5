// Arguments as strace prints them.

import type { TracingThread } from "../../core/stub/tracing_thread.ts";
import { hex } from "../../lib/errors.ts";

export function pointer(address: bigint): string {
  return address === 0n ? "NULL" : hex(address);
}

/** Formats a word as flags, e.g. "PROT_READ|PROT_WRITE"; `none` is the name of 0. */
export function flags(
  tracer: TracingThread,
  word: bigint,
  names: readonly string[],
  none = "0",
): string {
  const terms: string[] = [];
  let rest = word;
  for (const name of names) {
    const bits = tracer.flag(name);
    if ((rest & bits) !== bits) continue;
    terms.push(name);
    rest &= ~bits;
  }
  if (rest !== 0n) terms.push(hex(rest));
  return terms.length === 0 ? none : terms.join("|");
}

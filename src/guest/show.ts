// Arguments as strace prints them.

import { hex } from "../errors.ts";
import type { TracingThread } from "../stub/tracing_thread.ts";

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

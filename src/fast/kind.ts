import type { TracingThread } from "../core/stub/tracing_thread.ts";

/** How a loop over a ring executes a call: "range" and "moving" may change the mapping of the ring; "none" not at all. */
export type Kind = "any" | "range" | "moving" | "none";

/** Calls that change or replace the process around the loop, or the registers of the loop. */
const NOT_IN_A_LOOP = [
  "clone",
  "clone3",
  "fork",
  "vfork",
  "execve",
  "execveat",
  "rt_sigreturn",
] as const;

/** Calls with an address and a length first, which may concern the ring itself. */
const OF_MEMORY = [
  "mmap",
  "munmap",
  "mprotect",
  "pkey_mprotect",
  "madvise",
  "mbind",
  "mseal",
  "remap_file_pages",
] as const;

/** Calls that may replace a mapping at an address elsewhere in their arguments. */
const MOVING = ["mremap", "shmat"] as const;

/** Every call that a loop does not execute like others. */
const SPECIAL = [...NOT_IN_A_LOOP, ...OF_MEMORY, ...MOVING];

export function kindOf(tracer: TracingThread, call: bigint): Kind {
  if (!tracer.isAmong(SPECIAL, call)) return "any";
  if (tracer.isAmong(NOT_IN_A_LOOP, call)) return "none";
  return tracer.isAmong(MOVING, call) ? "moving" : "range";
}

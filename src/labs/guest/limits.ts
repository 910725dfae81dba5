// The limits of a run, and what it has used of each.

import type { Subprocess } from "../../core/platform/subprocess.ts";
import { SHORTEST_DEADLINE } from "../../core/shim/records.ts";

/** What a guest may use. */
export interface Limits {
  /** The deadline of the whole run, in milliseconds, from 0.001 to a day. Default: the platform's deadline. */
  deadline?: number | undefined;
  /** The processor time of the guest's process, in milliseconds. Default: no limit. */
  time?: number | undefined;
  /** How many system calls it may make. Default: no limit. */
  calls?: number | undefined;
  /** Its address space in bytes, including its stack of 8 MiB. Default: 1 GiB. */
  memory?: number | undefined;
}

/** A limit that ends a guest: beyond that of its memory, its mappings fail. */
export type Limit = "deadline" | "time" | "calls";

/** What a guest has used of each. */
export interface Used {
  /** The time from its first instruction to its end, in milliseconds. */
  readonly deadline: number;
  /** The processor time of its process, in milliseconds: its own, and that of its mappings. */
  readonly time: number;
  /** The system calls that were answered. */
  readonly calls: number;
}

/** The shortest time between two readings, in milliseconds. */
const STEP = 1;

export type Meter = ReturnType<typeof startMeter>;

/**
 * Starts to measure a guest that runs.
 *
 * @param limit of its processor time, in milliseconds, as is the deadline
 */
export function startMeter(space: Subprocess, deadline: number, limit: number | undefined) {
  const processorTime = () => space.tracer.shim.processorTime(space.pid) / 1000;
  const begun = performance.now();
  const before = processorTime();
  // The processor time is read only then: until then it cannot reach its limit.
  let due = 0;
  return {
    /** How long the guest may run before the next reading, in milliseconds; or the limit that is reached. */
    left(): number | Limit {
      const passed = performance.now() - begun;
      if (deadline - passed < SHORTEST_DEADLINE) return "deadline";
      if (limit === undefined) return deadline - passed;
      if (due - passed < SHORTEST_DEADLINE) {
        const left = limit - (processorTime() - before);
        if (left <= 0) return "time";
        due = passed + Math.max(left, STEP);
      }
      return Math.min(deadline, due) - passed;
    },

    used(): Omit<Used, "calls"> {
      const deadline = rounded(performance.now() - begun);
      return { deadline, time: rounded(processorTime() - before) };
    },
  };
}

/** Milliseconds, with three decimals. */
function rounded(milliseconds: number): number {
  return Math.round(milliseconds * 1000) / 1000;
}

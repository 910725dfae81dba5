import type { Lane } from "../recording.ts";

/** Where a lane's events stand in a trace. */
export interface Track {
  readonly pid: number;
  readonly tid: number;
}

/**
 * A track for each lane, by its id: the process of its pid; where lanes share a pid, a thread of it for each. No
 * two threads have one number, and none has 0, which is the idle task's.
 */
export function trackIds(lanes: readonly Lane[]): Map<string, Track> {
  const taken = new Set(lanes.map(({ pid }) => pid));
  let free = 0;
  const unused = () => {
    do free++;
    while (taken.has(free));
    return free;
  };
  const used = new Set<number>();
  const processes = new Map<number, number>();
  const tracks = new Map<string, Track>();
  for (const { id, pid: own } of lanes) {
    const pid = processes.get(own) ?? (own === 0 ? unused() : own);
    processes.set(own, pid);
    const tid = used.has(pid) ? unused() : pid;
    used.add(tid);
    tracks.set(id, { pid, tid });
  }
  return tracks;
}

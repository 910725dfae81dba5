import { basename } from "node:path";
import { childrenOf, type Mapping, type ProcessFacts, readProcess } from "../../core/stub/proc.ts";
import { AwakeDeadline } from "../../lib/awake.ts";
import { DeadlineError, hex } from "../../lib/errors.ts";
import type { KernelView, Lane } from "./recording.ts";

/** Looks at processes, and remembers what memory map each had. */
export class KernelViewer {
  readonly #memory = new Map<number, string>();

  /** What the kernel says of a process now; null if it is gone. @param lanes its parent may be a thread among them */
  view(pid: number, lanes: readonly Lane[]): KernelView | null {
    const facts = processFacts(pid);
    if (facts === undefined) return null;
    const { state, parentPid, tracerTid, session, foreground, residentBytes } = facts;
    const threads = lanes.filter(({ process }) => process === parentPid);
    const parent = threads.find((lane) => childrenOf(parentPid, lane.pid).includes(pid));
    return {
      state,
      parentPid,
      parentTid: parent?.pid ?? null,
      tracerTid,
      session,
      foreground: foreground < 0 ? null : foreground,
      blocked: hex(facts.blocked),
      ignored: hex(facts.ignored),
      pending: hex(facts.pending),
      residentBytes,
      memory: this.#changed(pid, facts.mappings.map(tellMapping)),
    };
  }

  #changed(pid: number, lines: readonly string[]): readonly string[] | null {
    const text = lines.join("\n");
    if (this.#memory.get(pid) === text) return null;
    this.#memory.set(pid, text);
    return lines;
  }
}

/** What /proc says of a process; undefined if it is gone. */
export function processFacts(pid: number): ProcessFacts | undefined {
  try {
    return readProcess(pid);
  } catch {
    return undefined;
  }
}

/** "7fffffffe000-7ffffffff000 r-xp libc.so.6": the folders of files depend on the machine. */
function tellMapping({ start, end, protection, name }: Mapping): string {
  const file = name.startsWith("/") ? basename(name) : name;
  return `${start.toString(16)}-${end.toString(16)} ${protection} ${file}`.trimEnd();
}

/** The pause between two looks at a process, in milliseconds. */
const PAUSE = 1;

/**
 * Waits until something is true of a process that no wait4 reports.
 *
 * @param milliseconds the deadline.
 * @throws DeadlineError
 */
export function awaitProcess(
  pid: number,
  holds: (facts: ProcessFacts) => boolean,
  milliseconds: number,
): void {
  const deadline = new AwakeDeadline(milliseconds);
  for (;;) {
    const facts = processFacts(pid);
    if (facts !== undefined && holds(facts)) return;
    const what = `was not in the state that was waited for in ${milliseconds} ms`;
    if (deadline.isOver) throw new DeadlineError(pid, what);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE);
  }
}

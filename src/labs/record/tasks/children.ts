import { readdirSync, readFileSync } from "node:fs";
import { Thread } from "../../../core/stub/thread.ts";
import { StublabError } from "../../../lib/errors.ts";
import { Actor } from "../actor.ts";
import { isBorn } from "../clone.ts";
import type { MadeCall } from "./run.ts";

/** The most processes or threads that a stub of an answer may have at a time. */
const MOST_CHILDREN = 8;
/** The most that one answer may make. */
const MOST = 3 * MOST_CHILDREN;

const BORN =
  "It has not executed an instruction yet. Its registers are those of the task that made it, but the result is 0.";

/** The processes and threads of an answer that its check knows. */
export class Watched {
  readonly #pids = new Set<number>();

  /** @throws StublabError if there are too many */
  add(pid: number): void {
    this.#pids.add(pid);
    if (this.#pids.size > MOST) throw tooMany();
  }

  /** The children of a thread that the check does not know. */
  newChildren({ thread: { tgid, tid } }: Actor): number[] {
    const pids = listed(() =>
      readFileSync(`/proc/${tgid}/task/${tid}/children`, "utf8").split(" "),
    );
    return pids.filter((pid) => pid > 0 && !this.#pids.has(pid));
  }

  /** @throws StublabError if a stub has too many children and threads */
  expectFew(actor: Actor): void {
    if (this.newChildren(actor).length + tidsOf(actor).length > MOST_CHILDREN) throw tooMany();
  }

  /** An actor for a task that is traced from birth, and was made by this call. */
  adopt(
    maker: Actor,
    tgid: number,
    tid: number,
    call: MadeCall,
    lane: string,
    role: string,
  ): Actor {
    const { recorder, thread } = maker;
    this.add(tid);
    recorder.addLane(lane, role, tid);
    const child = new Actor(recorder, lane, new Thread(thread.tracer, tgid, tid, true));
    isBorn(child, call.step, BORN, call.name, tid === tgid ? "process" : "thread");
    return child;
  }

  /** Kills them all. */
  close(): void {
    for (const pid of this.#pids) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // It has ended.
      }
    }
  }
}

/** The ids of the threads of a stub. */
export function tidsOf({ pid }: Actor): number[] {
  return listed(() => readdirSync(`/proc/${pid}/task`));
}

/** Numbers that /proc has of a process; none if it has ended. */
function listed(read: () => string[]): number[] {
  try {
    return read().map(Number);
  } catch {
    return [];
  }
}

function tooMany(): StublabError {
  return new StublabError(`the answer makes more than ${MOST_CHILDREN} processes or threads`);
}

import { StublabError } from "../../../lib/errors.ts";

/** The most processes or threads that a stub of an answer may have at a time. */
export const MOST_CHILDREN = 8;
/** The most that one answer may make. */
const MOST = 3 * MOST_CHILDREN;

/** The processes and threads of an answer that its check knows. */
export class Watched {
  readonly #pids = new Set<number>();

  /** @throws StublabError if there are too many */
  add(pid: number): void {
    this.#pids.add(pid);
    if (this.#pids.size > MOST) throw tooMany();
  }

  has(pid: number): boolean {
    return this.#pids.has(pid);
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

export function tooMany(): StublabError {
  return new StublabError(`the answer makes more than ${MOST_CHILDREN} processes or threads`);
}

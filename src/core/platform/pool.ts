import { DeathError } from "../../lib/errors.ts";
import type { Runner } from "./runner.ts";

/** Released subprocesses that wait for reuse: scrubbed stubs. */
export class Pool {
  readonly #waiting: Runner[] = [];

  /** The number of subprocesses in the pool. */
  get size(): number {
    return this.#waiting.length;
  }

  /** Forgets all: they are closed with their tracer. */
  clear(): void {
    this.#waiting.length = 0;
  }

  put(runner: Runner): void {
    this.#waiting.push(runner);
  }

  /** Removes and returns a live one; undefined if the pool has no live one. */
  take(): Runner | undefined {
    for (let next = this.#waiting.pop(); next !== undefined; next = this.#waiting.pop()) {
      if (isUsable(next)) return next;
    }
    return undefined;
  }
}

/** Whether a stub lives, and no SIGKILL is on its way: one ptrace request. */
function isUsable({ stub }: Runner): boolean {
  try {
    if (stub.alive) stub.poll();
    return stub.alive;
  } catch (error) {
    if (error instanceof DeathError) return false;
    throw error;
  }
}

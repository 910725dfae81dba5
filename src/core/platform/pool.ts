import { DeathError } from "../../lib/errors.ts";
import type { Runner } from "./runner.ts";

/** How long a stub that was just unmapped counts as alive: a check costs a system call. */
const FRESH_MILLISECONDS = 0.1;

/** Released subprocesses that wait for reuse: scrubbed stubs. */
export class Pool {
  readonly #waiting: { readonly runner: Runner; readonly since: number }[] = [];

  /** The number of subprocesses in the pool. */
  get size(): number {
    return this.#waiting.length;
  }

  /** Forgets all: they are closed with their tracer. */
  clear(): void {
    this.#waiting.length = 0;
  }

  put(runner: Runner): void {
    this.#waiting.push({ runner, since: performance.now() });
  }

  /** Removes and returns a live one; undefined if the pool has no live one. */
  take(): Runner | undefined {
    for (let next = this.#waiting.pop(); next !== undefined; next = this.#waiting.pop()) {
      if (isUsable(next.runner, next.since)) return next.runner;
    }
    return undefined;
  }
}

function isUsable({ stub }: Runner, since: number): boolean {
  try {
    if (stub.alive && performance.now() - since > FRESH_MILLISECONDS) stub.poll();
    return stub.alive;
  } catch (error) {
    if (error instanceof DeathError) return false;
    throw error;
  }
}

import { DeathError } from "../errors.ts";
import type { Stub } from "../stub/stub.ts";

/** How long a stub that was just unmapped counts as alive: a check costs a system call. */
const FRESH_MILLISECONDS = 0.1;

/** Released subprocesses that wait for reuse: scrubbed stubs. */
export class Pool {
  readonly #waiting: { readonly stub: Stub; readonly since: number }[] = [];

  /** The number of subprocesses in the pool. */
  get size(): number {
    return this.#waiting.length;
  }

  /** Forgets all: they are closed with their tracer. */
  clear(): void {
    this.#waiting.length = 0;
  }

  put(stub: Stub): void {
    this.#waiting.push({ stub, since: performance.now() });
  }

  /** Removes and returns a live stub; undefined if the pool has no live stub. */
  take(): Stub | undefined {
    for (let next = this.#waiting.pop(); next !== undefined; next = this.#waiting.pop()) {
      if (isUsable(next.stub, next.since)) return next.stub;
    }
    return undefined;
  }
}

function isUsable(stub: Stub, since: number): boolean {
  try {
    if (stub.alive && performance.now() - since > FRESH_MILLISECONDS) stub.poll();
    return stub.alive;
  } catch (error) {
    if (error instanceof DeathError) return false;
    throw error;
  }
}

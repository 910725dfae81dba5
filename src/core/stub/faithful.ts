import type { Batch } from "./batch.ts";
import { cloneStub } from "./birth.ts";
import { inject, type SyscallArgument, type SyscallResult } from "./injection.ts";
import type { Births, CloneRequest, Injections, Injector } from "./injector.ts";
import type { Thread } from "./thread.ts";

/** The lane "faithful": one injection for each call, gVisor's birth, and nothing of its own in the stub. */
class FaithfulInjector implements Injector {
  readonly #thread: Thread;

  constructor(thread: Thread) {
    this.#thread = thread;
  }

  call(number: bigint, args: readonly SyscallArgument[]): SyscallResult {
    return inject(this.#thread, number, args).result;
  }

  run(batch: Batch, first: number): number {
    batch.inject(this.#thread, first);
    return first + 1;
  }

  clone({ exitSignal }: CloneRequest): Births {
    return { threads: [cloneStub(this.#thread, exitSignal)] };
  }

  share(): void {
    // Nothing of the lane is in the stub.
  }

  unmap(): void {
    // Nothing of the lane is in the stub.
  }

  emptied(): void {
    // Nothing of the lane is in the stub.
  }
}

/** gVisor's sequence of requests. */
export const FAITHFUL: Injections = {
  staysInSession: false,
  clonesChildren: true,
  injector: (thread) => new FaithfulInjector(thread),
  allowedCalls: () => [],
};

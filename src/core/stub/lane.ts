import { StateError } from "../../lib/errors.ts";
import type { Batch } from "./batch.ts";
import type { Condition } from "./filter.ts";
import type { SyscallArgument, SyscallResult } from "./injection.ts";
import type { Thread } from "./tracee.ts";
import type { Lane, TracingThread } from "./tracing_thread.ts";

/** A clone to inject. */
export interface CloneRequest {
  /** How many stubs, at most. */
  readonly count: number;
  readonly exitSignal: number;
  /** The exit signal of the stub that clones. */
  readonly ownExitSignal: number;
}

/** The threads of new stubs: at least one, and what prevented others. */
export interface Births {
  readonly threads: readonly Thread[];
  readonly failure?: unknown;
}

/** Executes system calls in the thread of one stub that its tracer traces, by the tracer's lane. */
export interface Injector {
  /** @throws DeathError, StopError, DeadlineError, TraceError, StateError, InputError */
  call(number: bigint, args: readonly SyscallArgument[]): SyscallResult;
  /** Executes at least one call of a batch, from `first` on. @returns the index of the next */
  run(batch: Batch, first: number): number;
  /** Clones stubs from this one. @throws what `call` throws, BirthError, SyscallError, AttachError, EncoderError */
  clone(request: CloneRequest): Births;
  // A lane that has nothing of its own in the stub lacks these.
  /** Guests, or threads of other tracers, come into the process. */
  share?(): void;
  /** Unmaps what it has in the stub; the next call maps it again. */
  unmap?(): void;
  /** Everything but the stub code was unmapped, and no guest is left. */
  emptied?(): void;
}

/** How a lane makes and drives stubs. */
export interface StubLane {
  /** Whether a stub that the host forks stays in its session: see `Fork`. */
  readonly staysInSession: boolean;
  /** Whether a stub that another one cloned is its child, and has executed the stub code; else it is the host's child. */
  readonly clonesChildren: boolean;
  injector(thread: Thread): Injector;
  /** The calls that a filter of its stubs must allow. */
  allowedCalls(tracer: TracingThread): readonly (readonly Condition[])[];
}

/** What the lanes do at one place of the core: src/fast enters itself when it is loaded. */
export class Lanes<Part> {
  readonly #parts: Partial<Record<Lane, Part>>;

  constructor(faithful: Part) {
    this.#parts = { faithful };
  }

  enter(lane: Lane, part: Part): void {
    this.#parts[lane] = part;
  }

  /** @throws StateError if the lane is not loaded */
  of(lane: Lane): Part {
    const part = this.#parts[lane];
    if (part !== undefined) return part;
    throw new StateError(`the lane ${lane} is not loaded`);
  }
}

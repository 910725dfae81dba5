import type { Batch } from "./batch.ts";
import type { SyscallArgument, SyscallResult } from "./injection.ts";
import { LaneParts } from "./lane.ts";
import type { Thread } from "./thread.ts";
import type { TracingThread } from "./tracing_thread.ts";

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

/** Executes system calls in the first thread of one stub: how, that is its tracer's lane. */
export interface Injector {
  /** @throws DeathError, StopError, DeadlineError, TraceError, StateError, InputError */
  call(number: bigint, args: readonly SyscallArgument[]): SyscallResult;
  /** Executes at least one call of a batch, from `first` on. @returns the index of the next */
  run(batch: Batch, first: number): number;
  /** Clones stubs from this one. @throws what `call` throws, BirthError, SyscallError */
  clone(request: CloneRequest): Births;
  /** Guests, or threads of other tracers, come into the process. */
  share(): void;
  /** Unmaps what it has in the stub; the next call maps it again. */
  unmap(): void;
  /** Everything but the stub code was unmapped, and no guest is left. */
  emptied(): void;
}

/** A word that a filter compares: `[offset in struct seccomp_data, word]`. */
export type Condition = readonly [offset: number, word: bigint];

/** How a lane makes and drives stubs. */
export interface Injections {
  /** Whether a stub that the host forks stays in its session: see `Fork`. */
  readonly staysInSession: boolean;
  /** Whether a stub that another one cloned is its child, and has executed the stub code; else it is the host's child. */
  readonly clonesChildren: boolean;
  injector(thread: Thread): Injector;
  /** The calls that a filter of its stubs must allow. */
  allowedCalls(tracer: TracingThread): readonly (readonly Condition[])[];
}

export const INJECTIONS = new LaneParts<Injections>();

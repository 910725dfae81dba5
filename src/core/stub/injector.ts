import { StateError } from "../../lib/errors.ts";
import type { Entries } from "./entries.ts";
import type { InjectedThread } from "./injected_thread.ts";
import type { SyscallArgument } from "./syscall.ts";
import type { TracingThread } from "./tracing_thread.ts";

/** What an injector does with a system call: "range" and "moving" may change the mapping of its memory. */
export type LoopKind = "any" | "range" | "moving" | "none";

/** Executes calls in a thread without a stop for each: what the lane "fast" plugs into a thread. */
export interface Injector {
  /** The calls of the next turn, and their results afterwards. */
  readonly entries: Entries;
  /** Whether the stub runs and waits for a turn. */
  readonly serves: boolean;
  /** Whether it can execute a call, which does not change the mapping of its memory. */
  takes(kind: LoopKind, address?: SyscallArgument, length?: SyscallArgument): boolean;
  /**
   * Has the stub execute the first `count` entries.
   *
   * @param call the call to name in an error.
   * @throws DeathError, StopError, DeadlineError, TraceError
   */
  turn(count: number, call: bigint): void;
  /** Makes the thread stopped if it serves. */
  leave(): void;
  /** The thread was stopped by something else, or has ended. */
  interrupt(): void;
  /** Unmaps its memory from the stub. @throws what `inject` throws */
  unmap(): void;
  /** The stub has its memory no longer mapped. */
  release(): void;
}

/** How the lane "fast" executes calls. */
export interface FastInjections {
  kindOf(tracer: TracingThread, call: bigint): LoopKind;
  /** @throws UnsupportedError, and what `inject` throws */
  serve(thread: InjectedThread): Injector;
}

let plugged: FastInjections | undefined;

/** src/fast plugs its way in when it is loaded. */
export function plugInjections(injections: FastInjections): void {
  plugged = injections;
}

/** @throws StateError if src/fast is not loaded */
export function fastInjections(): FastInjections {
  if (plugged !== undefined) return plugged;
  throw new StateError("the lane fast is not loaded");
}

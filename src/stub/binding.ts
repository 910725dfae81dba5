import { getEnvironmentData, setEnvironmentData, threadId } from "node:worker_threads";
import { UnsupportedError } from "../errors.ts";
import type { Shim } from "../shim/shim.ts";

/** Bytes of a set of processors: more than any kernel has. */
const SET = 1024;

/** The binding of this thread to one processor, which its open tracers share. */
interface Binding {
  readonly processor: number;
  /** The processors that the thread may use otherwise. */
  readonly original: Uint8Array;
  readonly bound: Uint8Array;
  holders: number;
}

let binding: Binding | undefined;

/** The data that workers inherit: the processors that the thread which starts them could use before it was bound. */
const PROCESSORS = "stublab.processors";

/**
 * Binds the calling thread to the processor on which it runs. Processes that it creates inherit that.
 *
 * @returns whether it is bound: a cpuset or a filter may refuse it, which does no harm.
 */
export function bindThread(shim: Shim): boolean {
  binding ??= bindNow(shim);
  if (binding === undefined) return false;
  binding.holders++;
  return true;
}

function bindNow(shim: Shim): Binding | undefined {
  const inherited = getEnvironmentData(PROCESSORS);
  const isInherited = inherited instanceof Uint8Array;
  const original = isInherited ? inherited : affinity(shim);
  // A worker must not share the processor to which the thread that started it is bound.
  const processor = isInherited ? processorFor(original, threadId) : shim.getcpu();
  if (processor < 0 || shim.bind(0, processor) < 0) return undefined;
  setEnvironmentData(PROCESSORS, original);
  return { processor, original, bound: affinity(shim), holders: 0 };
}

/** One processor of a set for each thread, in turn. */
function processorFor(set: Uint8Array, thread: number): number {
  const all = processorsOf(set);
  return all[thread % all.length] ?? -1;
}

/** Ends the binding when the last tracer that holds it is closed, unless the program has changed it since. */
export function unbindThread(shim: Shim): void {
  if (binding === undefined || --binding.holders > 0) return;
  const { original, bound } = binding;
  binding = undefined;
  setEnvironmentData(PROCESSORS, undefined);
  if (Buffer.compare(affinity(shim), bound) === 0) shim.setAffinity(0, original, original.length);
}

/** A processor that this thread may use, other than the one on which it runs; undefined on a machine with one. */
export function otherProcessor(shim: Shim): number | undefined {
  const processor = binding?.processor ?? shim.getcpu();
  const set = binding?.original ?? affinity(shim);
  return processorsOf(set).find((other) => other !== processor);
}

/** Checks that there is a second processor, for a lane that needs one. @throws UnsupportedError */
export function expectOtherProcessor(shim: Shim, lane: string, instead: string): void {
  if (otherProcessor(shim) !== undefined) return;
  throw new UnsupportedError(`the ${lane} need a second processor`, {
    remedy: `allow this process another processor, or use "${instead}"`,
  });
}

/** Binds a thread to another processor than the tracer's. */
export function moveAway(shim: Shim, tid: number): void {
  const processor = otherProcessor(shim);
  if (processor !== undefined) shim.bind(tid, processor);
}

function processorsOf(set: Uint8Array): number[] {
  const numbers = Array.from({ length: 8 * set.length }, (_, i) => i);
  return numbers.filter((i) => ((set[i >> 3] ?? 0) & (1 << (i & 7))) !== 0);
}

function affinity(shim: Shim): Uint8Array {
  const set = new Uint8Array(SET);
  return set.subarray(0, Math.max(0, shim.getAffinity(0, set, set.length)));
}

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
  const original = affinity(shim);
  const processor = shim.getcpu();
  if (processor < 0 || shim.bind(0, processor) < 0) return undefined;
  return { processor, original, bound: affinity(shim), holders: 0 };
}

/** Ends the binding when the last tracer that holds it is closed, unless the program has changed it since. */
export function unbindThread(shim: Shim): void {
  if (binding === undefined || --binding.holders > 0) return;
  const { original, bound } = binding;
  binding = undefined;
  if (Buffer.compare(affinity(shim), bound) === 0) shim.setAffinity(0, original, original.length);
}

/** A processor that this thread may use, but not the one on which it runs; undefined if there is none. */
export function otherProcessor(shim: Shim): number | undefined {
  const processor = binding?.processor ?? shim.getcpu();
  const set = binding?.original ?? affinity(shim);
  for (let other = 0; other < 8 * set.length; other++) {
    const isIn = ((set[other >> 3] ?? 0) & (1 << (other & 7))) !== 0;
    if (isIn && other !== processor) return other;
  }
  return undefined;
}

function affinity(shim: Shim): Uint8Array {
  const set = new Uint8Array(SET);
  return set.subarray(0, Math.max(0, shim.getAffinity(0, set, set.length)));
}

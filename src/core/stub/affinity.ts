import { getEnvironmentData, setEnvironmentData, threadId } from "node:worker_threads";
import { isBytes } from "../../lib/shape.ts";
import type { Shim } from "../shim/shim.ts";

/** Bytes of a set of processors: more than any kernel has. */
const SET = 1024;

/** The binding of this thread to one processor, which its open tracers share. */
interface Binding {
  readonly processor: number;
  /** A processor for stubs that run beside the thread; undefined on a machine with one. */
  readonly other: number | undefined;
  /** The processors that the thread may use otherwise. */
  readonly original: Uint8Array;
  readonly bound: Uint8Array;
  holders: number;
}

let binding: Binding | undefined;

/** The name of the data that workers inherit of a bound thread which starts them. */
const STARTER = "stublab.processors";

/** That data: the processor to which the thread is bound, and those that it could use before. */
interface Starter {
  readonly processor: number;
  readonly original: Uint8Array;
}

/** What this thread inherited: its own binding replaces it in the data for others. */
const starter = inherited();

function inherited(): Starter | undefined {
  const data: unknown = getEnvironmentData(STARTER);
  if (typeof data !== "object" || data === null) return undefined;
  if (!("processor" in data && "original" in data)) return undefined;
  const { processor, original } = data;
  if (typeof processor !== "number" || !isBytes(original)) return undefined;
  return { processor, original };
}

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
  const original = starter?.original ?? affinity(shim);
  const processor = starter === undefined ? shim.getcpu() : processorFor(starter, threadId);
  if (processor < 0 || shim.bind(0, processor) < 0) return undefined;
  const own: Starter = { processor, original };
  setEnvironmentData(STARTER, { ...own });
  const other = processorsOf(original).find((each) => each !== processor);
  return { processor, other, original, bound: affinity(shim), holders: 0 };
}

/** One processor for each worker, in turn: that of the thread which started it only if there is no other. */
function processorFor({ processor, original }: Starter, thread: number): number {
  const others = processorsOf(original).filter((other) => other !== processor);
  return others[thread % others.length] ?? processor;
}

/** Ends the binding when the last tracer that holds it is closed, unless the program has changed it since. */
export function unbindThread(shim: Shim): void {
  if (binding === undefined || --binding.holders > 0) return;
  const { original, bound } = binding;
  binding = undefined;
  setEnvironmentData(STARTER, starter && { ...starter });
  if (Buffer.compare(affinity(shim), bound) === 0) shim.setAffinity(0, original, original.length);
}

/** A processor for stubs that run beside this thread; undefined if it is not bound, or on a machine with one. */
export function otherProcessor(): number | undefined {
  return binding?.other;
}

function processorsOf(set: Uint8Array): number[] {
  const numbers = Array.from({ length: 8 * set.length }, (_, i) => i);
  return numbers.filter((i) => ((set[i >> 3] ?? 0) & (1 << (i & 7))) !== 0);
}

function affinity(shim: Shim): Uint8Array {
  const set = new Uint8Array(SET);
  return set.subarray(0, Math.max(0, shim.getAffinity(0, set, set.length)));
}

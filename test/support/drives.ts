import { loadShim } from "../../src/core/shim/shim.ts";
import type { Lane } from "../../src/core/stub/tracing_thread.ts";

/** A lane on some processors: with "fast", a tracer and its stubs wait for each other in another way if they share one. */
export interface Drive {
  readonly name: string;
  readonly lane: Lane;
  readonly pinned: boolean;
}

/** The ways in which the lane "fast" is driven. */
export const FAST: readonly Drive[] = [
  { name: "fast", lane: "fast", pinned: false },
  { name: "fast on one processor", lane: "fast", pinned: true },
];

/** Every way to drive stubs. */
export const DRIVES: readonly Drive[] = [
  { name: "faithful", lane: "faithful", pinned: false },
  ...FAST,
];

/** Runs something by a drive: if it is pinned, this thread may use one processor meanwhile. */
export async function by<T>({ pinned }: Drive, body: () => T | Promise<T>): Promise<T> {
  return pinned ? await onOneProcessor(body) : await body();
}

async function onOneProcessor<T>(body: () => T | Promise<T>): Promise<T> {
  const restore = useOneProcessor();
  try {
    return await body();
  } finally {
    restore();
  }
}

/** Lets this thread use one processor. Returns a function that lets it use those of before. */
export function useOneProcessor(): () => void {
  const shim = loadShim();
  const before = new Uint8Array(1024);
  const length = shim.getAffinity(0, before, before.length);
  shim.bind(0, shim.getcpu());
  return () => {
    shim.setAffinity(0, before, length);
  };
}

import type { Value } from "./places.ts";

/** What is expected of a request that succeeds, and of one that fails and writes nothing. */
export const answers = (written: number, more: Readonly<Record<string, Value>> = {}) => {
  return { result: 0, written, ...more };
};
export const refused = (errno: string) => ({ result: errno, written: 0 });

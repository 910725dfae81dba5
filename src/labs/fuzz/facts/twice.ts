import { confirm } from "../try/confirm.ts";
import type { Unmet } from "./verdict.ts";

/** A result, and how many attempts did not count. */
export type Counted<T> = readonly [result: T, contradictions: number];

/** The first result if it holds, else the one that two attempts have. */
export function twice<T>(
  attempt: () => T,
  holds: (it: T) => boolean,
  keyOf: (it: T) => string,
): Counted<T> {
  const first = attempt();
  if (holds(first)) return [first, 0];
  const { outcome, contradictions } = confirm(first, attempt, keyOf);
  return [outcome ?? first, contradictions];
}

/** The same of fields of which the same do not hold. */
export function keyOf(unmet: readonly Unmet[]): string {
  return unmet.map(({ field }) => field).join();
}

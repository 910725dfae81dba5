/** How often something is tried until two attempts have the same result. */
const MOST_ATTEMPTS = 5;

export interface Confirmed<T> {
  /** The result of the last attempt, and of the earlier one with the same; undefined if all results differ. */
  readonly outcome: T | undefined;
  readonly other: T | undefined;
  /** How many attempts the others contradict. */
  readonly contradictions: number;
}

/**
 * Tries again until two attempts have the same result. What one alone has seen may be the work of another process: it
 * can send signals to a stub, stop it, write to its memory or end it.
 *
 * @param first the result of the first attempt
 * @param keyOf the same for results that are the same
 */
export function confirm<T>(
  first: T,
  again: () => T,
  keyOf: (outcome: T) => string | number,
): Confirmed<T> {
  const seen = new Map([[keyOf(first), first]]);
  while (seen.size < MOST_ATTEMPTS) {
    const outcome = again();
    const key = keyOf(outcome);
    const other = seen.get(key);
    if (other !== undefined) return { outcome, other, contradictions: seen.size - 1 };
    seen.set(key, outcome);
  }
  return { outcome: undefined, other: undefined, contradictions: seen.size };
}

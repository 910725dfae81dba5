/** How often something is tried until two attempts come to the same. */
const MOST_ATTEMPTS = 5;

/** What attempts have come to. */
export interface Confirmed<T> {
  /** What two of them came to; undefined if each came to something else. */
  readonly outcome: T | undefined;
  /** How many attempts the others contradict. */
  readonly contradictions: number;
}

/**
 * Tries again until two attempts come to the same. What one alone has seen may be somebody's doing: another process can
 * send signals to a stub, stop it, write to its memory or end it.
 *
 * @param first what the first attempt came to
 * @param keyOf the same of outcomes that are the same
 */
export function confirm<T>(
  first: T,
  again: () => T,
  keyOf: (outcome: T) => string | number,
): Confirmed<T> {
  const seen = [keyOf(first)];
  while (seen.length < MOST_ATTEMPTS) {
    const outcome = again();
    const key = keyOf(outcome);
    if (seen.includes(key)) return { outcome, contradictions: seen.length - 1 };
    seen.push(key);
  }
  return { outcome: undefined, contradictions: seen.length };
}

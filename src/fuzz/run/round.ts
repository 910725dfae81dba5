/*
 * A round: a range of cases that are all made from one corpus. Its chunks go to whoever asks next; what is found is put
 * together in the order of cases, so it does not matter who tried what.
 */

import { addCounts, noCounts, sortedCounts } from "../predict/tally.ts";
import type { Found, PartResult } from "./part.ts";

/** Cases of a round. */
export const ROUND = 16_384;
/** Cases that are handed out at once; shards of a run have every so many-th chunk. */
export const CHUNK = 512;

/** One of `of` parts of a run, counted from 1. */
export interface Shard {
  readonly index: number;
  readonly of: number;
}

/** A chunk of cases: `from` up to and without `to`. */
export interface Chunk {
  readonly from: number;
  readonly to: number;
}

/** The chunks of the cases `from` up to and without `to` that a shard has, or of all. */
export function chunksOf(from: number, to: number, shard: Shard | null = null): Chunk[] {
  const chunks: Chunk[] = [];
  for (let number = Math.floor(from / CHUNK); number * CHUNK < to; number++) {
    if (shard !== null && number % shard.of !== shard.index - 1) continue;
    chunks.push({ from: Math.max(from, number * CHUNK), to: Math.min(to, (number + 1) * CHUNK) });
  }
  return chunks;
}

/** Puts the results of all parts of a round together: the first case of each signature counts. */
export function mergeResults(parts: readonly PartResult[]): PartResult {
  const counts = noCounts();
  for (const part of parts) addCounts(counts, part);
  return {
    ...sortedCounts(counts),
    unconfirmed: parts.reduce((total, { unconfirmed }) => total + unconfirmed, 0),
    found: firstOfEach(
      parts.flatMap(({ found }) => found),
      ({ signature }) => signature,
    ),
  };
}

/** In the order of cases, the first with each key. */
export function firstOfEach<T extends Pick<Found, "index">, K>(
  found: readonly T[],
  key: (found: T) => K,
): T[] {
  const seen = new Set<K>();
  return found
    .toSorted((a, b) => a.index - b.index)
    .filter((each) => {
      const known = seen.has(key(each));
      seen.add(key(each));
      return !known;
    });
}

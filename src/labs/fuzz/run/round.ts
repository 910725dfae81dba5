/*
 * A round: a range of cases that are all made from one corpus. Its chunks go to whoever asks next; what is found is put
 * together in the order of cases, so it does not matter who tried what.
 */

import { count, members, type Shape } from "../../../lib/shape.ts";

/** Cases of a round. */
export const ROUND = 16_384;
/** Cases that are handed out at once; shards of a run have every so many-th chunk. */
export const CHUNK = 512;

/** One of `of` parts of a run, counted from 1. */
export interface Shard {
  readonly index: number;
  readonly of: number;
}

export const shardShape: Shape<Shard> = (value, place) => {
  const read = members(value, place);
  const of = read("of", count(999_999, 1));
  return { of, index: read("index", count(of, 1)) };
};

/** A chunk of cases: `from` up to and without `to`. */
export interface Chunk {
  readonly from: number;
  readonly to: number;
}

/** Indices of the counters that all workers share: the next chunk that nobody has, and cases that are done. */
export const COUNTERS = { next: 0, done: 1 } as const;

/** The chunks of the cases `from` up to and without `to` that a shard has, or of all. */
export function chunksOf(from: number, to: number, shard: Shard | null = null): Chunk[] {
  const chunks: Chunk[] = [];
  for (let number = Math.floor(from / CHUNK); number * CHUNK < to; number++) {
    if (shard !== null && number % shard.of !== shard.index - 1) continue;
    chunks.push({ from: Math.max(from, number * CHUNK), to: Math.min(to, (number + 1) * CHUNK) });
  }
  return chunks;
}

/** In the order of cases, the first with each key. */
export function firstOfEach<T extends { readonly index: number }, K>(
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

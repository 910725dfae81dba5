// The buffers of readv and writev (struct iovec).

import { topOfUserSpace } from "../../core/stub/user_space.ts";
import { type Answer, EFAULT, EINVAL } from "./call.ts";
import type { Guest } from "./guest.ts";

/** The most buffers of a call (UIO_MAXIOV). */
export const MOST_VECTORS = 1024;

export interface Vector {
  readonly address: bigint;
  readonly length: bigint;
}

/** Returns undefined if the guest cannot read them. */
export function readVectors(guest: Guest, address: bigint, count: bigint): Vector[] | undefined {
  const words = guest.readWords(address, 2 * Number(count));
  return (
    words &&
    Array.from({ length: Number(count) }, (_, i) => ({
      address: words[2 * i] ?? 0n,
      length: words[2 * i + 1] ?? 0n,
    }))
  );
}

/** What the kernel refuses before it transfers a byte. */
export function refusedVectors(vectors: readonly Vector[]): Answer | undefined {
  if (vectors.some(({ length }) => BigInt.asIntN(64, length) < 0n)) return EINVAL;
  const top = BigInt(topOfUserSpace());
  return vectors.some(({ address, length }) => address + length > top) ? EFAULT : undefined;
}

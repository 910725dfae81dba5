// The buffers of readv and writev (struct iovec).

import { topOfUserSpace } from "../../core/stub/user_space.ts";
import { type Answer, EFAULT, EINVAL } from "./call.ts";
import type { Guest } from "./guest.ts";

/** The most buffers of a call (UIO_MAXIOV). */
export const MOST_VECTORS = 1024;

const VECTOR_SIZE = 16;

export interface Vector {
  readonly address: bigint;
  readonly length: bigint;
}

/** Returns undefined if the guest cannot read them. */
export function readVectors(guest: Guest, address: bigint, count: bigint): Vector[] | undefined {
  const bytes = guest.read(address, Number(count) * VECTOR_SIZE);
  if (bytes === undefined) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return Array.from({ length: Number(count) }, (_, i) => ({
    address: view.getBigUint64(i * VECTOR_SIZE, true),
    length: view.getBigUint64(i * VECTOR_SIZE + 8, true),
  }));
}

/** What the kernel refuses before it transfers a byte. */
export function refusedVectors(vectors: readonly Vector[]): Answer | undefined {
  if (vectors.some(({ length }) => BigInt.asIntN(64, length) < 0n)) return EINVAL;
  const top = BigInt(topOfUserSpace());
  return vectors.some(({ address, length }) => address + length > top) ? EFAULT : undefined;
}

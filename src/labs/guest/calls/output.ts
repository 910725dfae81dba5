// write, writev, ioctl.

import { type Answer, EBADF, EFAULT, EINVAL, type EmulatedCall, int } from "../call.ts";
import type { Guest } from "../guest.ts";
import { MOST_VECTORS, readVectors, refusedVectors, type Vector } from "../vectors.ts";

/** The most bytes that one call writes; a longer write is partial, as to a pipe. */
const MOST_BYTES = 1 << 20;
export const write: EmulatedCall = {
  run: (guest, [fd = 0n, address = 0n, length = 0n]) => writeAll(guest, fd, [{ address, length }]),
};

export const writev: EmulatedCall = {
  run(guest, [fd = 0n, address = 0n, count = 0n]) {
    if (!isOutput(guest, int(fd))) return EBADF;
    if (count > MOST_VECTORS) return EINVAL;
    const vectors = readVectors(guest, address, count);
    return vectors === undefined ? EFAULT : writeAll(guest, fd, vectors);
  },
};

/** What C libraries ask about their standard output: none is a terminal. */
export const ioctl: EmulatedCall = {
  run: ({ descriptors }, [fd = 0n]) =>
    descriptors.get(int(fd)) === undefined ? EBADF : { errno: "ENOTTY" },
};

function isOutput({ descriptors }: Guest, fd: number): fd is 1 | 2 {
  return descriptors.get(fd) === "output";
}

/** Makes the kernel's checks in the kernel's order, then writes as much as can be read. */
function writeAll(guest: Guest, descriptor: bigint, vectors: readonly Vector[]): Answer {
  const fd = int(descriptor);
  if (!isOutput(guest, fd)) return EBADF;
  const refusal = refusedVectors(vectors);
  if (refusal !== undefined) return refusal;
  let written = 0;
  for (const { address, length } of vectors) {
    const wanted = Math.min(Number(length), MOST_BYTES - written);
    const done = writeReadable(guest, fd, address, wanted);
    written += done;
    if (done < wanted) return written === 0 ? EFAULT : { value: BigInt(written) };
  }
  return { value: BigInt(written) };
}

/** Writes a buffer up to the first page that cannot be read. Returns the number of bytes. */
function writeReadable(guest: Guest, fd: 1 | 2, address: bigint, length: number): number {
  if (length === 0) return 0;
  const whole = guest.read(address, length);
  let done = 0;
  for (const part of whole === undefined ? guest.readable(address, length) : [whole]) {
    guest.output(fd, part);
    done += part.length;
  }
  return done;
}

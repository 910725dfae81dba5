// write, writev, ioctl.

import { PAGE_SIZE } from "../../../core/shim/page_size.ts";
import { topOfUserSpace } from "../../../core/stub/user_space.ts";
import { quote } from "../../../lib/quote.ts";
import { type Answer, EBADF, EFAULT, EINVAL, type EmulatedCall, int } from "../call.ts";
import type { Guest } from "../guest.ts";
import { pointer } from "../show.ts";

/** The most bytes that one call writes; a longer write is partial, as to a pipe. */
const MOST_BYTES = 1 << 20;
/** The most buffers of a writev or readv (UIO_MAXIOV). */
export const MOST_VECTORS = 1024;
/** How many of them a trace shows, as strace does. */
const SHOWN_VECTORS = 32;
const SHOWN_BYTES = 33;

const VECTOR_SIZE = 16;

/** The requests that C libraries make for their standard output (<asm-generic/ioctls.h>). */
const REQUESTS = new Map([
  [0x5401n, "TCGETS"],
  [0x5413n, "TIOCGWINSZ"],
]);

export interface Vector {
  readonly address: bigint;
  readonly length: bigint;
}

export const write: EmulatedCall = {
  run: (guest, [fd = 0n, address = 0n, length = 0n]) => writeAll(guest, fd, [{ address, length }]),
  show: (guest, [fd = 0n, address = 0n, length = 0n]) => [
    `${int(fd)}`,
    buffer(guest, { address, length }),
    `${length}`,
  ],
};

export const writev: EmulatedCall = {
  run(guest, [fd = 0n, address = 0n, count = 0n]) {
    if (!isOutput(guest, int(fd))) return EBADF;
    if (count > MOST_VECTORS) return EINVAL;
    const vectors = readVectors(guest, address, Number(count));
    return vectors === undefined ? EFAULT : writeAll(guest, fd, vectors);
  },
  show(guest, [fd = 0n, address = 0n, count = 0n]) {
    const vectors =
      count > MOST_VECTORS
        ? undefined
        : readVectors(guest, address, Math.min(Number(count), SHOWN_VECTORS));
    const shown = vectors?.map((vector) => {
      return `{iov_base=${buffer(guest, vector)}, iov_len=${vector.length}}`;
    });
    if (shown !== undefined && count > SHOWN_VECTORS) shown.push("...");
    return [
      `${int(fd)}`,
      shown === undefined ? pointer(address) : `[${shown.join(", ")}]`,
      `${count}`,
    ];
  },
};

export const ioctl: EmulatedCall = {
  run: ({ descriptors }, [fd = 0n]) =>
    descriptors.get(int(fd)) === undefined ? EBADF : { errno: "ENOTTY" },
  show: (_, [fd = 0n, request = 0n, argument = 0n]) => [
    `${int(fd)}`,
    REQUESTS.get(request) ?? pointer(request),
    pointer(argument),
  ],
};

function isOutput({ descriptors }: Guest, fd: number): fd is 1 | 2 {
  return descriptors.get(fd) === "output";
}

export function readVectors(guest: Guest, address: bigint, count: number): Vector[] | undefined {
  const bytes = guest.read(address, count * VECTOR_SIZE);
  if (bytes === undefined) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return Array.from({ length: count }, (_, i) => ({
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
  if (whole !== undefined) {
    guest.output(fd, whole);
    return length;
  }
  let done = 0;
  while (done < length) {
    const at = address + BigInt(done);
    const inPage = PAGE_SIZE - Number(at % BigInt(PAGE_SIZE));
    const part = guest.read(at, Math.min(inPage, length - done));
    if (part === undefined) break;
    guest.output(fd, part);
    done += part.length;
  }
  return done;
}

function buffer(guest: Guest, { address, length }: Vector): string {
  const shown = guest.read(address, Math.min(Number(length), SHOWN_BYTES));
  return shown === undefined ? pointer(address) : quote(shown);
}

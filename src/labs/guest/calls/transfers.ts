// read, readv, pread64, write, writev.

import { topOfUserSpace } from "../../../core/stub/user_space.ts";
import { type Answer, type Emulation, int } from "../call.ts";
import type { Open } from "../files.ts";
import type { Guest } from "../guest.ts";

/** The most bytes that one call writes; a longer write is partial, as to a pipe. */
const MOST_BYTES = 1 << 20;
/** The most buffers of a call (UIO_MAXIOV). */
const MOST_BUFFERS = 1024n;

/** A buffer of the guest (struct iovec). */
export interface Buffer {
  readonly address: bigint;
  readonly length: bigint;
}

/** Buffers; or the errno with which the kernel refuses them before it transfers a byte. */
type Buffers = readonly Buffer[] | string;

export const read: Emulation = (guest, fd, address, length) =>
  fill(guest, sourceOf(guest, fd), checked([{ address, length }]));

export const readv: Emulation = (guest, fd, address, count) =>
  fill(guest, sourceOf(guest, fd), buffersAt(guest, address, count));

export const pread64: Emulation = (guest, fd, address, length, offset) => {
  const source = sourceOf(guest, fd);
  if (source === undefined) return "EBADF";
  if (source.inode === 0) return "ESPIPE";
  if (BigInt.asIntN(64, offset) < 0n) return "EINVAL";
  return fill(guest, { ...source, position: Number(offset) }, checked([{ address, length }]));
};

export const write: Emulation = (guest, fd, address, length) =>
  drain(guest, fd, checked([{ address, length }]));

export const writev: Emulation = (guest, fd, address, count) =>
  drain(guest, fd, buffersAt(guest, address, count));

/** Reads an array of buffers; undefined if there are too many, or the guest cannot read it. */
export function readBuffers(guest: Guest, address: bigint, count: bigint): Buffer[] | undefined {
  const words = count > MOST_BUFFERS ? undefined : guest.readWords(address, 2 * Number(count));
  const at = (i: number) => words?.[i] ?? 0n;
  return (
    words &&
    Array.from({ length: Number(count) }, (_, i) => ({ address: at(2 * i), length: at(2 * i + 1) }))
  );
}

function buffersAt(guest: Guest, address: bigint, count: bigint): Buffers {
  const buffers = readBuffers(guest, address, count);
  if (buffers === undefined) return count > MOST_BUFFERS ? "EINVAL" : "EFAULT";
  return checked(buffers);
}

function checked(buffers: readonly Buffer[]): Buffers {
  if (buffers.some(({ length }) => BigInt.asIntN(64, length) < 0n)) return "EINVAL";
  const top = BigInt(topOfUserSpace());
  return buffers.some(({ address, length }) => address + length > top) ? "EFAULT" : buffers;
}

/** What a call can read from. */
function sourceOf({ supplies }: Guest, fd: bigint): Open | undefined {
  const open = supplies.descriptors.get(int(fd));
  return open?.output === undefined ? open : undefined;
}

/** Fills buffers in turn, up to the first that cannot be written. */
function fill(guest: Guest, source: Open | undefined, buffers: Buffers): Answer {
  if (source === undefined) return "EBADF";
  if (typeof buffers === "string") return buffers;
  let done = 0;
  for (const { address, length } of buffers) {
    const { bytes, position } = source;
    const part = bytes.subarray(position, Math.min(position + Number(length), bytes.length));
    if (!guest.write(address, part)) return done === 0 ? "EFAULT" : BigInt(done);
    source.position += part.length;
    done += part.length;
  }
  return BigInt(done);
}

/** Writes buffers in turn, up to the first page that cannot be read. */
function drain(guest: Guest, fd: bigint, buffers: Buffers): Answer {
  const { descriptors, output } = guest.supplies;
  const stream = descriptors.get(int(fd))?.output;
  if (stream === undefined) return "EBADF";
  if (typeof buffers === "string") return buffers;
  let done = 0;
  for (const { address, length } of buffers) {
    const end = done + Math.min(Number(length), MOST_BYTES - done);
    for (const part of guest.readable(address, end - done)) {
      output(stream, part);
      done += part.length;
    }
    if (done < end) return done === 0 ? "EFAULT" : BigInt(done);
  }
  return BigInt(done);
}

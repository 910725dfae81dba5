// read, readv, pread64, lseek, open, openat, close, fstat, newfstatat, stat, lstat.

import { PAGE_SIZE } from "../../../core/shim/page_size.ts";
import { type Answer, EBADF, EFAULT, EINVAL, type EmulatedCall, int, OK } from "../call.ts";
import { AT_FDCWD, type File, O_ACCMODE, O_CREAT, type Source } from "../files.ts";
import type { Guest } from "../guest.ts";
import { GUEST_MACHINE } from "../machine/index.ts";
import { MOST_VECTORS, readVectors, refusedVectors, type Vector } from "../vectors.ts";

const STAT = GUEST_MACHINE.stat;
const AT_EMPTY_PATH = 0x1000n;

/** File types and permissions in st_mode. */
const FILE = 0o100444;
const PIPE = 0o010600;
/** What an output is, for struct stat. */
const NO_FILE: File = { bytes: new Uint8Array(), inode: 0 };

export const read: EmulatedCall = {
  run: (guest, [fd = 0n, address = 0n, length = 0n]) => readAll(guest, fd, [{ address, length }]),
};

export const readv: EmulatedCall = {
  run(guest, [fd = 0n, address = 0n, count = 0n]) {
    if (sourceOf(guest, fd) === undefined) return EBADF;
    if (count > MOST_VECTORS) return EINVAL;
    const vectors = readVectors(guest, address, count);
    return vectors === undefined ? EFAULT : readAll(guest, fd, vectors);
  },
};

export const pread64: EmulatedCall = {
  run(guest, [fd = 0n, address = 0n, length = 0n, offset = 0n]) {
    const source = sourceOf(guest, fd);
    if (source === undefined) return EBADF;
    if (source.inode === 0) return { errno: "ESPIPE" };
    if (BigInt.asIntN(64, offset) < 0n) return EINVAL;
    return fill(guest, { ...source, position: Number(offset) }, [{ address, length }]);
  },
};

export const lseek: EmulatedCall = {
  run({ descriptors }, [fd = 0n, offset = 0n, whence = 0n]) {
    const source = descriptors.get(int(fd));
    if (source === undefined) return EBADF;
    if (source === "output" || source.inode === 0) return { errno: "ESPIPE" };
    const start = [0, source.position, source.bytes.length][int(whence)];
    if (start === undefined) return EINVAL;
    const position = BigInt(start) + BigInt.asIntN(64, offset);
    if (position < 0n || position > Number.MAX_SAFE_INTEGER) return EINVAL;
    source.position = Number(position);
    return { value: position };
  },
};

export const open: EmulatedCall = {
  run: (guest, [path = 0n, flags = 0n]) => openAt(guest, AT_FDCWD, path, flags),
};

export const openat: EmulatedCall = {
  run: (guest, [folder = 0n, path = 0n, flags = 0n]) => openAt(guest, int(folder), path, flags),
};

export const close: EmulatedCall = {
  run: ({ descriptors }, [fd = 0n]) => (descriptors.close(int(fd)) ? OK : EBADF),
};

export const fstat: EmulatedCall = {
  run: (guest, [fd = 0n, address = 0n]) => statDescriptor(guest, int(fd), address),
};

export const stat: EmulatedCall = {
  run: (guest, [path = 0n, address = 0n]) => statPath(guest, AT_FDCWD, path, address),
};

export const newfstatat: EmulatedCall = {
  run(guest, [folder = 0n, path = 0n, address = 0n, flags = 0n]) {
    const empty = (flags & AT_EMPTY_PATH) !== 0n && guest.readString(path)?.length === 0;
    return empty
      ? statDescriptor(guest, int(folder), address)
      : statPath(guest, int(folder), path, address);
  },
};

function sourceOf({ descriptors }: Guest, fd: bigint): Source | undefined {
  const source = descriptors.get(int(fd));
  return source === "output" ? undefined : source;
}

function readAll(guest: Guest, fd: bigint, vectors: readonly Vector[]): Answer {
  const source = sourceOf(guest, fd);
  return source === undefined ? EBADF : fill(guest, source, vectors);
}

/** Fills buffers in turn, up to the first that cannot be written. */
function fill(guest: Guest, source: Source, vectors: readonly Vector[]): Answer {
  const refusal = refusedVectors(vectors);
  if (refusal !== undefined) return refusal;
  let done = 0;
  for (const { address, length } of vectors) {
    const { bytes, position } = source;
    const part = bytes.subarray(position, Math.min(position + Number(length), bytes.length));
    if (!guest.write(address, part)) return done === 0 ? EFAULT : { value: BigInt(done) };
    source.position += part.length;
    done += part.length;
  }
  return { value: BigInt(done) };
}

/** Finds a file by its path, as path_openat does: returns ENOENT if no file has that path. */
function find(guest: Guest, folder: number, address: bigint): File | { errno: string } {
  const bytes = guest.readString(address);
  if (bytes === undefined) return { errno: "EFAULT" };
  const path = Buffer.from(bytes).toString();
  if (!path.startsWith("/") && folder !== AT_FDCWD) {
    return guest.descriptors.get(folder) === undefined ? { errno: "EBADF" } : { errno: "ENOTDIR" };
  }
  return guest.descriptors.find(path) ?? { errno: "ENOENT" };
}

function openAt(guest: Guest, folder: number, path: bigint, flags: bigint): Answer {
  const file = find(guest, folder, path);
  if ("errno" in file) {
    const creates = file.errno === "ENOENT" && (flags & O_CREAT) !== 0n;
    return creates ? { errno: "EROFS" } : file;
  }
  if ((flags & O_ACCMODE) !== 0n) return { errno: "EROFS" };
  const fd = guest.descriptors.open(file);
  return fd === undefined ? { errno: "EMFILE" } : { value: BigInt(fd) };
}

function statPath(guest: Guest, folder: number, path: bigint, address: bigint): Answer {
  const file = find(guest, folder, path);
  return "errno" in file ? file : writeStat(guest, address, file);
}

function statDescriptor(guest: Guest, fd: number, address: bigint): Answer {
  const source = guest.descriptors.get(fd);
  if (source === undefined) return EBADF;
  return writeStat(guest, address, source === "output" ? NO_FILE : source);
}

/** Writes a struct stat, in which a file belongs to root. */
function writeStat(guest: Guest, address: bigint, { bytes, inode }: File): Answer {
  const size = inode === 0 ? 0 : bytes.length;
  const view = new DataView(new ArrayBuffer(STAT.size));
  view.setUint32(STAT.inode, inode, true);
  view.setUint32(STAT.mode, inode === 0 ? PIPE : FILE, true);
  view.setUint32(STAT.links, 1, true);
  view.setBigUint64(STAT.length, BigInt(size), true);
  view.setUint32(STAT.blockSize, PAGE_SIZE, true);
  view.setUint32(STAT.blocks, Math.ceil(size / 512), true);
  return guest.write(address, new Uint8Array(view.buffer)) ? OK : EFAULT;
}

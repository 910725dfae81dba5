// open, openat, close, lseek, stat, lstat, fstat, newfstatat, ioctl.

import { PAGE_SIZE } from "../../../core/shim/auxiliary_vector.ts";
import { type Answer, type Emulation, int } from "../call.ts";
import { AT_FDCWD, type File, O_ACCMODE, O_CREAT } from "../files.ts";
import type { Guest } from "../guest.ts";
import { GUEST_MACHINE } from "../machine.ts";

const STAT = GUEST_MACHINE.stat;
const AT_EMPTY_PATH = 0x1000n;

/** File types and permissions in st_mode. */
const FILE = 0o100444;
const PIPE = 0o010600;

export const open: Emulation = (guest, path, flags) => openat(guest, BigInt(AT_FDCWD), path, flags);

export const openat: Emulation = (guest, folder, path, flags) => {
  const file = find(guest, folder, path);
  if (file === "ENOENT" && (flags & O_CREAT) !== 0n) return "EROFS";
  if (typeof file === "string") return file;
  if ((flags & O_ACCMODE) !== 0n) return "EROFS";
  const fd = guest.supplies.descriptors.open(file);
  return fd === undefined ? "EMFILE" : BigInt(fd);
};

export const close: Emulation = ({ supplies: { descriptors } }, fd) =>
  descriptors.delete(int(fd)) ? 0n : "EBADF";

export const lseek: Emulation = ({ supplies: { descriptors } }, fd, offset, whence) => {
  const open = descriptors.get(int(fd));
  if (open === undefined) return "EBADF";
  if (open.inode === 0) return "ESPIPE";
  const start = [0, open.position, open.bytes.length][int(whence)];
  if (start === undefined) return "EINVAL";
  const position = BigInt(start) + BigInt.asIntN(64, offset);
  if (position < 0n || position > Number.MAX_SAFE_INTEGER) return "EINVAL";
  open.position = Number(position);
  return position;
};

export const stat: Emulation = (guest, path, address) =>
  newfstatat(guest, BigInt(AT_FDCWD), path, address, 0n);

export const lstat = stat;

export const fstat: Emulation = (guest, fd, address) => {
  const open = guest.supplies.descriptors.get(int(fd));
  return open === undefined ? "EBADF" : writeStat(guest, address, open);
};

export const newfstatat: Emulation = (guest, folder, path, address, flags) => {
  const isEmpty = () => guest.readString(path)?.length === 0;
  if ((flags & AT_EMPTY_PATH) !== 0n && isEmpty()) return fstat(guest, folder, address);
  const file = find(guest, folder, path);
  return typeof file === "string" ? file : writeStat(guest, address, file);
};

/** What C libraries ask about their standard output: none is a terminal. */
export const ioctl: Emulation = ({ supplies: { descriptors } }, fd) =>
  descriptors.get(int(fd)) === undefined ? "EBADF" : "ENOTTY";

/** Finds a file by its path, as path_openat does; returns the errno if no file has that path. */
function find(guest: Guest, folder: bigint, address: bigint): File | string {
  const bytes = guest.readString(address);
  if (bytes === undefined) return "EFAULT";
  const path = Buffer.from(bytes).toString();
  if (path.startsWith("/") || int(folder) === AT_FDCWD) {
    return guest.supplies.descriptors.find(path) ?? "ENOENT";
  }
  return guest.supplies.descriptors.get(int(folder)) === undefined ? "EBADF" : "ENOTDIR";
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
  return guest.write(address, new Uint8Array(view.buffer)) ? 0n : "EFAULT";
}

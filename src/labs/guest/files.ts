// What a guest can read: its standard input, and the files that its caller gives it. It can write none of them.

import { posix } from "node:path";

/** The descriptor that stands for the working directory of a guest, which is /. */
export const AT_FDCWD = -100;
/** Flags of open(2) that are the same on all architectures (<asm-generic/fcntl.h>). */
export const O_ACCMODE = 0o3n;
export const O_CREAT = 0o100n;

/** The files of a guest, and the bytes of its standard input. */
export interface Input {
  /** The bytes of its standard input. Default: none. */
  readonly stdin?: Uint8Array | undefined;
  /** Files that it can open for reading, by absolute path. There are no others, and no folders. Default: none. */
  readonly files?: Readonly<Record<string, Uint8Array>> | undefined;
}

/** A file, or standard input. */
export interface File {
  readonly bytes: Uint8Array;
  /** Its number in struct stat; 0 for standard input, which is a pipe. */
  readonly inode: number;
}

/** The same, open. */
export interface Source extends File {
  position: number;
}

/** The most descriptors of a guest: RLIMIT_NOFILE's usual value. */
const MOST_DESCRIPTORS = 1024;

/** The open descriptors of a guest. */
export class Descriptors {
  readonly #files: ReadonlyMap<string, File>;
  readonly #open = new Map<number, Source | 1 | 2>();

  constructor({ stdin = new Uint8Array(), files = {} }: Input) {
    const entries = Object.entries(files);
    this.#files = new Map(entries.map(([path, bytes], i) => [path, { bytes, inode: i + 1 }]));
    this.#open.set(0, { bytes: stdin, inode: 0, position: 0 }).set(1, 1).set(2, 2);
  }

  /** The file at an absolute path. */
  find(path: string): File | undefined {
    return this.#files.get(posix.resolve("/", path));
  }

  /** Opens a file with the lowest free descriptor. Returns undefined if every descriptor is in use. */
  open(file: File): number | undefined {
    let fd = 0;
    while (this.#open.has(fd)) fd++;
    if (fd >= MOST_DESCRIPTORS) return undefined;
    this.#open.set(fd, { ...file, position: 0 });
    return fd;
  }

  /** What is open: a source, or the output 1 or 2. */
  get(fd: number): Source | 1 | 2 | undefined {
    return this.#open.get(fd);
  }

  /** What a call can read from. */
  source(fd: number): Source | undefined {
    const open = this.#open.get(fd);
    return typeof open === "number" ? undefined : open;
  }

  close(fd: number): boolean {
    return this.#open.delete(fd);
  }
}

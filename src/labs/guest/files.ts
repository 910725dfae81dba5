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

/** A file, or a pipe. */
export interface File {
  readonly bytes: Uint8Array;
  /** Its number in struct stat; 0 for a pipe, as standard input and the outputs are. */
  readonly inode: number;
}

/** What a descriptor stands for: a file, standard input, or an output. */
export interface Open extends File {
  position: number;
  readonly output?: 1 | 2;
}

/** The most descriptors of a guest: RLIMIT_NOFILE's usual value. */
const MOST_DESCRIPTORS = 1024;

/** The open descriptors of a guest. */
export class Descriptors extends Map<number, Open> {
  readonly #files: ReadonlyMap<string, File>;

  constructor({ stdin = new Uint8Array(), files = {} }: Input) {
    super();
    const entries = Object.entries(files);
    this.#files = new Map(entries.map(([path, bytes], i) => [path, { bytes, inode: i + 1 }]));
    const pipe = { bytes: new Uint8Array(), inode: 0, position: 0 };
    this.set(0, { ...pipe, bytes: stdin });
    for (const output of [1, 2] as const) this.set(output, { ...pipe, output });
  }

  /** The file at an absolute path. */
  find(path: string): File | undefined {
    return this.#files.get(posix.resolve("/", path));
  }

  /** Opens a file with the lowest free descriptor. Returns undefined if every descriptor is in use. */
  open(file: File): number | undefined {
    let fd = 0;
    while (this.has(fd)) fd++;
    if (fd >= MOST_DESCRIPTORS) return undefined;
    this.set(fd, { ...file, position: 0 });
    return fd;
  }
}

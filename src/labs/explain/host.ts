// What the module of assembly/explain asks of its host: files of /proc and of cgroups, which it parses.

import { closeSync, openSync, readdirSync, readlinkSync, readSync, statSync } from "node:fs";
import { constants } from "node:os";
import { HOST_ARCH } from "../../core/machine/index.ts";
import { codeOf } from "../../lib/folder.ts";
import { readListing } from "../../lib/listing.ts";
import { list, record, text } from "../../lib/shape.ts";

/** Where the module reads: this machine, or what a test makes of it. Each fails with an error that has an errno. */
export interface Source {
  /** Fills `bytes` from an offset on; returns how many it filled. */
  read(path: string, offset: bigint, bytes: Uint8Array): number;
  link(path: string): string;
  /** The names in a folder. */
  list(path: string): readonly string[];
  /** The uid that owns a file. */
  owner(path: string): number;
  /** Whether kill(2) finds a process or thread, permitted or not. */
  exists(tid: number): boolean;
  stubCode(): Uint8Array;
}

const listings = list(record({ name: text, lines: list(record({ bytes: text }), 1000) }), 100);

export const MACHINE: Source = {
  read(path, offset, bytes) {
    const file = openSync(path, "r");
    try {
      let length = 0;
      for (let got = 1; got > 0 && length < bytes.length; length += got)
        got = readSync(file, bytes, length, bytes.length - length, offset + BigInt(length));
      return length;
    } finally {
      closeSync(file);
    }
  },
  link: (path) => readlinkSync(path),
  list: (path) => readdirSync(path),
  owner: (path) => statSync(path).uid,
  exists(tid) {
    try {
      process.kill(tid, 0);
      return true;
    } catch (error) {
      return codeOf(error) === "EPERM";
    }
  },
  stubCode() {
    const { lines } = readListing(HOST_ARCH, "stub code", listings);
    return Buffer.from(lines.map(({ bytes }) => bytes.replaceAll(" ", "")).join(""), "hex");
  },
};

/** -errno of a failure. */
function errnoOf(error: unknown): number {
  const errno = error instanceof Error && "errno" in error ? error.errno : undefined;
  return typeof errno === "number" ? -Math.abs(errno) : -constants.errno.EIO;
}

const linesOf = (names: readonly string[]) => names.map((name) => `${name}\n`).join("");

/** The imports of the module. @param memory its memory, once it has one */
export function importsFrom(source: Source, memory: () => ArrayBuffer): WebAssembly.Imports {
  const tried = (make: () => number) => {
    try {
      return make();
    } catch (error) {
      return errnoOf(error);
    }
  };
  const part = (at: number, size: number) => new Uint8Array(memory(), at, size);
  const pathAt = (at: number) => {
    const bytes = new Uint8Array(memory(), at);
    return Buffer.from(bytes.subarray(0, bytes.indexOf(0))).toString();
  };
  const put = (text: string | Uint8Array, to: number, size: number) => {
    const bytes = Buffer.from(text).subarray(0, size);
    part(to, size).set(bytes);
    return bytes.length;
  };
  return {
    host: {
      read: (path: number, offset: bigint, to: number, size: number) =>
        tried(() => source.read(pathAt(path), offset, part(to, size))),
      link: (path: number, to: number, size: number) =>
        tried(() => put(source.link(pathAt(path)), to, size)),
      list: (path: number, to: number, size: number) =>
        tried(() => put(linesOf(source.list(pathAt(path))), to, size)),
      owner: (path: number) => tried(() => source.owner(pathAt(path))),
      exists: (tid: number) => Number(source.exists(tid)),
      stub: (to: number, size: number) =>
        Math.max(
          0,
          tried(() => put(source.stubCode(), to, size)),
        ),
    },
  };
}

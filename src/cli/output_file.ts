import {
  accessSync,
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  ftruncateSync,
  lstatSync,
  openSync,
  readlinkSync,
  type Stats,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, isAbsolute, join } from "node:path";
import { OutputError, StublabError } from "../errors.ts";
import { codeOf, Folder, temporaryName } from "../folder.ts";
import { reasonOf } from "../input.ts";
import { finishing } from "./interruption.ts";
import { writeAll } from "./report.ts";

/** The errnos with which a file is kept in its place: by the folder's mode, a sticky folder, a mount. */
const NOT_PERMITTED: readonly unknown[] = ["EACCES", "EPERM", "EROFS", "EBUSY"];

/** The most links that lead from one to the next; Linux follows as many. */
const MOST_LINKS = 40;

type Content = string | Uint8Array;

/**
 * Writes a file that the user names: as a whole or not at all. A link is followed, for it is what was named, and an open
 * descriptor (/dev/stdout, /dev/fd/3), a pipe or a device is written to.
 *
 * @throws OutputError if it cannot be written.
 */
export async function writeOutput(path: string, content: Content): Promise<void> {
  try {
    const target = targetOf(path);
    if (target === 1 || target === 2) writeAll(target, Buffer.from(content));
    else if (typeof target === "number") writeFileSync(target, content);
    else if (isReplaceable(target)) await replaceIn(dirname(target), [[basename(target), content]]);
    else writeInto(target, content);
  } catch (cause) {
    throw unwritable(path, cause);
  }
}

/**
 * Writes files into a folder that the user names, and makes the folder if it does not exist. No link in it is followed.
 *
 * @throws OutputError if they cannot be written; InputError if there is something else in place of one.
 */
export async function writeOutputs(
  folder: string,
  files: readonly (readonly [name: string, content: Content])[],
): Promise<void> {
  try {
    Folder.make(folder)[Symbol.dispose]();
    await replaceIn(folder, files);
  } catch (cause) {
    throw unwritable(folder, cause);
  }
}

/**
 * Refuses a file that cannot be written before there is a content for it: that may take minutes.
 *
 * @throws OutputError
 */
export function checkOutput(path: string): void {
  try {
    const target = targetOf(path);
    if (typeof target === "number") return;
    const stats = statsOf(target);
    if (stats === undefined) accessSync(dirname(target), constants.W_OK);
    else if (stats.isFile() || stats.isDirectory()) closeSync(openSync(target, constants.O_WRONLY));
    else accessSync(target, constants.W_OK);
  } catch (cause) {
    throw unwritable(path, cause);
  }
}

function unwritable(path: string, cause: unknown): StublabError {
  if (cause instanceof StublabError) return cause;
  const errno = codeOf(cause);
  return new OutputError(`${path} cannot be written: ${reasonOf(cause)}`, {
    cause,
    ...(typeof errno === "string" && { errno }),
  });
}

/** A signal that comes meanwhile ends this process when no temporary file is left. */
function replaceIn(
  path: string,
  files: readonly (readonly [name: string, content: Content])[],
): Promise<void> {
  return finishing(async () => {
    using folder = Folder.open(path);
    for (const [name, content] of files) replace(folder, name, content);
  });
}

/**
 * Writes a file as a whole or not at all: what was there stays until the new content is complete. The file keeps its mode
 * and its owner. Where another cannot take its place, as in a folder that is not to be written, it is written itself.
 */
function replace(folder: Folder, name: string, content: Content): void {
  // It shows, too, whether the user may write it.
  const there = folder.open(name, constants.O_WRONLY);
  try {
    if (putInPlace(folder, name, content, there) || there === undefined) return;
    ftruncateSync(there);
    writeFileSync(there, content);
  } finally {
    if (there !== undefined) closeSync(there);
  }
}

/** Puts a new file in the place of one that is open; answers whether that may be done. */
function putInPlace(
  folder: Folder,
  name: string,
  content: Content,
  there: number | undefined,
): boolean {
  const temporary = temporaryName();
  try {
    if (there === undefined) folder.create(temporary, content);
    else folder.create(temporary, content, 0o600, (file) => makeLike(file, fstatSync(there)));
    folder.rename(temporary, name);
    return true;
  } catch (error) {
    folder.remove(temporary);
    if (there !== undefined && NOT_PERMITTED.includes(codeOf(error))) return false;
    throw error;
  }
}

/** Gives an open file the owner and the mode of another; the mode last, for a new owner takes bits of it. */
function makeLike(file: number, { uid, gid, mode }: Stats): void {
  const own = fstatSync(file);
  if (own.uid !== uid || own.gid !== gid) fchownSync(file, uid, gid);
  fchmodSync(file, mode & 0o7777);
}

/** Writes to a pipe or a device: what is not there is not made, and nothing is emptied. */
function writeInto(path: string, content: Content): void {
  const file = openSync(path, constants.O_WRONLY);
  try {
    writeFileSync(file, content);
  } finally {
    closeSync(file);
  }
}

/** Whether there is a regular file, or nothing. */
function isReplaceable(path: string): boolean {
  return statsOf(path)?.isFile() ?? true;
}

function statsOf(path: string): Stats | undefined {
  return statSync(path, { throwIfNoEntry: false });
}

/** Where a path leads in the end, be there anything or not; the number of a descriptor, if to one of this process's. */
function targetOf(path: string): string | number {
  let target = path;
  for (let i = 0; i < MOST_LINKS; i++) {
    const descriptor = descriptorOf(target);
    if (descriptor !== undefined) return descriptor;
    if (lstatSync(target, { throwIfNoEntry: false })?.isSymbolicLink() !== true) return target;
    const link = readlinkSync(target);
    const next = isAbsolute(link) ? link : join(dirname(target), link);
    // A link of /proc leads to more than a path can name.
    if (statsOf(next) === undefined && statsOf(target) !== undefined) return target;
    target = next;
  }
  return target;
}

/** Opened anew, a file that is a descriptor's would be written from its beginning, over what is there. */
function descriptorOf(path: string): number | undefined {
  const standard = ["/dev/stdin", "/dev/stdout", "/dev/stderr"].indexOf(path);
  if (standard >= 0) return standard;
  const [, digits] = /^(?:\/dev|\/proc\/self)\/fd\/(\d+)$/.exec(path) ?? [];
  return digits === undefined ? undefined : Number(digits);
}

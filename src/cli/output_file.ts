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
import { basename, dirname, resolve } from "node:path";
import { codeOf, Folder, temporaryName, unwritable } from "../lib/folder.ts";
import { finishing } from "./interruption.ts";
import { writeAll } from "./report.ts";

/** The errnos that mean that a file cannot be replaced: by the folder's mode, a sticky folder, a mount. */
const NOT_PERMITTED: readonly unknown[] = ["EACCES", "EPERM", "EROFS", "EBUSY"];

type Content = string | Uint8Array;
type OutputFile = readonly [name: string, content: Content, mode?: number];

/**
 * Writes a file that the user names, completely or not at all. A link is followed. An open descriptor (/dev/stdout,
 * /dev/fd/3), a pipe or a device is written to.
 *
 * @param mode of a new file
 * @throws OutputError if it cannot be written.
 */
export async function writeOutput(path: string, content: Content, mode = 0o666): Promise<void> {
  try {
    const target = targetOf(path);
    if (target === 1 || target === 2) writeAll(target, Buffer.from(content));
    else if (typeof target === "string" && (statsOf(target)?.isFile() ?? true))
      await replaceIn(dirname(target), [[basename(target), content, mode]]);
    else writeFileSync(target, content);
  } catch (cause) {
    throw unwritable(path, cause);
  }
}

/**
 * Writes files into a folder that the user names, and creates the folder if it does not exist. No link in it is
 * followed.
 *
 * @throws OutputError if one cannot be written; InputError if one exists and is not a regular file.
 */
export async function writeOutputs(folder: string, files: readonly OutputFile[]): Promise<void> {
  try {
    Folder.make(folder)[Symbol.dispose]();
    await replaceIn(folder, files);
  } catch (cause) {
    throw unwritable(folder, cause);
  }
}

/**
 * Fails if a file cannot be written. Called before its content is made, which may take minutes.
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

/** A signal that arrives during the replacement ends this process after the temporary file is removed. */
function replaceIn(path: string, files: readonly OutputFile[]): Promise<void> {
  return finishing(async () => {
    using folder = Folder.open(path);
    for (const [name, content, mode = 0o666] of files) replace(folder, name, content, mode);
  });
}

/**
 * Writes a file completely or not at all: the old content stays until the new is complete. The file keeps its mode and
 * owner. If it cannot be replaced, as in a read-only folder, it is overwritten in place.
 */
function replace(folder: Folder, name: string, content: Content, mode: number): void {
  // This also shows whether the user may write it.
  const there = folder.open(name, constants.O_WRONLY);
  const temporary = temporaryName();
  try {
    if (there === undefined) folder.create(temporary, content, mode);
    else folder.create(temporary, content, 0o600, (file) => makeLike(file, fstatSync(there)));
    folder.rename(temporary, name);
  } catch (error) {
    folder.remove(temporary);
    if (there === undefined || !NOT_PERMITTED.includes(codeOf(error))) throw error;
    ftruncateSync(there);
    writeFileSync(there, content);
  } finally {
    if (there !== undefined) closeSync(there);
  }
}

/** Gives an open file the owner and mode of another. The mode comes last, as fchown clears bits of it. */
function makeLike(file: number, { uid, gid, mode }: Stats): void {
  const own = fstatSync(file);
  if (own.uid !== uid || own.gid !== gid) fchownSync(file, uid, gid);
  fchmodSync(file, mode & 0o7777);
}

function statsOf(path: string): Stats | undefined {
  return statSync(path, { throwIfNoEntry: false });
}

/**
 * The path at the end of a chain of links, which need not exist; a number if it is a descriptor of this process: opening
 * that by its path would overwrite the file from its beginning.
 */
function targetOf(path: string): string | number {
  const standard = ["/dev/stdin", "/dev/stdout", "/dev/stderr"].indexOf(path);
  if (standard >= 0) return standard;
  const [, digits] = /^(?:\/dev|\/proc\/self)\/fd\/(\d+)$/.exec(path) ?? [];
  if (digits !== undefined) return Number(digits);
  const exists = statsOf(path) !== undefined;
  if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() !== true) return path;
  const next = resolve(dirname(path), readlinkSync(path));
  // A link in /proc may refer to something that has no path.
  return exists && statsOf(next) === undefined ? path : targetOf(next);
}

/*
 * A folder whose content is not trusted: other users, or the author of an archive, may have written it. The user names
 * the folder itself. In it no symbolic link is followed, and only regular files and folders are opened. Every path goes
 * through the descriptor of its folder, so renaming the folder has no effect.
 */

import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmdirSync,
  type Stats,
  statSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";
import { InputError, OutputError, StublabError } from "./errors.ts";
import { excess, inputName, type Limit, readLimited, reasonOf } from "./input.ts";
import { visible } from "./visible.ts";

const { O_RDONLY, O_RDWR, O_WRONLY, O_CREAT, O_EXCL } = constants;
const { O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_NOCTTY } = constants;
/** Does not require read permission for the folder. Node.js does not define it. */
const O_PATH = 0o10000000;
/** Opening a FIFO does not block, and a terminal does not become the controlling terminal. */
const INERT = O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;

/** The errnos with which open fails if the file is not a regular file, or not a folder. */
const OTHER_THINGS: readonly unknown[] = ["ELOOP", "ENOTDIR", "ENXIO", "EISDIR"];

/** An unpredictable name. */
export function temporaryName(): string {
  return `.stublab-${Buffer.from(crypto.getRandomValues(new Uint8Array(6))).toString("hex")}`;
}

/**
 * Creates a folder, and those above it that do not exist; returns the topmost that it created, if any. The recursive
 * mkdir of Node.js does not end if the kernel refuses a folder with ENOENT, as /proc does.
 *
 * @throws the errors of node:fs
 */
export function makePath(path: string): string | undefined {
  if (isDirectory(path)) return undefined;
  const above = dirname(path);
  const topmost = above === path || existsSync(above) ? undefined : makePath(above);
  try {
    mkdirSync(path);
  } catch (error) {
    // Another process may have made it meanwhile.
    if (!isDirectory(path)) throw error;
    return topmost;
  }
  return topmost ?? path;
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

export class Folder {
  /** Its name in error messages. */
  readonly path: string;
  readonly #file: number;
  /** The path of its descriptor in /proc; without /proc, its own path, which may later lead elsewhere. */
  readonly #place: string;

  private constructor(path: string, file: number) {
    this.path = path;
    this.#file = file;
    const place = `/proc/self/fd/${file}`;
    this.#place = existsSync(place) ? place : path;
  }

  /** Opens a folder that the user names. @throws the errors of node:fs */
  static open(path: string): Folder {
    return new Folder(path, openSync(path, O_PATH | O_DIRECTORY));
  }

  /** The same with a typed error. @throws InputError if it cannot be opened. */
  static openToRead(path: string, remedy?: string): Folder {
    try {
      return Folder.open(path);
    } catch (cause) {
      throw unreadable(inputName(path), cause, remedy);
    }
  }

  /** Opens a folder that the user names, and creates it if it does not exist. @throws the errors of node:fs */
  static make(path: string): Folder {
    makePath(path);
    return Folder.open(path);
  }

  /** Its entries. @throws InputError if it cannot be read. */
  get names(): string[] {
    try {
      return readdirSync(this.#at("."));
    } catch (cause) {
      throw unreadable(visible(this.path), cause);
    }
  }

  /** Whether an entry of that name exists, even a dangling link. */
  has(name: string): boolean {
    return this.#stats(name) !== undefined;
  }

  isFolder(name: string): boolean {
    return this.#stats(name)?.isDirectory() === true;
  }

  /** Opens a folder in it; undefined if it does not exist. @throws InputError if it is not a folder. */
  folder(name: string): Folder | undefined {
    const file = this.#open(name, O_PATH | O_DIRECTORY, "a folder");
    return file === undefined ? undefined : new Folder(this.#pathOf(name), file);
  }

  /** The same, but creates the folder if it does not exist. */
  makeFolder(name: string): Folder {
    try {
      mkdirSync(this.#at(name));
    } catch (error) {
      if (codeOf(error) !== "EEXIST") throw error;
    }
    const folder = this.folder(name);
    if (folder === undefined) throw this.gone(name);
    return folder;
  }

  /**
   * Opens a regular file; undefined if it does not exist and `flags` do not create it.
   *
   * @param flags in addition to those that prevent following links and blocking
   * @throws InputError if it is not a regular file.
   */
  open(name: string, flags: number): number | undefined {
    const file = this.#open(name, flags, "a regular file");
    if (file === undefined) return undefined;
    const stats = fstatSync(file);
    if (stats.isFile()) return file;
    closeSync(file);
    throw refusal(this.#pathOf(name), stats, "a regular file");
  }

  /**
   * Opens a file to read and change it, and creates it if it does not exist.
   *
   * @throws InputError also if it has other hard links, as these would change too.
   */
  openToChange(name: string, flags = 0): number {
    const file = this.open(name, O_RDWR | O_CREAT | flags);
    if (file === undefined) throw this.gone(name);
    const stats = fstatSync(file);
    if (stats.nlink <= 1) return file;
    closeSync(file);
    throw refusal(this.#pathOf(name), stats, "a regular file");
  }

  /** Whether that name still refers to an open file. */
  isSame(name: string, file: number): boolean {
    const [own, there] = [fstatSync(file), this.#stats(name)];
    return own.dev === there?.dev && own.ino === there.ino;
  }

  /** The content of a regular file; undefined if it does not exist. @throws InputError if it cannot be read. */
  read(name: string, limit: Limit): Buffer | undefined {
    const file = this.#openToRead(name);
    if (file === undefined) return undefined;
    try {
      return this.readOpen(file, name, limit);
    } finally {
      closeSync(file);
    }
  }

  /** The content of an open file. @throws InputError */
  readOpen(file: number, name: string, limit: Limit): Buffer {
    let content: Buffer | undefined;
    try {
      content = readLimited(file, limit);
    } catch (cause) {
      throw unreadable(this.#pathOf(name), cause);
    }
    if (content !== undefined) return content;
    throw new InputError(`${this.#pathOf(name)} ${excess(limit)}`);
  }

  /**
   * Writes a new file, completely or not at all.
   *
   * @param finish is called with the open file before it is closed
   * @throws the errors of node:fs: EEXIST if the name exists.
   */
  create(
    name: string,
    content: string | Uint8Array,
    mode = 0o666,
    finish: (file: number) => void = () => {},
  ): void {
    const file = openSync(this.#at(name), O_WRONLY | O_CREAT | O_EXCL | INERT, mode);
    try {
      writeFileSync(file, content);
      finish(file);
    } catch (error) {
      unlinkSync(this.#at(name));
      throw error;
    } finally {
      closeSync(file);
    }
  }

  /** The error for an entry that was listed but does not exist. Node.js lists names that are not UTF-8 in another form. */
  gone(name: string): InputError {
    return new InputError(
      `${this.#pathOf(name)} does not exist: it was removed, or its name is not UTF-8`,
    );
  }

  /**
   * Copies a file, or a folder with its content.
   *
   * @param limit applies to each file
   * @throws InputError if an entry cannot be read, or is neither a regular file nor a folder; the errors of node:fs if
   * writing fails.
   */
  copy(name: string, to: Folder, limit: Limit): void {
    if (this.isFolder(name)) {
      using from = this.folder(name);
      using target = to.makeFolder(name);
      for (const each of from?.names ?? []) from?.copy(each, target, limit);
      return;
    }
    const file = this.#openToRead(name);
    if (file === undefined) throw this.gone(name);
    try {
      to.create(name, this.readOpen(file, name, limit), fstatSync(file).mode & 0o777);
    } finally {
      closeSync(file);
    }
  }

  /** Renames an entry, possibly into another folder. */
  rename(name: string, to: string, folder: Folder = this): void {
    renameSync(this.#at(name), folder.#at(to));
  }

  /** Removes a file, or a folder with its content; does nothing if it does not exist. */
  remove(name: string): void {
    if (!this.isFolder(name)) {
      if (this.has(name)) unlinkSync(this.#at(name));
      return;
    }
    using folder = this.folder(name);
    for (const each of folder?.names ?? []) folder?.remove(each);
    rmdirSync(this.#at(name));
  }

  [Symbol.dispose](): void {
    closeSync(this.#file);
  }

  #openToRead(name: string): number | undefined {
    try {
      return this.open(name, O_RDONLY);
    } catch (cause) {
      throw cause instanceof InputError ? cause : unreadable(this.#pathOf(name), cause);
    }
  }

  /** The stats of an entry; undefined if it does not exist. */
  #stats(name: string): Stats | undefined {
    return lstatSync(this.#at(name), { throwIfNoEntry: false });
  }

  #at(name: string): string {
    return `${this.#place}/${name}`;
  }

  #pathOf(name: string): string {
    return `${visible(this.path)}/${visible(name)}`;
  }

  #open(name: string, flags: number, expected: string): number | undefined {
    try {
      return openSync(this.#at(name), flags | INERT, 0o666);
    } catch (error) {
      const code = codeOf(error);
      if (code === "ENOENT") return undefined;
      const stats = OTHER_THINGS.includes(code) ? this.#stats(name) : undefined;
      throw stats === undefined ? error : refusal(this.#pathOf(name), stats, expected);
    }
  }
}

function unreadable(path: string, cause: unknown, remedy?: string): InputError {
  return new InputError(`${path} cannot be read: ${reasonOf(cause)}`, {
    cause,
    ...(remedy !== undefined && { remedy }),
  });
}

/** The errno of an error by name, if it has one. */
export function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}

function refusal(path: string, stats: Stats, expected: string): InputError {
  return new InputError(`${path} is ${kindOf(stats)}, expected ${expected}`, {
    remedy: "links in this folder are not followed: remove the link, or replace it with the file",
  });
}

/** The type of a file in error messages. */
function kindOf(stats: Stats): string {
  if (stats.isSymbolicLink()) return "a symbolic link";
  if (stats.isFIFO()) return "a FIFO";
  if (stats.isSocket()) return "a socket";
  if (stats.isDirectory()) return "a folder";
  if (stats.isFile()) return stats.nlink > 1 ? "a hard link" : "a file";
  return "a device";
}

/** What a failure to write means: the error of a system call becomes an OutputError, any other stays as it is. */
export function unwritable(what: string, cause: unknown, remedy?: string): unknown {
  const errno = codeOf(cause);
  if (cause instanceof StublabError || typeof errno !== "string") return cause;
  return new OutputError(`${what} cannot be written: ${reasonOf(cause)}`, {
    ...{ cause, errno },
    ...(remedy !== undefined && { remedy }),
  });
}

import { closeSync, ftruncateSync, readSync, writeSync } from "node:fs";
import { constants } from "node:os";
import { loadShim } from "../../../core/shim/shim.ts";
import { errnoName } from "../../../lib/errno.ts";
import { InputError, SyscallError } from "../../../lib/errors.ts";
import type { Folder } from "../../../lib/folder.ts";

export const NAME = "lock";
/** How long the stubs of a process that is gone may hold what it had open, and one that ends, in milliseconds. */
const PATIENCE = { gone: 2000, alive: 200 };
const PAUSE = 10;

/** Keeps other processes out of a folder. The kernel holds it, so it ends with this process, however that ends. */
export class FolderLock {
  readonly #file: number;

  /** @throws InputError if another process has the folder; what opening a file throws. */
  constructor(folder: Folder) {
    this.#file = acquire(folder);
    ftruncateSync(this.#file, 0);
    writeSync(this.#file, `${process.pid}\n`, 0);
  }

  release(): void {
    ftruncateSync(this.#file, 0);
    closeSync(this.#file);
  }
}

function acquire(folder: Folder): number {
  const start = performance.now();
  for (;;) {
    const file = folder.openToChange(NAME);
    let held = false;
    let holder: number | undefined;
    try {
      // Another file may have taken its place: then that is the one to lock.
      held = tryLock(folder, file) && folder.isSame(NAME, file);
      if (held) return file;
      holder = readHolder(file);
    } finally {
      if (!held) closeSync(file);
    }
    const patience = isAlive(holder) ? PATIENCE.alive : PATIENCE.gone;
    if (performance.now() - start > patience) {
      const who = holder === undefined ? "another process" : `process ${holder}`;
      throw new InputError(`${folder.path} is in use: ${who} is fuzzing in it`, {
        remedy: "give each run a folder of its own, and merge them later",
      });
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE);
  }
}

/** Whether it is this process's now. */
function tryLock(folder: Folder, file: number): boolean {
  const result = loadShim().lockFile(file);
  if (result === 0) return true;
  if (result === -constants.errno.EAGAIN) return false;
  const errno = errnoName(-result);
  throw new SyscallError(`${folder.path}/${NAME} cannot be locked: ${errno}`, {
    call: "flock",
    errno,
  });
}

/** The pid in the file, which may have anything in it. */
function readHolder(file: number): number | undefined {
  const content = Buffer.alloc(16);
  const length = readSync(file, content, 0, content.length, 0);
  const [, digits] = /^(\d{1,10})\n/.exec(content.toString("latin1", 0, length)) ?? [];
  return digits === undefined ? undefined : Number(digits);
}

function isAlive(pid: number | undefined): boolean {
  if (pid === undefined || pid === 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

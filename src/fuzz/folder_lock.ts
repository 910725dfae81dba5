import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { errnoName } from "../errno.ts";
import { InputError, SyscallError } from "../errors.ts";
import { loadShim } from "../shim.ts";

const NAME = "lock";
/** How long the stubs of a process that is gone may hold what it had open, and one that ends, in milliseconds. */
const PATIENCE = { gone: 2000, alive: 200 };
const PAUSE = 10;

/** Keeps other processes out of a folder. The kernel holds it, so it ends with this process, however that ends. */
export class FolderLock {
  readonly #file: number;

  /** @throws InputError where another process has the folder; what opening a file throws. */
  constructor(folder: string) {
    const path = join(folder, NAME);
    this.#file = openSync(path, "a+");
    try {
      this.#acquire(folder, path);
    } catch (error) {
      closeSync(this.#file);
      throw error;
    }
    ftruncateSync(this.#file, 0);
    writeSync(this.#file, `${process.pid}\n`);
  }

  release(): void {
    ftruncateSync(this.#file, 0);
    closeSync(this.#file);
  }

  #acquire(folder: string, path: string): void {
    const start = performance.now();
    for (;;) {
      const result = loadShim().lockFile(this.#file);
      if (result === 0) return;
      if (result !== -constants.errno.EAGAIN) {
        const errno = errnoName(-result);
        throw new SyscallError(`${path} cannot be locked: ${errno}`, { call: "flock", errno });
      }
      const holder = Number(readFileSync(path, "utf8"));
      const patience = isAlive(holder) ? PATIENCE.alive : PATIENCE.gone;
      if (performance.now() - start > patience) {
        throw new InputError(`${folder} is in use: process ${holder} is fuzzing in it`, {
          remedy: "give each run a folder of its own, and merge them later",
        });
      }
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE);
    }
  }
}

function isAlive(pid: number): boolean {
  if (!(pid > 0)) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

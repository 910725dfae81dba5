// Worker threads that run a program of this package.

import { existsSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { beside } from "./beside.ts";
import { limitError } from "./errno.ts";
import { StublabError } from "./errors.ts";

const LOST = { code: "ERR_STUBLAB_WORKER" };

/**
 * Starts a thread.
 *
 * @param program the file, in the folder of this program
 * @throws UnsupportedError if no thread can start; StublabError if the file is missing, as beside a bundle
 */
export function startWorker(program: string, workerData: unknown): Worker {
  const file = beside(program);
  if (!existsSync(file)) {
    throw new StublabError(`the program of a worker thread is missing: ${program}`, {
      ...LOST,
      remedy: `if stublab is bundled, bundle its dist/${program} into the same folder, or keep stublab external`,
    });
  }
  try {
    // A script: the threads of `node --input-type=module --eval …` run no file.
    return new Worker(`import(${JSON.stringify(file.href)})`, { eval: true, workerData });
  } catch (cause) {
    throw limitError("a worker thread cannot start", cause) ?? cause;
  }
}

/** The error of a thread that ended before its work. @param cause what it threw, or why it ended */
export function lostWorker(cause: unknown): StublabError {
  const doing = "a worker thread was lost";
  const why = cause instanceof Error ? cause.message : String(cause);
  const details = cause instanceof Error ? { ...LOST, cause } : LOST;
  return limitError(doing, cause) ?? new StublabError(`${doing}: ${why}`, details);
}

import { existsSync, type FSWatcher, watch } from "node:fs";
import { basename, dirname } from "node:path";
import { setTimeout } from "node:timers/promises";
import { InputError } from "../lib/errors.ts";
import { onFatal } from "./interruption.ts";
import { draw, talk } from "./report.ts";

/** How long nothing may happen to a file before it is taken for whole, in milliseconds. */
const QUIET = 100;

/**
 * Does something, and again whenever one of some files was saved, until a signal ends it.
 *
 * @param work is passed an AbortSignal, and returns an exit status
 * @returns the status of the last work that ended, or 1 if none did
 * @throws InputError if a file's folder cannot be watched; what `work` throws
 */
export async function atEachSave(
  files: readonly string[],
  work: (interrupted: AbortSignal) => Promise<number>,
): Promise<number> {
  const interruption = new AbortController();
  const { signal } = interruption;
  const stopListening = onFatal(() => {
    // Where a terminal shows ^C.
    if (process.stderr.isTTY) draw("\n");
    interruption.abort();
  });
  let status = 1;
  let changed = false;
  let wake = () => {};
  signal.addEventListener("abort", () => wake());
  const watchers = files.map((file) =>
    watchFolder(file, (name) => {
      if (name !== basename(file)) return;
      changed = true;
      wake();
    }),
  );
  /** A file that is missing, or still being written, is waited for. */
  const nextSave = async () => {
    let missing: string | undefined;
    do {
      if (missing !== undefined) talk(`there is no file ${missing} now: waiting for it\n`);
      await new Promise<void>((resolve) => {
        wake = resolve;
        if (changed) resolve();
      });
      changed = false;
      await setTimeout(QUIET, undefined, { signal });
      missing = files.find((file) => !existsSync(file));
    } while (changed || missing !== undefined);
  };
  try {
    for (;;) {
      status = await work(signal);
      await nextSave();
    }
  } catch (error) {
    if (!signal.aborted) throw error;
    return status;
  } finally {
    stopListening();
    for (const watcher of watchers) watcher.close();
  }
}

/** Editors replace a file, so its folder is watched. */
function watchFolder(file: string, changed: (name: string | null) => void): FSWatcher {
  try {
    return watch(dirname(file), (_, name) => changed(name));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new InputError(`--watch ${file}: ${why}`, { cause });
  }
}

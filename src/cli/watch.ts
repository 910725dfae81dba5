import { statSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { onFatal } from "./interruption.ts";
import { draw, talk } from "./report.ts";

/** How long a file must stay unchanged until it counts as complete, in milliseconds. */
const QUIET = 100;

/**
 * Does something, and again whenever one of some files was saved, until a signal ends it.
 *
 * @param work is passed an AbortSignal, and returns an exit status
 * @returns the status of the last work that ended, or 1 if none did
 * @throws what `work` throws
 */
export async function atEachSave(
  files: readonly string[],
  work: (interrupted: AbortSignal) => Promise<number>,
): Promise<number> {
  const { interrupted, stop } = onFatal(() => {
    // After the ^C of the terminal.
    if (process.stderr.isTTY) draw("\n");
  });
  let status = 1;
  try {
    for (;;) {
      const before = files.map(versionOf);
      status = await work(interrupted);
      await nextSave(files, before, interrupted);
    }
  } catch (error) {
    if (!interrupted.aborted) throw error;
    return status;
  } finally {
    stop();
  }
}

/** Waits until a file has changed, and none is missing or still being written. */
async function nextSave(
  files: readonly string[],
  before: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  let [last, now] = [before, before];
  do {
    await setTimeout(QUIET, undefined, { signal });
    [last, now] = [now, files.map(versionOf)];
    const gone = files.find((_, i) => now[i] === MISSING && last[i] !== MISSING);
    if (gone !== undefined) talk(`there is no file ${gone} now: waiting for it\n`);
  } while (`${now}` === `${before}` || `${now}` !== `${last}` || now.includes(MISSING));
}

const MISSING = "missing";

/**
 * What changes whenever a file is written or replaced. Asking is cheap, and does not depend on how an editor saves. A loop of
 * links, and a file in a folder that may not be searched, are missing, too.
 */
function versionOf(file: string): string {
  try {
    const { ino, size, ctimeNs } = statSync(file, { bigint: true });
    return `${ino} ${size} ${ctimeNs}`;
  } catch {
    return MISSING;
  }
}

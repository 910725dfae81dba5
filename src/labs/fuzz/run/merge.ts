import { basename, dirname } from "node:path";
import { InputError } from "../../../lib/errors.ts";
import { Folder, makePath, temporaryName, unwritable } from "../../../lib/folder.ts";
import type { Limit } from "../../../lib/input.ts";
import { formatSignature } from "../predict/signature.ts";
import { FINDINGS } from "../tell/finding.ts";
import { LOG, type Log, readLog } from "./folder.ts";
import { expectSame, formatRound, formatRun } from "./log.ts";
import { RunState } from "./state.ts";

const NAME_RUNS = "name the folders that `stublab fuzz --corpus` has made";

/** What a merge came to. */
export interface Merged {
  readonly signatures: number;
  readonly findings: number;
  readonly cases: number;
  /** Whether no case before the last one is missing. */
  readonly complete: boolean;
}

/** What people may have put into the folder of a finding beside its own files. */
const COPY_LIMIT: Limit = { most: 1 << 28, of: "a file of a finding" };

/**
 * Puts parts of one run together in a new folder: their rounds in the order of cases, and their findings. If that fails,
 * nothing of the new folder is left.
 *
 * @throws InputError if a folder is malformed or has another run, or the new one exists; OutputError if it cannot be written
 */
export function mergeFolders(paths: readonly string[], to: string): Merged {
  const sources = paths.map((path) => Folder.openToRead(path, NAME_RUNS));
  try {
    const logs = sources.map(readLog);
    return writeNewFolder(to, (folder) => merge(sources, logs, folder));
  } catch (cause) {
    throw unwritable(to, cause, "nothing of it is left; name a folder that can be written");
  } finally {
    for (const source of sources) source[Symbol.dispose]();
  }
}

function merge(sources: readonly Folder[], logs: readonly Log[], to: Folder): Merged {
  const state = new RunState();
  const first = logs[0]?.run;
  for (const [i, log] of logs.entries()) {
    const path = sources[i]?.path ?? "";
    if (log.run === undefined || first === undefined) {
      throw new InputError(`${path} has no run: its ${LOG} is missing or empty`, {
        remedy: NAME_RUNS,
      });
    }
    expectSame(path, log.run, first);
    for (const round of log.state.rounds) state.add(round);
  }
  if (first === undefined) throw new InputError("there is no folder to merge");
  const { rounds, counts, findings, kinds } = state;
  to.create(LOG, [formatRun(first), ...rounds.map(formatRound)].join(""));
  for (const { key, index } of findings) {
    const finder = logs.findIndex((log) =>
      log.state.findings.some((found) => found.key === key && found.index === index),
    );
    const from = sources[finder];
    if (from !== undefined) copyFinding(from, to, formatSignature(key));
  }
  const complete = rounds.every(({ from }, i) => from === (rounds[i - 1]?.to ?? 0));
  return { signatures: kinds, findings: findings.length, cases: counts.cases, complete };
}

function copyFinding(from: Folder, to: Folder, name: string): void {
  using theirs = from.folder(FINDINGS);
  if (theirs?.has(name) !== true) return;
  using own = to.makeFolder(FINDINGS);
  theirs.copy(name, own, COPY_LIMIT);
}

/** Makes a folder as a whole. @throws InputError if there is something of that name */
function writeNewFolder<T>(path: string, fill: (folder: Folder) => T): T {
  makePath(dirname(path));
  using parent = Folder.open(dirname(path));
  if (parent.has(basename(path))) {
    throw new InputError(`${path} exists`, { remedy: "name a folder that is not there yet" });
  }
  const temporary = temporaryName();
  try {
    using folder = parent.makeFolder(temporary);
    const result = fill(folder);
    parent.rename(temporary, basename(path));
    return result;
  } catch (error) {
    parent.remove(temporary);
    throw error;
  }
}

/* The folder of a run: its log, and a folder for each finding; and several of them, merged into one. */

import { closeSync, constants, fsyncSync, ftruncateSync, statSync, writeSync } from "node:fs";
import { basename, dirname } from "node:path";
import { InputError } from "../../../lib/errors.ts";
import { Folder, makePath, temporaryName, unwritable } from "../../../lib/folder.ts";
import type { Limit } from "../../../lib/input.ts";
import { inPlace, parseJson, show } from "../../../lib/shape.ts";
import { visible } from "../../../lib/visible.ts";
import { formatSignature } from "../predict/signature.ts";
import { CONTINUES, FINDINGS } from "../tell/finding.ts";
import { expectSame, formatRound, formatRun, type LoggedRun, parseRun, roundShape } from "./log.ts";
import { type Round, RunState } from "./state.ts";

export const LOG = "log.jsonl";
/** A string holds little more. */
const LIMIT: Limit = { most: 500_000_000, of: "a log" };

export interface Log {
  /** Undefined if it is empty. */
  readonly run: LoggedRun | undefined;
  readonly state: RunState;
  /** Where a last line begins that is not whole. */
  readonly torn: number | undefined;
}

/** Reads the log of a folder. @throws InputError that names the line, and what is wrong there */
export function readLog(folder: Folder): Log {
  const content = folder.read(LOG, LIMIT) ?? Buffer.alloc(0);
  const length = content.lastIndexOf("\n") + 1;
  const lines = content.toString("utf8", 0, length).split("\n").slice(0, -1);
  const state = new RunState();
  let run: LoggedRun | undefined;
  for (const [i, line] of lines.entries()) {
    inPlace(`${visible(folder.path)}/${LOG}, line ${i + 1}`, () => {
      const document = parseJson(line);
      if (run === undefined) run = parseRun(document);
      else state.add(roundShape(document, ""));
    });
  }
  return { run, state, torn: length < content.length ? length : undefined };
}

/** A folder to which a run is written. Two processes may write to one: a round that both have tried counts once. */
export class RunFolder {
  readonly path: string;
  readonly state: RunState;
  /** The run that was there before, if any. */
  readonly run: LoggedRun | undefined;
  readonly #folder: Folder;
  #file: number | undefined;

  /**
   * Opens a folder, or makes it.
   *
   * @throws InputError if it is not the folder of a run, or its log is malformed or a link; OutputError if it cannot be written
   */
  constructor(path: string) {
    this.path = path;
    this.#folder = this.#writing(() => makeFolder(path));
    try {
      expectRun(this.#folder);
      const { run, state, torn } = readLog(this.#folder);
      this.run = run;
      this.state = state;
      this.#file = this.#writing(() => this.#folder.openToChange(LOG, constants.O_APPEND));
      // Another process may have added lines meanwhile: whole ones are left alone.
      if (torn !== undefined) ftruncateSync(this.#file, torn);
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  /** Begins the log, or checks that it is this run's. @throws InputError if it is another's */
  begin(run: LoggedRun): void {
    if (this.run === undefined) this.#append(formatRun(run));
    else expectSame(visible(this.path), this.run, run);
  }

  /** Writes the result of a round. @throws OutputError */
  add(round: Round): void {
    this.#append(formatRound(round));
  }

  [Symbol.dispose](): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
    this.#folder[Symbol.dispose]();
  }

  /** A line is on the disk before it counts. One of which a part was written, as on a full disk, is discarded later. */
  #append(line: string): void {
    const bytes = Buffer.from(line);
    this.#writing(() => {
      const file = this.#file ?? -1;
      for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
      fsyncSync(file);
    });
  }

  #writing<T>(write: () => T): T {
    try {
      return write();
    } catch (cause) {
      throw unwritable(`corpus ${this.path}`, cause, `what ${LOG} has is whole; ${CONTINUES}`);
    }
  }
}

function makeFolder(path: string): Folder {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== false) return Folder.make(path);
  throw new InputError(`${visible(path)} is a file, and a run has a folder`, {
    remedy: "name a folder, or one that is to be made",
  });
}

/** Refuses a folder that has no log, and has something that belongs to no run. @throws InputError */
function expectRun(folder: Folder): void {
  if (folder.has(LOG)) return;
  const path = visible(folder.path);
  const other = folder.names.find((name) => name !== FINDINGS);
  if (other === undefined) return;
  throw new InputError(
    `${path} is not the folder of a run: it has no ${LOG}, and has ${show(other)}`,
    { remedy: "name a new folder, or an empty one" },
  );
}

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

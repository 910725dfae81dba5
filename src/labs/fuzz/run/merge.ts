import { rmdirSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { InputError } from "../../../lib/errors.ts";
import { Folder, makePath, temporaryName, unwritable } from "../../../lib/folder.ts";
import type { Limit } from "../../../lib/input.ts";
import { addCounts, noCounts, sortedCounts } from "../predict/tally.ts";
import {
  CASE_ENDING,
  caseFile,
  casesIn,
  FINDINGS,
  JOURNAL,
  readCase,
  readJournal,
} from "./corpus_folder.ts";
import { formatStep, type Journal, parseJournal } from "./journal.ts";
import { firstOfEach } from "./round.ts";
import type { Step } from "./run_state.ts";

/** What a merge came to. */
export interface Merged {
  readonly signatures: number;
  readonly findings: number;
  readonly cases: number;
  /** Whether the folders were all shards of one run, so that it can be gone on with. */
  readonly complete: boolean;
  /** Why not. */
  readonly why: string | null;
}

/** The folder of a run. */
interface Source {
  readonly path: string;
  readonly folder: Folder;
  readonly journal: Journal;
  /** What its journal had before the run was divided. */
  readonly base: Buffer;
}

const NOTHING_LEFT = "nothing of it is left; name a folder that can be written and has room";
const NAME_RUNS = "name the folders that `stublab fuzz --corpus` has made";

/** What people may have put into the folder of a finding beside its own files. */
const COPY_LIMIT: Limit = { most: 1 << 28, of: "a file of a finding" };

/**
 * Puts the folders of runs together into a new one. All shards of a run come to what one machine would have found: of
 * each signature, and of each way to differ, the case with the lowest number. If that fails, nothing is left of the new
 * folder.
 *
 * @throws InputError if a folder is malformed, or the new one is not empty; OutputError if that cannot be written.
 */
export function mergeFolders(paths: readonly string[], to: string): Merged {
  const sources: Source[] = [];
  try {
    for (const path of paths) sources.push(readSource(path));
    return writeMerged(sources, to);
  } catch (cause) {
    throw unwritable(to, cause, NOTHING_LEFT);
  } finally {
    for (const { folder } of sources) folder[Symbol.dispose]();
  }
}

function writeMerged(sources: readonly Source[], to: string): Merged {
  const why = whyNotShards(sources);
  return writeNewFolder(to, (folder) => {
    const merge = why === null ? mergeShards : unite;
    const counts = merge(sources, folder);
    for (const source of sources) copyFindings(source.folder, folder);
    return { ...counts, complete: why === null, why };
  });
}

/** @throws InputError if there is nothing that could be merged. */
function readSource(path: string): Source {
  const folder = Folder.openToRead(path, NAME_RUNS);
  try {
    const content = readJournal(folder);
    const journal = parseJournal(content, join(path, JOURNAL));
    if (journal.header === undefined && casesIn(folder).length === 0) {
      throw new InputError(`${path} has no run, and no case`, { remedy: NAME_RUNS });
    }
    return { path, folder, journal, base: content.subarray(0, journal.baseLength ?? 0) };
  } catch (error) {
    folder[Symbol.dispose]();
    throw error;
  }
}

/**
 * Makes a folder as a whole: its files get their place when all of them are written, and if one cannot be, none is left.
 *
 * @throws InputError if there is something of that name, unless it is an empty folder
 */
function writeNewFolder<T>(path: string, fill: (folder: Folder) => T): T {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats?.isDirectory() === false) throw notNew(path, "is not a folder");
  const made = stats === undefined ? makePath(dirname(path)) : undefined;
  using parent = Folder.open(stats === undefined ? dirname(path) : path);
  if (stats !== undefined && parent.names.length > 0) throw notNew(path, "is not empty");
  const temporary = temporaryName();
  try {
    using folder = parent.makeFolder(temporary);
    const result = fill(folder);
    if (stats === undefined) parent.rename(temporary, basename(path));
    else moveUp(folder, parent, temporary);
    return result;
  } catch (error) {
    parent.remove(temporary);
    if (made !== undefined) removeEmpty(resolve(dirname(path)), resolve(made));
    throw error;
  }
}

function notNew(path: string, why: string): InputError {
  return new InputError(`${path} ${why}`, { remedy: "name a folder that is not there yet" });
}

/** The journal comes last: without it a folder is not that of a run. */
function moveUp(folder: Folder, parent: Folder, name: string): void {
  const { names } = folder;
  for (const each of names) {
    if (parent.has(each)) throw notNew(parent.path, "is not empty any more");
  }
  const last = (name: string) => Number(name === JOURNAL);
  for (const each of names.toSorted((a, b) => last(a) - last(b))) {
    folder.rename(each, each, parent);
  }
  parent.remove(name);
}

/** Removes a folder and those above it, up to and with `top`, as far as there is nothing else in them. */
function removeEmpty(path: string, top: string): void {
  try {
    rmdirSync(path);
  } catch {
    return;
  }
  if (path !== top) removeEmpty(dirname(path), top);
}

/** Why folders are not all the shards of one run, each of the same cases; null where they are. */
function whyNotShards(folders: readonly Source[]): string | null {
  const [first] = folders;
  const shard = first?.journal.state.shard ?? null;
  if (first === undefined || shard === null) return `${first?.path} is no shard`;
  const indices = new Set<number>();
  for (const { path, journal, base } of folders) {
    if (journal.header?.foreign !== undefined) return `${path} is of another version`;
    const own = journal.state.shard;
    if (own === null) return `${path} is no shard`;
    if (own.of !== shard.of) return `${path} is shard ${own.index}/${own.of}`;
    if (indices.has(own.index)) return `shard ${own.index}/${own.of} is there twice`;
    indices.add(own.index);
    if (!first.base.equals(base)) return `${path} began with another corpus`;
    const [here, there] = [journal.state.next, first.journal.state.next];
    if (here !== there) return `${path} ended at case ${here}, and ${first.path} at case ${there}`;
  }
  return indices.size === shard.of ? null : `only ${indices.size} of ${shard.of} shards are there`;
}

type Counted = Pick<Merged, "signatures" | "findings" | "cases">;

/** The journal goes on with a round that has all that the shards found. */
function mergeShards(folders: readonly Source[], to: Folder): Counted {
  const [first] = folders;
  if (first === undefined) throw new RangeError("no folders");
  const { next } = first.journal.state;
  const steps = folders.flatMap(({ journal }) => journal.own);
  const counts = noCounts();
  for (const step of steps) addCounts(counts, step.counts);
  const corpus = steps.flatMap((step) => step.corpus);
  const findings = steps.flatMap((step) => step.findings);
  const step: Step = {
    from: first.journal.own[0]?.from ?? next,
    to: next,
    counts: sortedCounts(counts),
    corpus: firstOfEach(corpus, ({ signature }) => signature),
    findings: firstOfEach(findings, ({ key }) => key),
  };
  to.create(JOURNAL, Buffer.concat([first.base, Buffer.from(formatStep(step))]));
  const { state } = parseJournal(readJournal(to), JOURNAL);
  const { corpus: signatures, findings: all } = state;
  return { signatures: signatures.length, findings: all.length, cases: state.counts.cases };
}

/** Each case once, as files that a run tries first. */
function unite(folders: readonly Source[], to: Folder): Counted {
  const keys = new Set<number>();
  const written = new Map<string, string>();
  for (const { folder, journal } of folders) {
    const { state, partial } = journal;
    for (const { key } of [...state.findings, ...partial.findings]) keys.add(key);
    for (const name of casesIn(folder)) {
      const it = readCase(folder, name);
      const document = caseFile(it);
      const own = nameFor(name, document, written);
      if (written.has(own)) continue;
      written.set(own, document);
      to.create(own, document);
    }
  }
  return { signatures: written.size, findings: keys.size, cases: 0 };
}

/** Cases with one signature are one; people may have given one name to several. */
function nameFor(name: string, document: string, written: ReadonlyMap<string, string>): string {
  if (/^[0-9a-f]{14}\.json$/.test(name)) return name;
  const stem = name.slice(0, -CASE_ENDING.length);
  let own = name;
  for (let i = 2; (written.get(own) ?? document) !== document; i++) {
    own = `${stem}-${i}${CASE_ENDING}`;
  }
  return own;
}

/** A finding has one folder, whoever found it first. */
function copyFindings(from: Folder, to: Folder): void {
  using theirs = from.folder(FINDINGS);
  if (theirs === undefined) return;
  using own = to.makeFolder(FINDINGS);
  for (const name of theirs.names) {
    if (!name.startsWith(".") && !own.has(name)) theirs.copy(name, own, COPY_LIMIT);
  }
}

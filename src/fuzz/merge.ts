import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { InputError, OutputError } from "../errors.ts";
import { formatCase } from "./case.ts";
import { CASE_ENDING, casesIn, FINDINGS, JOURNAL, readCase, readJournal } from "./corpus_folder.ts";
import { formatStep, type Journal } from "./journal.ts";
import { firstOfEach } from "./round.ts";
import { addCounts, type Counts, type Entry, type FoundCase, type Step } from "./run_state.ts";

type Constants = ReadonlyMap<string, bigint>;

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

interface Folder {
  readonly path: string;
  readonly journal: Journal;
}

/**
 * Puts the folders of runs together into a new one. All shards of a run come to what one machine would have found: of
 * each signature, and of each way to differ, the case with the lowest number.
 *
 * @throws InputError where a folder is malformed, or the new one is not empty; OutputError
 */
export function mergeFolders(paths: readonly string[], to: string, constants: Constants): Merged {
  const folders = paths.map((path) => readFolder(path, constants));
  if (isFolder(to) ? readdirSync(to).length > 0 : existsSync(to)) {
    throw new InputError(`${to} is ${isFolder(to) ? "not empty" : "no folder"}`, {
      remedy: "name a folder that is not there yet",
    });
  }
  const why = whyNotShards(folders);
  try {
    mkdirSync(to, { recursive: true });
    const merged =
      why === null ? mergeShards(folders, to, constants) : unite(folders, to, constants);
    for (const { path } of folders) {
      const from = join(path, FINDINGS);
      if (existsSync(from)) copyFindings(from, join(to, FINDINGS));
    }
    const { keys, ...counts } = merged;
    return { ...counts, findings: keys.size, complete: why === null, why };
  } catch (cause) {
    if (!(cause instanceof Error && "syscall" in cause)) throw cause;
    const [message] = cause.message.split(", ");
    throw new OutputError(`${to} cannot be written: ${message}`, { cause });
  }
}

/** @throws InputError where there is nothing that could be merged. */
function readFolder(path: string, constants: Constants): Folder {
  if (!existsSync(path)) throw new InputError(`${path}: there is no such folder`);
  if (!isFolder(path)) {
    throw new InputError(`${path} is a file, and folders of runs are merged`);
  }
  const journal = readJournal(path, constants);
  if (journal.header === undefined && casesIn(path).length === 0) {
    throw new InputError(`${path} has no run, and no case`, {
      remedy: "name the folders that `stublab fuzz --corpus` has made",
    });
  }
  return { path, journal };
}

const isFolder = (path: string): boolean => existsSync(path) && statSync(path).isDirectory();

/** Why folders are not all the shards of one run, each of the same cases; null where they are. */
function whyNotShards(folders: readonly Folder[]): string | null {
  const [first] = folders;
  const shard = first?.journal.state.shard ?? null;
  if (first === undefined || shard === null) return `${first?.path} is no shard`;
  const indices = new Set<number>();
  for (const { path, journal } of folders) {
    const own = journal.state.shard;
    if (own === null) return `${path} is no shard`;
    if (own.of !== shard.of) return `${path} is shard ${own.index}/${own.of}`;
    if (indices.has(own.index)) return `shard ${own.index}/${own.of} is there twice`;
    indices.add(own.index);
    if (!baseOf(first).equals(baseOf({ path, journal })))
      return `${path} began with another corpus`;
    const [here, there] = [journal.state.next, first.journal.state.next];
    if (here !== there) return `${path} ended at case ${here}, and ${first.path} at case ${there}`;
  }
  return indices.size === shard.of ? null : `only ${indices.size} of ${shard.of} shards are there`;
}

/** What the journal had before the run was divided. */
function baseOf({ path, journal }: Folder): Buffer {
  return readFileSync(join(path, JOURNAL)).subarray(0, journal.baseLength ?? 0);
}

interface Parts {
  readonly signatures: number;
  readonly keys: ReadonlySet<number>;
  readonly cases: number;
}

/** The journal goes on with a round that has all that the shards found. */
function mergeShards(folders: readonly Folder[], to: string, constants: Constants): Parts {
  const counts: Counts = { cases: 0, deaths: 0, hangs: 0, unpredicted: new Map() };
  const [corpus, findings]: [Entry[], FoundCase[]] = [[], []];
  for (const { journal } of folders) {
    for (const step of journal.own) {
      addCounts(counts, step.counts);
      corpus.push(...step.corpus);
      findings.push(...step.findings);
    }
  }
  const [first] = folders;
  if (first === undefined) throw new RangeError("no folders");
  const { next } = first.journal.state;
  const base = baseOf(first);
  const from = first.journal.own[0]?.from ?? next;
  const step: Step = {
    from,
    to: next,
    counts: { ...counts, unpredicted: new Map([...counts.unpredicted].sort()) },
    corpus: firstOfEach(corpus, ({ signature }) => signature),
    findings: firstOfEach(findings, ({ key }) => key),
  };
  writeFileSync(join(to, JOURNAL), Buffer.concat([base, Buffer.from(formatStep(step, constants))]));
  const { state } = readJournal(to, constants);
  return {
    signatures: state.corpus.length,
    keys: new Set(state.findings.map(({ key }) => key)),
    cases: state.counts.cases,
  };
}

/** Each case once, as files that a run tries first. */
function unite(folders: readonly Folder[], to: string, constants: Constants): Parts {
  const keys = new Set<number>();
  const written = new Map<string, string>();
  for (const { path, journal } of folders) {
    const { state, partial } = journal;
    for (const { key } of [...state.findings, ...partial.findings]) keys.add(key);
    for (const name of casesIn(path)) {
      const it = readCase(join(path, name), constants);
      const document = `${JSON.stringify(formatCase(it, constants), null, 1)}\n`;
      const own = nameFor(name, document, written);
      if (written.has(own)) continue;
      written.set(own, document);
      writeFileSync(join(to, own), document);
    }
  }
  return { signatures: written.size, keys, cases: 0 };
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
function copyFindings(from: string, to: string): void {
  for (const name of readdirSync(from)) {
    if (name.startsWith(".") || existsSync(join(to, name))) continue;
    cpSync(join(from, name), join(to, name), { recursive: true });
  }
}

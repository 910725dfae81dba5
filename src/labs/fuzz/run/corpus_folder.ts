import {
  closeSync,
  constants as files,
  fsyncSync,
  ftruncateSync,
  statSync,
  writeSync,
} from "node:fs";
import { basename } from "node:path";
import { InputError, OutputError } from "../../../lib/errors.ts";
import { Folder, unwritable } from "../../../lib/folder.ts";
import type { Limit } from "../../../lib/input.ts";
import { parseJson, show } from "../../../lib/shape.ts";
import { visible } from "../../../lib/visible.ts";
import { type Case, formatCase, parseCase } from "../case/case.ts";
import { formatSignature } from "../predict/signature.ts";
import { FolderLock, NAME as LOCK } from "./folder_lock.ts";
import {
  formatHeader,
  formatShard,
  formatStep,
  type Header,
  inPlace,
  type Journal,
  parseJournal,
} from "./journal.ts";
import type { Shard } from "./round.ts";
import type { Entry, RunState, Step } from "./run_state.ts";

/** Names in the folder of a run. */
export const JOURNAL = "journal.jsonl";
export const FINDINGS = "findings";
export const CASE_ENDING = ".json";
const TEMPORARY = ".new";

/** A string holds little more. */
const JOURNAL_LIMIT: Limit = { most: 500_000_000, of: "a journal" };
/** A case has a few hundred bytes. */
export const CASE_LIMIT: Limit = { most: 1 << 20, of: "a case" };

/**
 * The folder of a run: its journal, and a file for each case of its corpus. The journal is authoritative; files that are
 * missing are written again from it. One process uses it at a time.
 */
export class CorpusFolder {
  readonly path: string;
  readonly state: RunState;
  /** What was there before this run, if anything. */
  readonly header: Header | undefined;
  /** Cases that are in no line of the journal: they are tried first. */
  readonly given: readonly { readonly name: string; readonly it: Case }[];
  readonly #folder: Folder;
  readonly #journal: number;
  /** What closes each thing that is open. */
  readonly #opened: (() => void)[] = [];
  #length: number;
  #partialTo: number | null;

  /**
   * Opens a folder, or makes it.
   *
   * @throws InputError if another process has it, if it is not a corpus, if something in it is malformed, or is neither a regular file nor a
   * folder; OutputError if it cannot be written.
   */
  constructor(path: string) {
    this.path = path;
    this.#folder = makeFolder(path);
    this.#opened.push(() => this.#folder[Symbol.dispose]());
    try {
      expectCorpus(this.#folder);
      const lock = writing(path, () => new FolderLock(this.#folder), WRITABLE);
      this.#opened.push(() => lock.release());
      this.#journal = writing(path, () => this.#folder.openToChange(JOURNAL, files.O_APPEND));
      this.#opened.push(() => closeSync(this.#journal));
      const content = this.#folder.readOpen(this.#journal, JOURNAL, JOURNAL_LIMIT);
      const journal = parseJournal(content, `${path}/${JOURNAL}`);
      expectOwn(`${path}/${JOURNAL}`, journal.header);
      this.state = journal.state;
      this.header = journal.header;
      this.#length = journal.length;
      this.#partialTo = journal.partialTo;
      this.given = this.#restore(journal);
      ftruncateSync(this.#journal, this.#length);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Begins the journal of this run, or checks that it is. @throws InputError if it belongs to another run. */
  begin(header: Header, shard: Shard | null): void {
    if (this.header === undefined) this.#append(formatHeader(header));
    else expectSame(this.path, this.header, header);
    const there = this.state.shard;
    if (there !== null && (there.index !== shard?.index || there.of !== shard.of)) {
      throw new InputError(`${this.path} has shard ${there.index}/${there.of} of a run`, {
        remedy: `go on with --shard ${there.index}/${there.of}, or merge the shards first`,
      });
    }
    if (shard === null || there !== null) return;
    this.#append(formatShard(shard));
    this.state.become(shard);
  }

  /** Writes the result of a round. `partial`: the run ends within it. @throws OutputError */
  add(step: Step, partial = false): void {
    if (partial && this.#partialTo === step.to) return;
    this.#append(formatStep(step, partial));
    this.#partialTo = partial ? step.to : null;
    for (const entry of step.corpus) this.#writeCase(entry);
  }

  close(): void {
    for (const close of this.#opened.splice(0).reverse()) close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** A line is written as a whole or not at all, and is on the disk before its round counts. */
  #append(line: string): void {
    const bytes = Buffer.from(line);
    if (this.#length + bytes.length > JOURNAL_LIMIT.most) {
      throw new OutputError(`${this.path}/${JOURNAL} would be longer than can be read again`, {
        remedy: "begin another run, with another seed in another folder",
      });
    }
    writing(this.path, () => {
      try {
        for (let done = 0; done < bytes.length; ) done += writeSync(this.#journal, bytes, done);
        fsyncSync(this.#journal);
      } catch (error) {
        ftruncateSync(this.#journal, this.#length);
        throw error;
      }
    });
    this.#length += bytes.length;
  }

  #writeCase({ signature, it }: Entry): void {
    const name = `${formatSignature(signature)}${CASE_ENDING}`;
    writing(this.path, () => {
      this.#folder.remove(`${name}${TEMPORARY}`);
      this.#folder.create(`${name}${TEMPORARY}`, caseFile(it));
      this.#folder.rename(`${name}${TEMPORARY}`, name);
    });
  }

  /** Makes the files match the journal; returns the cases that the journal does not have. */
  #restore({ state, partial }: Journal): CorpusFolder["given"] {
    const { names } = this.#folder;
    for (const name of names.filter((each) => each.endsWith(CASE_ENDING + TEMPORARY))) {
      writing(this.path, () => this.#folder.remove(name));
    }
    const files = new Set(names.filter((name) => name.endsWith(CASE_ENDING)));
    const own = new Set<string>();
    for (const entry of [...state.corpus, ...partial.corpus]) {
      const name = `${formatSignature(entry.signature)}${CASE_ENDING}`;
      own.add(name);
      if (!files.has(name)) this.#writeCase(entry);
    }
    return [...files].sort().flatMap((name) => {
      const it = readCase(this.#folder, name);
      return own.has(name) || state.given.has(name) ? [] : [{ name, it }];
    });
  }
}

/** The bytes of a folder's journal; none if it has no journal. @throws InputError */
export function readJournal(folder: Folder): Buffer {
  return folder.read(JOURNAL, JOURNAL_LIMIT) ?? Buffer.alloc(0);
}

export function casesIn(folder: Folder): string[] {
  return folder.names.filter((name) => name.endsWith(CASE_ENDING));
}

export const caseFile = (it: Case): string => `${JSON.stringify(formatCase(it), null, 1)}\n`;

/** Reads a file with a case. @throws InputError that names the file and the place in it. */
export function readCase(folder: Folder, name: string): Case {
  const place = `${folder.path}/${name}`;
  const content = folder.read(name, CASE_LIMIT);
  if (content === undefined) throw folder.gone(name);
  return inPlace(place, () => parseCase(parseJson(content)), NO_CASE);
}

/** What a run may have made before its journal, beside the cases that somebody put there. */
const OF_A_RUN: readonly string[] = [LOCK, FINDINGS];

/** Refuses a folder that has no journal, and has something that belongs to no run. Nothing is made in it. @throws InputError */
function expectCorpus(folder: Folder): void {
  if (folder.has(JOURNAL)) return;
  for (const name of folder.names) {
    if (name.endsWith(CASE_ENDING)) readCase(folder, name);
    else if (!OF_A_RUN.includes(name) && !name.endsWith(CASE_ENDING + TEMPORARY)) {
      const { path } = folder;
      throw new InputError(
        `${visible(path)} is not the folder of a run: it has no ${JOURNAL}, and has ${show(name)}`,
        { remedy: "name a new folder, or one with nothing but cases (*.json)" },
      );
    }
  }
}

const NO_CASE = "what ends in .json is a case (docs/fuzzing-cases.md): correct it, or remove it";

const WRITABLE = "name a folder that can be written";

function makeFolder(path: string): Folder {
  return writing(
    path,
    () => {
      if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === false) {
        throw new InputError(`${path} is a file, and a corpus is a folder`, {
          remedy: "name a folder, or one that is to be made",
        });
      }
      return Folder.make(path);
    },
    WRITABLE,
  );
}

/** @throws InputError if another version began the run */
function expectOwn(place: string, header: Header | undefined): void {
  if (header?.foreign === undefined) return;
  throw new InputError(`${place}, line 1: ${header.foreign}`, {
    remedy:
      "continue with the version that began it, or merge it into a new folder: its cases are kept",
  });
}

function expectSame(path: string, there: Header, own: Header): void {
  const differing = [
    [there.seed !== own.seed, `seed ${there.seed}`, `seed ${own.seed}`],
    [there.path !== own.path, `path ${there.path}`, `path ${own.path}`],
    [there.focus !== own.focus, focusOf(there), focusOf(own)],
    [there.machine !== own.machine, there.machine, own.machine],
  ].find(([differs]) => differs);
  if (differing === undefined) return;
  throw new InputError(
    `${path} has a run with ${differing[1]}, and this is one with ${differing[2]}`,
    {
      remedy: `name another folder; cases that are copied there, without ${JOURNAL}, are tried first`,
    },
  );
}

const focusOf = ({ focus }: Header) => (focus === undefined ? "no focus" : `focus ${focus}`);

/** @throws OutputError if the folder cannot be written. */
function writing<T>(path: string, write: () => T, remedy = goesOn(path)): T {
  try {
    return write();
  } catch (cause) {
    throw unwritable(`corpus ${path}`, cause, remedy);
  }
}

const goesOn = (path: string) =>
  `what ${basename(path)}/${JOURNAL} has of earlier rounds is whole; the same command goes on from there`;

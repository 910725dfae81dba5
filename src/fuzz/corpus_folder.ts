import {
  closeSync,
  existsSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { basename, join } from "node:path";
import { InputError, OutputError } from "../errors.ts";
import { type Case, formatCase, parseCase } from "./case.ts";
import { FolderLock } from "./folder_lock.ts";
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
import { formatSignature } from "./signature.ts";

/** Names in the folder of a run. */
export const JOURNAL = "journal.jsonl";
export const FINDINGS = "findings";
export const CASE_ENDING = ".json";
const TEMPORARY = ".new";

/** A case that somebody put into the folder. */
export interface GivenCase {
  readonly name: string;
  readonly it: Case;
}

/**
 * The folder of a run: its journal, and a file for each case of its corpus. The journal is what counts; files that are
 * missing are written again from it. One process has it at a time.
 */
export class CorpusFolder {
  readonly path: string;
  readonly state: RunState;
  /** What was there before this run, if anything. */
  readonly header: Header | undefined;
  /** Cases that are in no line of the journal: they are to be tried first. */
  readonly given: readonly GivenCase[];
  readonly #constants: ReadonlyMap<string, bigint>;
  readonly #lock: FolderLock;
  readonly #journal: number;
  #length: number;
  #partialTo: number | null;

  /**
   * Opens a folder, or makes it.
   *
   * @throws InputError where another process has it, or what is in it is malformed; OutputError where it cannot be
   * written.
   */
  constructor(path: string, constants: ReadonlyMap<string, bigint>) {
    this.path = path;
    this.#constants = constants;
    this.#lock = makeAndLock(path);
    try {
      const journal = readJournal(path, constants);
      this.state = journal.state;
      this.header = journal.header;
      this.#length = journal.length;
      this.#partialTo = journal.partialTo;
      this.given = this.#restore(journal);
      this.#journal = writing(path, () => openSync(join(path, JOURNAL), "a"));
      ftruncateSync(this.#journal, this.#length);
    } catch (error) {
      this.#lock.release();
      throw error;
    }
  }

  /** Makes the journal one of this run. @throws InputError where it is one of another. */
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

  /** Writes down what a round came to. `partial`: the run ends within it. @throws OutputError */
  add(step: Step, partial = false): void {
    if (partial && this.#partialTo === step.to) return;
    this.#append(formatStep(step, this.#constants, partial));
    this.#partialTo = partial ? step.to : null;
    for (const entry of step.corpus) this.#writeCase(entry);
  }

  /** Lets go of the folder. */
  close(): void {
    closeSync(this.#journal);
    this.#lock.release();
  }

  /** A line is there as a whole or not at all, and on the disk before its round counts. */
  #append(line: string): void {
    const bytes = Buffer.from(line);
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
    const path = join(this.path, `${formatSignature(signature)}${CASE_ENDING}`);
    const document = `${JSON.stringify(formatCase(it, this.#constants), null, 1)}\n`;
    writing(this.path, () => {
      writeFileSync(`${path}${TEMPORARY}`, document);
      renameSync(`${path}${TEMPORARY}`, path);
    });
  }

  /** Brings the files to what the journal says; answers the cases that it says nothing of. */
  #restore({ state, partial }: Journal): GivenCase[] {
    const names = reading(this.path, () => readdirSync(this.path));
    for (const name of names.filter((each) => each.endsWith(CASE_ENDING + TEMPORARY))) {
      writing(this.path, () => rmSync(join(this.path, name), { force: true }));
    }
    const files = new Set(names.filter((name) => name.endsWith(CASE_ENDING)));
    const own = new Set<string>();
    for (const entry of [...state.corpus, ...partial.corpus]) {
      const name = `${formatSignature(entry.signature)}${CASE_ENDING}`;
      own.add(name);
      if (!files.has(name)) this.#writeCase(entry);
    }
    return [...files].sort().flatMap((name) => {
      const it = readCase(join(this.path, name), this.#constants);
      return own.has(name) || state.given.has(name) ? [] : [{ name, it }];
    });
  }
}

/** Reads the journal of a folder; an empty one where there is none. @throws InputError */
export function readJournal(path: string, constants: ReadonlyMap<string, bigint>): Journal {
  const file = join(path, JOURNAL);
  const content = reading(file, () => (existsSync(file) ? readFileSync(file) : Buffer.alloc(0)));
  return parseJournal(content, file, constants);
}

/** The names of the cases in a folder. @throws InputError where it cannot be read. */
export function casesIn(path: string): string[] {
  return reading(path, () => readdirSync(path)).filter((name) => name.endsWith(CASE_ENDING));
}

function reading<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    const [why] = (cause instanceof Error ? cause.message : String(cause)).split(", ");
    throw new InputError(`${path} cannot be read: ${why}`, { cause });
  }
}

/** Reads a file with a case. @throws InputError that names the file and the place in it. */
export function readCase(path: string, constants: ReadonlyMap<string, bigint>): Case {
  const parse = () => parseCase(JSON.parse(readFileSync(path, "utf8")), constants);
  return inPlace(path, parse, NO_CASE);
}

const NO_CASE = "what ends in .json is a case (docs/fuzzing-cases.md): mend it, or take it away";

function makeAndLock(path: string): FolderLock {
  return writing(
    path,
    () => {
      if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === false) {
        throw new InputError(`${path} is a file, and a corpus is a folder`, {
          remedy: "name a folder, or one that is to be made",
        });
      }
      mkdirSync(path, { recursive: true });
      return new FolderLock(path);
    },
    "name a folder that can be written",
  );
}

function expectSame(path: string, there: Header, own: Header): void {
  const differing = [
    [there.seed !== own.seed, `seed ${there.seed}`, `seed ${own.seed}`],
    [there.path !== own.path, `path ${there.path}`, `path ${own.path}`],
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

/** @throws OutputError where the folder cannot be written. */
function writing<T>(path: string, write: () => T, remedy = goesOn(path)): T {
  try {
    return write();
  } catch (cause) {
    if (!(cause instanceof Error && "code" in cause)) throw cause;
    if (cause instanceof InputError) throw cause;
    const [why] = cause.message.split(", ");
    throw new OutputError(`corpus ${path} cannot be written: ${why}`, {
      cause,
      errno: String(cause.code),
      remedy,
    });
  }
}

const goesOn = (path: string) =>
  `what ${basename(path)}/${JOURNAL} has of earlier rounds is whole; the same command goes on from there`;

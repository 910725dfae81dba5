import { AwakeClock } from "../awake.ts";
import { openEncoder } from "../encoder/open.ts";
import { InputError } from "../errors.ts";
import { callback, count, integer, object, oneOf, optional, show, text, toWord } from "../shape.ts";
import { loadShim } from "../shim/shim.ts";
import { readSetup, recordsOf } from "./case.ts";
import { CorpusFolder } from "./corpus_folder.ts";
import { Crew } from "./crew.ts";
import { PATHS, type Path } from "./generate.ts";
import { describeMachine } from "./journal.ts";
import type { Machine } from "./machine.ts";
import type { Change } from "./model/model.ts";
import type { News } from "./orders.ts";
import type { Found, PartResult } from "./part.ts";
import { CHUNK, chunksOf, firstOfEach, ROUND, type Shard } from "./round.ts";
import {
  countsOf,
  type Entry,
  type FoundCase,
  isParent,
  RunState,
  type Step,
} from "./run_state.ts";
import { UNPREDICTED } from "./signature.ts";

/** What is to be tried, and for how long. */
export interface FuzzOptions {
  /** Of 64 bits. Default: that of the folder, or 1. */
  readonly seed?: bigint;
  /** How cases come to their registers. Default: that of the folder, or both. */
  readonly path?: Path;
  /** The run's cases in all, those of earlier sessions among them. */
  readonly cases?: number;
  /** How long this session goes on, to the end of a round. Time in which the process is stopped does not count. */
  readonly seconds?: number;
  /** A folder that keeps what the run comes to. */
  readonly corpus?: string;
  readonly workers?: number;
  readonly shard?: Shard;
  /** A rule of the model that is other than it should be: a planted bug, to see whether it is found. */
  readonly change?: Change;
  /** Ends the run after the round under way. */
  readonly signal?: AbortSignal;
  /** Gets the progress of the run now and then. What it throws ends the run after the round under way. */
  readonly progress?: (progress: FuzzProgress) => void;
}

/** How far a run is. */
export interface FuzzProgress {
  readonly state: RunState;
  /** Cases of this session, those of the round under way among them. */
  readonly cases: number;
  /** The same with those of earlier sessions. */
  readonly all: number;
  readonly seconds: number;
  /** Cases after which it ends; undefined where it ends by time. */
  readonly target: number | undefined;
}

/** What a run came to. */
export interface FuzzResult {
  readonly seed: bigint;
  readonly path: Path;
  readonly machine: Machine;
  readonly state: RunState;
  /** Of this session alone. */
  readonly cases: number;
  readonly seconds: number;
  /** Outcomes that another attempt contradicted, so that they are neither findings nor in the corpus. */
  readonly unconfirmed: number;
  /** Whether it was ended before it was over. */
  readonly interrupted: boolean;
}

/** Threads of which each has stubs of its own. */
export const MOST_WORKERS = 256;
const DEFAULT_CASES = 1_000_000;
export const DEFAULT_PATH: Path = "both";
/** How often progress is reported, in milliseconds, and what the time between two looks at the clock is at most. */
const [TELL, LONGEST_LOOK] = [200, 1000];

/**
 * Tries setups, and keeps those whose outcomes are of a new kind. The same seed comes to the same, however many workers
 * there are, and however often the run was killed and gone on with.
 *
 * @throws InputError, OutputError where the folder does not fit or cannot be written; what tracers and stubs throw.
 */
export async function fuzz(options: FuzzOptions = {}): Promise<FuzzResult> {
  checkOptions(options);
  const { constants } = openEncoder("assembly");
  const { corpus, shard = null, workers = 1 } = options;
  const folder = corpus === undefined ? undefined : new CorpusFolder(corpus, constants);
  try {
    const seed = options.seed ?? folder?.header?.seed ?? 1n;
    const first = loadShim().getcpu() + (shard === null ? 0 : (shard.index - 1) * workers);
    const path = options.path ?? folder?.header?.path ?? DEFAULT_PATH;
    const crew = await Crew.start({ workers, seed, path, first, change: options.change });
    try {
      const { machine } = crew;
      folder?.begin({ seed, path, machine: describeMachine(machine, options.change) }, shard);
      const session = new Session(crew, folder, options);
      const end = await session.run();
      return { seed, path, machine: crew.machine, ...end };
    } finally {
      await crew.leave();
    }
  } finally {
    folder?.close();
  }
}

const WHOLE = optional(count(Number.MAX_SAFE_INTEGER));
const SHARD = count(999_999, 1);

/** @throws InputError */
function checkOptions(options: FuzzOptions): void {
  object(options, "options");
  const { seed, path, cases, seconds, corpus, workers, shard, signal, progress } = options;
  if (optional(integer)(seed, "seed") !== undefined && toWord(seed) !== seed) {
    throw new InputError(`seed: expected a BigInt of 64 bits, got ${show(seed)}`);
  }
  optional(oneOf(PATHS))(path, "path");
  WHOLE(cases, "cases");
  if (seconds !== undefined && !(typeof seconds === "number" && seconds >= 0)) {
    throw new InputError(`seconds: expected a number from 0, got ${show(seconds)}`);
  }
  optional(text)(corpus, "corpus");
  optional(count(MOST_WORKERS, 1))(workers, "workers");
  if (shard !== undefined) {
    object(shard, "shard");
    SHARD(shard.of, "shard.of");
    count(shard.of, 1)(shard.index, "shard.index");
  }
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw new InputError(`signal: expected an AbortSignal, got ${show(signal)}`);
  }
  callback(progress, "progress");
}

/** A run from its beginning, or from where its folder is, to the end of this process's part in it. */
class Session {
  readonly #crew: Crew;
  readonly #folder: CorpusFolder | undefined;
  readonly #options: FuzzOptions;
  readonly #state: RunState;
  /** A batch system may have stopped the job for hours. */
  readonly #clock = new AwakeClock(LONGEST_LOOK);
  readonly #target: number | undefined;
  /** What `progress` threw. */
  #failure: { readonly error: unknown } | undefined;
  /** How much of the corpus the workers know. */
  #told = 0;
  #cases = 0;
  #unconfirmed = 0;

  constructor(crew: Crew, folder: CorpusFolder | undefined, options: FuzzOptions) {
    this.#crew = crew;
    this.#folder = folder;
    this.#options = options;
    this.#state = folder?.state ?? new RunState();
    if (folder === undefined && options.shard !== undefined) this.#state.become(options.shard);
    this.#target = options.cases ?? (options.seconds === undefined ? DEFAULT_CASES : undefined);
  }

  async run(): Promise<Omit<FuzzResult, "seed" | "path" | "machine">> {
    const timer = setInterval(() => this.#tell(), TELL);
    try {
      await this.#tryGiven();
      let state = this.#state;
      while (!this.#isOver(state)) state = await this.#round();
      this.#tell();
      if (this.#failure !== undefined) throw this.#failure.error;
      const interrupted = !this.#isDone(state);
      const [cases, unconfirmed] = [this.#cases, this.#unconfirmed];
      return { state, cases, unconfirmed, seconds: this.#seconds, interrupted };
    } finally {
      clearInterval(timer);
    }
  }

  get #seconds(): number {
    return this.#clock.milliseconds / 1000;
  }

  #isDone({ next }: RunState): boolean {
    const { seconds = Number.POSITIVE_INFINITY } = this.#options;
    return next >= (this.#target ?? Number.POSITIVE_INFINITY) || this.#seconds >= seconds;
  }

  /** Whether the caller ended it. */
  get #isEnded(): boolean {
    return this.#options.signal?.aborted === true || this.#failure !== undefined;
  }

  #isOver(state: RunState): boolean {
    return this.#isDone(state) || this.#isEnded;
  }

  /** Makes the next round; answers the state with it. One that the run ends within does not count as made. */
  async #round(): Promise<RunState> {
    const state = this.#state;
    const from = state.next;
    const whole = from + ROUND;
    const to = Math.min(whole, this.#target ?? whole);
    const result = await this.#crew.round(chunksOf(from, to, state.shard), this.#news());
    this.#cases += result.cases;
    this.#unconfirmed += result.unconfirmed;
    const step = stepOf(from, to, result, state);
    // A shard's rounds do not depend on each other, wherever they end.
    const partial = to < whole && state.shard === null;
    this.#folder?.add(step, partial);
    const next = partial ? state.copy() : state;
    next.add(step);
    return next;
  }

  /** Tries cases that somebody put into the folder: they are the first of the corpus. */
  async #tryGiven(): Promise<void> {
    const given = this.#folder?.given ?? [];
    for (let i = 0; i < given.length && !this.#isEnded; i += CHUNK) {
      const some = given.slice(i, i + CHUNK);
      const setups = recordsOf(some.map(({ it }) => it));
      const { next } = this.#state;
      const result = await this.#crew.given(setups, 0, this.#news());
      this.#unconfirmed += result.unconfirmed;
      const step = stepOf(next, next, result, this.#state);
      const anonymous = <T extends Entry>(entries: readonly T[]) =>
        entries.map((entry) => ({ ...entry, index: -1 }));
      const own = {
        ...step,
        corpus: anonymous(step.corpus),
        findings: anonymous(step.findings),
        given: some.map(({ name }) => name),
      };
      this.#folder?.add(own);
      this.#state.add(own);
    }
  }

  /** What the workers do not know yet. */
  #news(): News {
    const { corpus, parents } = this.#state;
    const news = corpus.slice(this.#told);
    const own = news.slice(0, Math.max(parents - this.#told, 0)).filter(isParent);
    this.#told = corpus.length;
    return {
      parents: recordsOf(own.map(({ it }) => it)),
      known: Float64Array.from(news, ({ signature }) => signature),
    };
  }

  /** Tells how far the run is. What that throws ends the run, not the process: a timer calls this. */
  #tell(): void {
    if (this.#failure !== undefined) return;
    const { done } = this.#crew;
    const fail = (error: unknown) => {
      this.#failure ??= { error };
    };
    try {
      const told: unknown = this.#options.progress?.({
        state: this.#state,
        cases: this.#cases + done,
        all: this.#state.counts.cases + done,
        seconds: this.#seconds,
        target: this.#target,
      });
      // An asynchronous function is a function, too.
      if (told instanceof Promise) told.catch(fail);
    } catch (error) {
      fail(error);
    }
  }
}

/** What a round adds to a run. */
function stepOf(from: number, to: number, result: PartResult, state: RunState): Step {
  const differing = result.found.flatMap((found): FoundCase[] => {
    const { agreement: key, kind } = found;
    return kind === undefined || state.has(key) ? [] : [{ ...entryOf(found), key, kind }];
  });
  return {
    from,
    to,
    counts: countsOf(result),
    corpus: result.found.map(entryOf),
    findings: firstOfEach<FoundCase, number>(differing, ({ key }) => key),
  };
}

function entryOf({ signature, index, agreement, setup }: Found): Entry {
  const words = new BigUint64Array(setup.slice().buffer);
  const it = readSetup({ setups: new Uint32Array(words.buffer), setupWords: words }, 0);
  return { signature, index, it, predicted: agreement !== UNPREDICTED };
}

/** One of `of` shards, from "2/8". @throws InputError */
export function parseShard(text: string): Shard {
  const [, index = "", of = ""] = /^(\d{1,6})\/(\d{1,6})$/.exec(text) ?? [];
  const shard = { index: Number(index), of: Number(of) };
  if (shard.index >= 1 && shard.index <= shard.of) return shard;
  throw new InputError(`--shard takes I/N with I from 1 to N, such as 2/8, not "${text}"`);
}

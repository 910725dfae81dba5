/* A run from its beginning, or from where its folder is, to the end of this process's part in it. */

import { AwakeClock } from "../../../lib/awake.ts";
import type { Case } from "../case/case.ts";
import { UNPREDICTED } from "../predict/signature.ts";
import type { CorpusFolder } from "./corpus_folder.ts";
import type { Crew } from "./crew.ts";
import { type Finding, FindingExaminer } from "./fuzz_findings.ts";
import type { News, PartResult } from "./fuzz_worker.ts";
import type { FuzzOptions, FuzzResult } from "./options.ts";
import { CHUNK, type Chunk, chunksOf, firstOfEach, ROUND } from "./round.ts";
import { type FoundCase, type Plan, RunState, type Step } from "./run_state.ts";

const DEFAULT_CASES = 1_000_000;
/** How often progress is reported, and the longest time between two readings of the clock, in milliseconds. */
const [REPORT, LONGEST_READING] = [200, 1000];
/** How long a round may go on after `stop`, in milliseconds: under an emulator one takes a minute. */
const LAST_ROUND = 3000;

export class Session {
  readonly #plan: Plan;
  readonly #crew: Crew;
  readonly #folder: CorpusFolder | undefined;
  readonly #options: FuzzOptions;
  readonly #state: RunState;
  readonly #examiner: FindingExaminer;
  /** A batch system may have stopped the job for hours. */
  readonly #clock = new AwakeClock(LONGEST_READING);
  readonly #target: number | undefined;
  /** Rejects when the signal is aborted or `progress` fails. */
  readonly #failed: Promise<never>;
  #fail: (reason: unknown) => void = () => {};
  readonly #abort = () => this.#fail(this.#options.signal?.reason);
  readonly #timer: NodeJS.Timeout;
  /** How much of the corpus the workers know. */
  #told = 0;
  #cases = 0;
  #unconfirmed = 0;

  constructor(plan: Plan, crew: Crew, folder: CorpusFolder | undefined, options: FuzzOptions) {
    const { shard, corpus, signal } = options;
    this.#plan = plan;
    this.#crew = crew;
    this.#folder = folder;
    this.#options = options;
    this.#state = folder?.state ?? new RunState();
    if (folder === undefined && shard !== undefined) this.#state.become(shard);
    this.#target = options.cases ?? (options.seconds === undefined ? DEFAULT_CASES : undefined);
    this.#examiner = new FindingExaminer({ ...plan, shard, machine: crew.machine, corpus });
    this.#failed = new Promise((_, reject) => {
      this.#fail = reject;
    });
    // It may fail while nobody waits for it, as in the body of a caller's loop.
    this.#failed.catch(() => {});
    signal?.addEventListener("abort", this.#abort);
    if (signal?.aborted) this.#abort();
    this.#timer = setInterval(() => void this.#report(), REPORT);
    // The workers keep the process alive while they work, and a run that nobody continues does not.
    this.#timer.unref();
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#options.signal?.removeEventListener("abort", this.#abort);
  }

  async *run(): AsyncGenerator<Finding, FuzzResult, undefined> {
    await this.#tryGiven();
    let state = this.#state;
    yield* this.#examine(state);
    while (!this.#isDone(state) && !this.#isStopped) {
      state = await this.#round();
      yield* this.#examine(state);
    }
    await this.#unlessFailed(this.#report());
    const { seed, path, focus } = this.#plan;
    return {
      ...{ seed, path, focus, machine: this.#crew.machine, state },
      findings: this.#examiner.findings,
      cases: this.#cases,
      seconds: this.#seconds,
      unconfirmed: this.#unconfirmed,
      interrupted: !this.#isDone(state),
    };
  }

  async *#examine(state: RunState): AsyncGenerator<Finding, void, undefined> {
    for await (const finding of this.#examiner.examine(state)) {
      await this.#unlessFailed(undefined);
      yield finding;
    }
  }

  #unlessFailed<T>(work: Promise<T> | T): Promise<T> {
    return Promise.race([this.#failed, work]);
  }

  get #seconds(): number {
    return this.#clock.milliseconds / 1000;
  }

  #isDone({ next }: RunState): boolean {
    const { seconds = Number.POSITIVE_INFINITY } = this.#options;
    return next >= (this.#target ?? Number.POSITIVE_INFINITY) || this.#seconds >= seconds;
  }

  get #isStopped(): boolean {
    return this.#options.stop?.aborted === true;
  }

  /** Makes the next round and returns the state with it. A round within which the run ends does not count as made. */
  async #round(): Promise<RunState> {
    const state = this.#state;
    const from = state.next;
    const whole = from + ROUND;
    const to = Math.min(whole, this.#target ?? whole);
    const chunks = chunksOf(from, to, state.shard);
    const result = await this.#crewRound(chunks);
    this.#cases += result.cases;
    if (result.cases < chunks.reduce((sum, chunk) => sum + chunk.to - chunk.from, 0)) {
      const cut = state.copy();
      cut.add(stepOf(from, from, result, state));
      return cut;
    }
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
    for (let i = 0; i < given.length && !this.#isStopped; i += CHUNK) {
      const some = given.slice(i, i + CHUNK);
      const cases = some.map(({ it }) => it);
      const { next } = this.#state;
      const result = await this.#crewRound([], cases);
      const names = some.map(({ name }) => name);
      const step = stepOf(next, next, result, this.#state, names);
      this.#folder?.add(step);
      this.#state.add(step);
    }
  }

  async #crewRound(chunks: readonly Chunk[], given?: readonly Case[]): Promise<PartResult> {
    const round = this.#crew.round(this.#news(), chunks, given);
    const { stop } = this.#options;
    let late: NodeJS.Timeout | undefined;
    const cutSoon = () => {
      late = setTimeout(() => this.#crew.cut(), LAST_ROUND);
    };
    stop?.addEventListener("abort", cutSoon);
    try {
      const result = await this.#unlessFailed(round);
      this.#unconfirmed += result.unconfirmed;
      return result;
    } finally {
      stop?.removeEventListener("abort", cutSoon);
      clearTimeout(late);
    }
  }

  /** What the workers do not know yet. */
  #news(): News {
    const { corpus } = this.#state;
    const news = corpus.slice(this.#told);
    this.#told = corpus.length;
    return { known: Float64Array.from(news, ({ signature }) => signature) };
  }

  /** Reports progress. What the callback throws ends the run, not the process: a timer calls this. */
  async #report(): Promise<void> {
    const { done } = this.#crew;
    try {
      await this.#options.progress?.({
        state: this.#state,
        cases: this.#cases + done,
        all: this.#state.counts.cases + done,
        seconds: this.#seconds,
        target: this.#target,
      });
    } catch (error) {
      clearInterval(this.#timer);
      this.#fail(error);
    }
  }
}

/** What a round adds to a run. @param given the files that its cases are from */
function stepOf(
  from: number,
  to: number,
  { found, unconfirmed: _, ...counts }: PartResult,
  state: RunState,
  given?: readonly string[],
): Step {
  const entries = found.map(({ signature, index, agreement, it, kind }) => {
    const predicted = agreement !== UNPREDICTED;
    const entry = { signature, index: given === undefined ? index : -1, it, predicted };
    return { entry, key: agreement, kind };
  });
  const findings = entries.flatMap(({ entry, key, kind }): FoundCase[] =>
    kind === undefined || state.has(key) ? [] : [{ ...entry, key, kind }],
  );
  return {
    ...{ from, to, counts },
    corpus: entries.map(({ entry }) => entry),
    findings: firstOfEach(findings, ({ key }) => key),
    ...(given !== undefined && { given }),
  };
}

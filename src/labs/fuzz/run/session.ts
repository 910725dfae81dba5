/* A run from its beginning, or from where its folder is, to the end of this process's part in it. */

import { AwakeClock } from "../../../lib/awake.ts";
import type { Machine } from "../machine.ts";
import type { Member, Range } from "./crew.ts";
import type { RunFolder } from "./folder.ts";
import { type Finding, FindingExaminer } from "./fuzz_findings.ts";
import { ROUND } from "./log.ts";
import type { FuzzOptions, FuzzResult } from "./options.ts";
import { type Plan, RunState } from "./state.ts";

/** How many cases a run has without limits. */
export const DEFAULT_CASES = 1_000_000;
/** How often progress is reported, and the longest time between two readings of the clock, in milliseconds. */
const [REPORT, LONGEST_READING] = [200, 1000];
/** How long rounds may go on after `stop`, in milliseconds: under an emulator one takes a minute. */
const LAST_ROUNDS = 3000;

/** The rounds that are to be tried, in the order of cases, but for those that a state has. */
export function* missingRounds(
  state: RunState,
  target: number,
  { index, of }: { readonly index: number; readonly of: number } = { index: 1, of: 1 },
): Generator<Range, undefined, undefined> {
  for (let from = (index - 1) * ROUND; from < target; from += of * ROUND) {
    const to = Math.min(from + ROUND, target);
    if (!state.has(from, to)) yield { from, to };
  }
}

export class Session {
  readonly #plan: Plan;
  readonly #machine: Machine;
  readonly #folder: RunFolder | undefined;
  readonly #options: FuzzOptions;
  readonly #state: RunState;
  readonly #examiner: FindingExaminer;
  /** A batch system may have stopped the job for hours. */
  readonly #clock = new AwakeClock(LONGEST_READING);
  /** The number of cases that ends the run; undefined if time ends it. */
  readonly #target: number | undefined;
  readonly #rounds: Iterator<Range, undefined, undefined>;
  #next: Range | undefined;
  readonly #idle: Member[];
  /** What those that try a round have, and what tells when one is done. */
  readonly #busy = new Map<Member, { readonly range: Range; readonly done: Promise<Member> }>();
  /** Rejects when the signal is aborted or `progress` fails; resolves when the rounds under way are given up. */
  readonly #ended: Promise<undefined>;
  #fail: (reason: unknown) => void = () => {};
  #giveUp: () => void = () => {};
  readonly #timer: NodeJS.Timeout;
  #late: NodeJS.Timeout | undefined;
  #cases = 0;
  #unconfirmed = 0;

  constructor(
    plan: Plan,
    crew: { readonly members: readonly Member[]; readonly machine: Machine },
    folder: RunFolder | undefined,
    options: FuzzOptions,
  ) {
    const { shard, corpus, signal, stop } = options;
    this.#plan = plan;
    this.#machine = crew.machine;
    this.#idle = [...crew.members];
    this.#folder = folder;
    this.#options = options;
    this.#state = folder?.state ?? new RunState();
    this.#target = options.cases ?? (options.seconds === undefined ? DEFAULT_CASES : undefined);
    this.#rounds = missingRounds(this.#state, this.#target ?? Number.MAX_SAFE_INTEGER, shard);
    this.#next = this.#rounds.next().value;
    this.#examiner = new FindingExaminer({ ...plan, shard, machine: crew.machine, corpus });
    this.#ended = new Promise((resolve, reject) => {
      this.#fail = reject;
      this.#giveUp = () => resolve(undefined);
    });
    // It may fail while nobody waits for it, as in the body of a caller's loop.
    this.#ended.catch(() => {});
    signal?.addEventListener("abort", this.#abort);
    stop?.addEventListener("abort", this.#stop);
    this.#timer = setInterval(() => void this.#report(), REPORT);
    // The processes keep this one alive while they work, and a run that nobody continues does not.
    this.#timer.unref();
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    clearTimeout(this.#late);
    this.#options.signal?.removeEventListener("abort", this.#abort);
    this.#options.stop?.removeEventListener("abort", this.#stop);
  }

  async *run(): AsyncGenerator<Finding, FuzzResult, undefined> {
    if (this.#options.signal?.aborted) this.#abort();
    for (;;) {
      yield* this.#examine();
      while (this.#next !== undefined && this.#idle.length > 0 && !this.#isOver) this.#start();
      if (this.#busy.size === 0) break;
      const done = [...this.#busy.values()].map((each) => each.done);
      const member = await Promise.race([this.#ended, ...done]);
      if (member === undefined) break;
      this.#busy.delete(member);
      this.#idle.push(member);
    }
    await Promise.race([this.#ended, this.#report()]);
    const { seed, path, focus } = this.#plan;
    return {
      ...{ seed, path, focus, machine: this.#machine, state: this.#state },
      shard: this.#options.shard,
      findings: this.#examiner.findings,
      cases: this.#cases,
      seconds: this.#seconds,
      unconfirmed: this.#unconfirmed,
      interrupted: this.#busy.size > 0 || (this.#next !== undefined && this.#isStopped),
    };
  }

  readonly #abort = () => this.#fail(this.#options.signal?.reason);
  readonly #stop = () => {
    this.#late = setTimeout(this.#giveUp, LAST_ROUNDS);
  };

  get #seconds(): number {
    return this.#clock.milliseconds / 1000;
  }

  get #isStopped(): boolean {
    return this.#options.stop?.aborted === true;
  }

  get #isOver(): boolean {
    return this.#isStopped || this.#seconds >= (this.#options.seconds ?? Number.POSITIVE_INFINITY);
  }

  /** Lets one that is idle try the next round. */
  #start(): void {
    const [member, range] = [this.#idle.shift(), this.#next];
    if (member === undefined || range === undefined) return;
    this.#next = this.#rounds.next().value;
    const done = this.#try(member, range);
    done.catch(() => {});
    this.#busy.set(member, { range, done });
  }

  async #try(member: Member, range: Range): Promise<Member> {
    const round = await member.ask(range);
    this.#folder?.add(round);
    this.#state.add(round);
    this.#cases += round.counts.cases;
    this.#unconfirmed += round.counts.unconfirmed;
    return member;
  }

  /** Examines what was found before the first round that is missing: what comes of it does not depend on who is faster. */
  async *#examine(): AsyncGenerator<Finding, void, undefined> {
    const missing = [...this.#busy.values()].map(({ range }) => range.from);
    const until = Math.min(...missing, this.#next?.from ?? Number.POSITIVE_INFINITY);
    for await (const finding of this.#examiner.examine(this.#state, until)) {
      await Promise.race([this.#ended, undefined]);
      yield finding;
    }
  }

  /** Reports progress. What the callback throws ends the run, not the process: a timer calls this. */
  async #report(): Promise<void> {
    try {
      await this.#options.progress?.({
        state: this.#state,
        cases: this.#cases,
        seconds: this.#seconds,
        target: this.#target,
      });
    } catch (error) {
      clearInterval(this.#timer);
      this.#fail(error);
    }
  }
}

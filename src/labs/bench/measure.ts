import { loadavg } from "node:os";
import { setTimeout } from "node:timers/promises";
import { chooseProcessors, describeMachine, stealBetween, ticksOf } from "./machine.ts";
import type { Group, Mechanism } from "./mechanism.ts";
import { FLOOR } from "./mechanisms.ts";
import { type Conditions, noiseOf } from "./noise.ts";
import type { Report, Result } from "./report.ts";
import { type Processors, Refusal, type Sample, type Side } from "./side.ts";
import { spreadOf } from "./spread.ts";

/** What a run measures, and how long. */
export interface Plan {
  readonly groups: readonly Group[];
  readonly mechanisms: readonly Mechanism[];
  readonly open: (mechanism: Mechanism, processors: Processors) => Promise<Side>;
  /** How many batches of each mechanism count. */
  readonly rounds: number;
  /** How many come before them: Node.js compiles functions that run often. */
  readonly warmUp: number;
  /** How long a batch lasts, in milliseconds, unless its mechanism has a smaller largest batch. */
  readonly duration: number;
  readonly interrupted: AbortSignal;
  readonly progress: (share: number, text: string) => void;
}

/** How much larger the next batch is at most, while the size is sought. */
const GROWTH = 10;

/** The part of a batch that runs before it and is not counted: the caches have the data of other mechanisms. */
const RUN_UP = 0.3;

/** A mechanism in a run. */
class Entry {
  readonly mechanism: Mechanism;
  readonly samples: (Sample | undefined)[] = [];
  size = 1;
  reason: string | undefined;
  #side: Side | undefined;

  constructor(mechanism: Mechanism) {
    this.mechanism = mechanism;
  }

  /** Whether there is something to measure. */
  get runs(): boolean {
    return this.#side !== undefined && this.reason === undefined;
  }

  async open({ open, duration }: Plan, processors: Processors): Promise<void> {
    await this.#attempt(async () => {
      this.#side = await open(this.mechanism, processors);
      await this.#findSize(this.#side, duration);
    });
  }

  /** Runs a batch; undefined if it fails. */
  async batch(): Promise<Sample | undefined> {
    const side = this.#side;
    if (side === undefined) return undefined;
    return this.#attempt(async () => {
      const { most, rest = 0 } = this.mechanism;
      if (most === undefined) await side.batch(Math.ceil(RUN_UP * this.size));
      const sample = await side.batch(this.size);
      if (rest > 0) await setTimeout(rest);
      return sample;
    });
  }

  async end(): Promise<void> {
    await this.#side?.end();
  }

  async #findSize(side: Side, duration: number): Promise<void> {
    const { most = Number.POSITIVE_INFINITY } = this.mechanism;
    for (;;) {
      const { microseconds } = await side.batch(this.size);
      const wanted = (duration * 1000) / Math.max(microseconds, 0.001);
      if (wanted < 1.5 * this.size || this.size === most) return;
      this.size = Math.min(Math.ceil(wanted), this.size * GROWTH, most);
    }
  }

  /** Notes why this mechanism cannot be measured, if so. */
  async #attempt<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.reason = error.message;
      return undefined;
    }
  }
}

/** Measures mechanisms, which take turns batch by batch. */
export async function measure(plan: Plan): Promise<Report> {
  const processors = chooseProcessors();
  const [load = 0] = loadavg();
  const ticks = ticksOf(processors);
  const start = performance.now();
  const entries = plan.mechanisms.map((mechanism) => new Entry(mechanism));
  let rounds = 0;
  try {
    for (const [i, entry] of entries.entries()) {
      if (plan.interrupted.aborted) break;
      plan.progress((0.1 * i) / entries.length, `starting ${entry.mechanism.name}`);
      await entry.open(plan, processors);
    }
    for (let round = -plan.warmUp; round < plan.rounds; round++) {
      const share = (round + plan.warmUp) / (plan.rounds + plan.warmUp);
      plan.progress(0.1 + 0.9 * share, round < 0 ? "warming up" : `round ${round + 1}`);
      if (!(await runRound(entries, round, plan.interrupted))) break;
      rounds = Math.max(rounds, round + 1);
    }
  } finally {
    await Promise.all(entries.map((entry) => entry.end()));
  }
  const steal = stealBetween(ticks, ticksOf(processors));
  const machine = describeMachine(processors);
  const conditions = conditionsOf(entries, load, steal, machine.processors);
  return {
    conditions,
    noise: conditions === undefined ? ["the floor was not measured"] : noiseOf(conditions),
    machine,
    bound: processors,
    groups: plan.groups.filter(({ name }) => plan.mechanisms.some(({ group }) => group === name)),
    results: entries.map((entry) => resultOf(entry, entries, plan.groups)),
    rounds,
    seconds: (performance.now() - start) / 1000,
    interrupted: plan.interrupted.aborted,
  };
}

/** A batch of each mechanism, every other time in reverse order. Returns whether all ran. */
async function runRound(
  entries: readonly Entry[],
  round: number,
  interrupted: AbortSignal,
): Promise<boolean> {
  const order = round % 2 === 0 ? entries : [...entries].reverse();
  for (const entry of order) {
    if (interrupted.aborted) return false;
    // What is compiled already needs no more than one batch.
    if (!entry.runs || (round < -1 && entry.mechanism.lane === undefined)) continue;
    const sample = await entry.batch();
    if (round >= 0) entry.samples[round] = sample;
  }
  return true;
}

/** The samples of an entry that exist: a round may have been interrupted. */
function samplesOf(entry: Entry): Sample[] {
  return entry.samples.filter((sample) => sample !== undefined);
}

function resultOf(entry: Entry, entries: readonly Entry[], groups: readonly Group[]): Result {
  const { mechanism, size } = entry;
  const times = samplesOf(entry).map(({ microseconds }) => microseconds);
  const isMeasured = entry.reason === undefined && times.length > 0;
  const against = groups.find(({ name }) => name === mechanism.group)?.against;
  const reference = entries.find((each) => each !== entry && each.mechanism.name === against);
  return {
    mechanism,
    size,
    batches: times.length,
    reason: isMeasured ? undefined : (entry.reason ?? "the run ended before it was measured"),
    microseconds: isMeasured ? spreadOf(times) : undefined,
    ratio: isMeasured && reference !== undefined ? ratioOf(entry, reference) : undefined,
  };
}

/** The median ratio of the batches of one round. */
function ratioOf(entry: Entry, reference: Entry) {
  const ratios = entry.samples.flatMap((sample, round) => {
    const other = reference.samples[round];
    return sample && other ? [sample.microseconds / other.microseconds] : [];
  });
  if (ratios.length === 0 || reference.reason !== undefined) return undefined;
  return { against: reference.mechanism.name, ...spreadOf(ratios) };
}

function conditionsOf(
  entries: readonly Entry[],
  load: number,
  steal: number,
  processors: number,
): Conditions | undefined {
  const floor = entries.find(({ mechanism }) => mechanism.name === FLOOR);
  const samples = floor === undefined ? [] : samplesOf(floor);
  if (floor === undefined || samples.length === 0) return undefined;
  const times = samples.map(({ microseconds }) => microseconds);
  const seconds = times.reduce((sum, each) => sum + each * floor.size, 0) / 1e6;
  const switches = samples.reduce((sum, { involuntary }) => sum + involuntary, 0);
  return { floor: spreadOf(times), involuntary: switches / seconds, load, processors, steal };
}

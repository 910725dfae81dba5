import { setImmediate } from "node:timers/promises";
import { Random } from "../../cases/random.ts";
import { FUNCTION_NAMES } from "../../encoder/abi.ts";
import type { FunctionComparison } from "../function.ts";
import { InputGenerator } from "../inputs.ts";
import { BrokenEncoder, type RecordLayout } from "../record.ts";
import type { Disagreement, LiveReport } from "../report.ts";
import type { Subject } from "../subject.ts";
import { stopwatch } from "../timing.ts";
import { ask, fit } from "./ask.ts";
import { Findings } from "./findings.ts";
import { Fields, type Judge } from "./judge.ts";
import { type Judges, judgeOf, openJudges } from "./open.ts";
import { verdictOf } from "./verdict.ts";

export interface LiveOptions {
  readonly seed: bigint;
  /** Cases of each function, for each encoder. */
  readonly cases: number;
  /** One case, by the names of its words, instead of drawn ones; then `cases` is passed over. */
  readonly input?: ReadonlyMap<string, bigint> | undefined;
  /** Aborts the judgement: it rejects with the reason. */
  readonly signal?: AbortSignal | undefined;
  /** Hears how much is done, 0 to 1. */
  readonly progress?: (share: number) => void;
}

/**
 * Asks the kernel about a comparison: who is right in each disagreement, and about cases of its own.
 *
 * @returns the disagreements with the kernel's verdict where it has one
 * @throws what openJudges throws
 */
export async function judgeComparison(
  subjects: readonly Subject[],
  functions: readonly FunctionComparison[],
  disagreements: readonly Disagreement[],
  options: LiveOptions,
): Promise<{ disagreements: Disagreement[]; live: LiveReport[] }> {
  using judges = openJudges();
  const judged: Disagreement[] = [];
  for (const found of disagreements) {
    options.signal?.throwIfAborted();
    const compared = functions.find(({ arch, name }) => arch === found.arch && name === found.name);
    if (compared === undefined) {
      judged.push(found);
      continue;
    }
    const words = found.input.map(({ name, word }): [string, bigint] => [name, BigInt(word)]);
    const input = compared.inputOf(new Map(words));
    const verdict = await verdictOf(judges, compared, input, [found.encoder, found.against]);
    judged.push(verdict.by === "kernel" ? { ...found, verdict } : found);
  }
  return { disagreements: judged, live: await runLive(judges, subjects, functions, options) };
}

/** Cases that are given to an encoder at a time. */
const BATCH = 64;
/** Where the streams of random numbers begin, so that other cases are drawn than in the comparison. */
const STREAMS = 1000;

/**
 * Has the kernel judge what encoders answer, function by function, and minimises what it finds against the
 * kernel. Encoders for other architectures, and functions without a judge, are passed over.
 *
 * @param functions of a comparison: they say how records are laid out and named
 */
export async function runLive(
  judges: Judges,
  subjects: readonly Subject[],
  functions: readonly FunctionComparison[],
  options: LiveOptions,
): Promise<LiveReport[]> {
  const reports: LiveReport[] = [];
  for (const [i, compared] of functions.entries()) {
    const isJudged = judges.get(compared.name) !== undefined && compared.arch === "amd64";
    const able = subjects.filter((each) => each.arch === "amd64" && each.has(compared.name));
    if (isJudged) reports.push(...(await judgeFunction(judges, able, compared, options)));
    options.progress?.((i + 1) / functions.length);
  }
  return reports;
}

async function judgeFunction(
  judges: Judges,
  subjects: readonly Subject[],
  compared: FunctionComparison,
  { seed, cases, input, signal }: LiveOptions,
): Promise<LiveReport[]> {
  const findings = subjects.map((subject) => new Findings(judges, subject, compared));
  const inputs = new LiveInputs(judgeOf(judges, compared), compared, seed);
  if (input !== undefined) await judgeBatch(compared.inputOf(input), findings, judges, compared);
  for (let from = 0; input === undefined && from < cases; from += BATCH) {
    const count = Math.min(BATCH, cases - from);
    await judgeBatch(inputs.draw(from, count), findings, judges, compared);
    // Timers and signals run.
    await setImmediate();
    signal?.throwIfAborted();
  }
  return Promise.all(findings.map((each) => each.report(input === undefined)));
}

/** Draws the inputs of one function's live cases. */
class LiveInputs {
  readonly #judge: Judge;
  readonly #layout: RecordLayout;
  readonly #random: Random;
  readonly #generator: InputGenerator;

  constructor(judge: Judge, { layout, constants }: FunctionComparison, seed: bigint) {
    this.#judge = judge;
    this.#layout = layout;
    this.#random = new Random(seed);
    const stream = STREAMS + FUNCTION_NAMES.indexOf(judge.name);
    this.#generator = new InputGenerator(layout, constants, this.#random, stream, true);
  }

  /** Cases `from` and further ones, as they are before the judge makes them fit. */
  draw(from: number, count: number): BigUint64Array {
    const { words } = this.#layout;
    const inputs = new BigUint64Array(count * words);
    const halves = new Uint32Array(inputs.buffer);
    for (let i = 0; i < count; i++) {
      const start = i * words;
      this.#generator.write(from + i, halves, start);
      const index = from + i;
      const enumerated = this.#generator.isEnumerated(index);
      const record = inputs.subarray(start, start + words);
      this.#judge.draw?.(this.#random, new Fields(this.#layout, record), enumerated, index);
    }
    return inputs;
  }
}

async function judgeBatch(
  inputs: BigUint64Array,
  findings: readonly Findings[],
  judges: Judges,
  compared: FunctionComparison,
): Promise<void> {
  const { layout } = compared;
  const fitted = inputs.slice();
  const slices = (records: BigUint64Array) =>
    Array.from({ length: records.length / layout.words }, (_, i) =>
      records.subarray(i * layout.words, (i + 1) * layout.words),
    );
  const drawn = slices(inputs);
  const asked = slices(fitted);
  const unfit = asked.map((record) => fit(judgeOf(judges, compared), layout, record));
  for (const each of findings) {
    if (each.over) continue;
    const records = fitted.slice();
    try {
      await each.subject.run(layout, records);
    } catch (error) {
      if (!(error instanceof BrokenEncoder)) throw error;
      each.broke(error, drawn[error.index] ?? inputs);
      continue;
    }
    for (const [i, record] of slices(records).entries()) {
      const input = asked[i] ?? record;
      const elapsed = stopwatch();
      const judgement = unfit[i] ?? ask(judgeOf(judges, compared), layout, input, record);
      await each.take(drawn[i] ?? input, judgement, elapsed());
    }
  }
}

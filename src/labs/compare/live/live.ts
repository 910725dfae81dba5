import { FUNCTION_NAMES } from "../../../core/encoder/abi.ts";
import { HOST_ARCH } from "../../../core/machine/index.ts";
import { Random } from "../../../lib/cases/random.ts";
import type { FunctionComparison } from "../function.ts";
import { InputGenerator } from "../inputs.ts";
import type { Disagreement, LiveReport } from "../report.ts";
import { turn } from "../turn.ts";
import { findingsOf } from "./findings.ts";
import { Inquiry } from "./inquiry.ts";
import { Fields } from "./judge.ts";
import { Judges } from "./judges.ts";

export interface LiveOptions {
  readonly seed: bigint;
  /** Cases of each function, for each encoder. */
  readonly cases: number;
  /** One case, by the names of its words, instead of drawn ones; then `cases` is ignored. */
  readonly input?: ReadonlyMap<string, bigint> | undefined;
  /** Aborts the judgement: it rejects with the reason. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Asks the kernel about a comparison: which encoder is right in each disagreement, and about cases of its own.
 *
 * @returns the disagreements, with the kernel's verdict if it has one
 * @throws what `new Judges` throws
 */
export async function judgeComparison(
  functions: readonly FunctionComparison[],
  disagreements: readonly Disagreement[],
  options: LiveOptions,
): Promise<{ disagreements: Disagreement[]; live: LiveReport[] }> {
  using judges = new Judges();
  const judged: Disagreement[] = [];
  for (const found of disagreements) {
    options.signal?.throwIfAborted();
    const compared = functions.find(({ arch, name }) => arch === found.arch && name === found.name);
    judged.push(compared === undefined ? found : await judgeDisagreement(judges, compared, found));
  }
  return { disagreements: judged, live: await runLive(judges, functions, options) };
}

async function judgeDisagreement(
  judges: Judges,
  compared: FunctionComparison,
  found: Disagreement,
): Promise<Disagreement> {
  const words = found.input.map(({ name, word }): [string, bigint] => [name, BigInt(word)]);
  const input = compared.inputOf(new Map(words));
  const encoders = [found.encoder, found.against];
  const verdict = await new Inquiry(judges, compared).verdict(input, encoders);
  if (verdict === undefined) return found;
  if (found.apart === null) return { ...found, verdict };
  // What the kernel makes of a choice does not make it wrong.
  const reason = `${found.verdict.reason}; ${verdict.reason}`;
  return { ...found, verdict: { ...found.verdict, reason } };
}

/** Cases that are given to an encoder at a time. */
const BATCH = 64;
/** Where the streams of random numbers begin, so that other cases are drawn than in the comparison. */
const STREAMS = 1000;

/**
 * The kernel judges the answers of encoders, function by function. What it finds is minimised against the kernel. Functions
 * of other architectures are skipped.
 *
 * @param functions of a comparison: they say how records are laid out and named
 */
export async function runLive(
  judges: Judges,
  functions: readonly FunctionComparison[],
  { seed, cases, input, signal }: LiveOptions,
): Promise<LiveReport[]> {
  const reports: LiveReport[] = [];
  for (const compared of functions) {
    if (compared.arch !== HOST_ARCH) continue;
    const inquiry = new Inquiry(judges, compared);
    const all = compared.encoders.map((encoder) => findingsOf(inquiry, encoder));
    const take = async (drawn: readonly BigUint64Array[]) => {
      const questions = drawn.map((each) => inquiry.pose(each));
      for (const findings of all) await findings.take(questions, drawn);
      await turn(signal);
    };
    if (input !== undefined) await take([compared.inputOf(input)]);
    const draw = drawer(judges, compared, seed);
    for (let from = 0; input === undefined && from < cases; from += BATCH) {
      const count = Math.min(BATCH, cases - from);
      await take(Array.from({ length: count }, (_, i) => draw(from + i)));
    }
    for (const findings of all) reports.push(await findings.report(input === undefined));
  }
  return reports;
}

/** What draws the input of a live case by its index. */
function drawer(
  judges: Judges,
  { layout, name, constants }: FunctionComparison,
  seed: bigint,
): (index: number) => BigUint64Array {
  const random = new Random(seed);
  const stream = STREAMS + FUNCTION_NAMES.indexOf(name);
  const generator = new InputGenerator(layout, constants, random, stream, true);
  return (index) => {
    const drawn = new BigUint64Array(layout.words);
    generator.write(index, new Uint32Array(drawn.buffer), 0);
    const fields = new Fields(layout, drawn);
    judges.of(name).draw?.(random, fields, generator.enumeratedAt(index) !== undefined, index);
    return drawn;
  };
}

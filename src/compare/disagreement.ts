import { shrink } from "../cases/shrink.ts";
import { hex } from "../errors.ts";
import { quoteWord } from "../quote.ts";
import { type Cluster, firstDifference, wordAt } from "./clusters.ts";
import type { Break, FunctionComparison } from "./function.ts";
import { bytesOf } from "./layout.ts";
import { flagNames, tell } from "./meaning.ts";
import type { Place } from "./places.ts";
import { BrokenEncoder } from "./record.ts";
import { type Answer, type Breakage, type Disagreement, HEADERS, type Verdict } from "./report.ts";

/** Of how many masks of one field an example is minimised. */
const EXAMPLES = 4;

/**
 * The disagreements about one function.
 *
 * @param smaller whether each is to have the smallest input that shows it, or the one that it was found with
 */
export async function describeClusters(
  compared: FunctionComparison,
  smaller: boolean,
): Promise<Disagreement[]> {
  const found: Disagreement[] = [];
  for (const clusters of byField(compared.clusters.all)) {
    const smallest = new Map<string, { cluster: Cluster; input: BigUint64Array; cases: number }>();
    const [first] = clusters;
    if (first === undefined) continue;
    for (const cluster of clusters.slice(0, EXAMPLES)) {
      const input = smaller ? await minimise(compared, cluster) : cluster.example;
      const known = smallest.get(input.join());
      if (known === undefined) smallest.set(input.join(), { cluster, input, cases: cluster.cases });
      else known.cases += cluster.cases;
    }
    const rest = clusters.slice(EXAMPLES).reduce((sum, { cases }) => sum + cases, 0);
    for (const [i, { cluster, input, cases }] of [...smallest.values()].entries()) {
      const all = i === 0 ? cases + rest : cases;
      const described = await describe(compared, cluster, input, all, clusters.length);
      if (described !== undefined) found.push(described);
    }
  }
  return found;
}

/** Clusters of the same encoder and the same field, the most frequent first. */
function byField(clusters: readonly Cluster[]): Cluster[][] {
  const groups = new Map<string, Cluster[]>();
  for (const cluster of clusters) {
    const key = `${cluster.encoder} ${cluster.against} ${cluster.place.name}`;
    groups.set(key, [...(groups.get(key) ?? []), cluster]);
  }
  return [...groups.values()].map((group) => group.sort((a, b) => b.cases - a.cases));
}

/** The smallest input near a cluster's example with which the same place differs first. */
async function minimise(
  compared: FunctionComparison,
  { encoder, against, place, example }: Cluster,
): Promise<BigUint64Array> {
  const words = example.slice();
  const holds = async (input: BigUint64Array) => {
    const difference = await differenceOf(compared, encoder, against, input);
    return difference?.place.name === place.name;
  };
  const flags = compared.flagFields.map(({ field }) => field.at);
  await shrink(words, compared.layout.inputs, holds, new Set(flags));
  return words;
}

async function differenceOf(
  compared: FunctionComparison,
  encoder: string,
  against: string,
  input: BigUint64Array,
) {
  const own = await compared.answer(encoder, input);
  const other = await compared.answer(against, input);
  if (own === undefined || other === undefined) return undefined;
  const difference = firstDifference(compared.layout, compared.places, own, other);
  return difference === undefined ? undefined : { ...difference, own, other };
}

/** What was seen with other cases around it, and not when the case was alone. */
const FICKLE = new BrokenEncoder("answer", 0, "answered the same case now so and now otherwise");

async function describe(
  compared: FunctionComparison,
  { encoder, against }: Cluster,
  input: BigUint64Array,
  cases: number,
  masks: number,
): Promise<Disagreement | undefined> {
  const { arch, name, layout } = compared;
  const difference = await differenceOf(compared, encoder, against, input);
  if (difference === undefined) {
    compared.noteBreak(encoder, FICKLE, input);
    return undefined;
  }
  const { place, xor, byte, own, other } = difference;
  const start = 8 * layout.fieldOf(Math.floor(place.byte / 8)).at;
  return {
    arch,
    operation: layout.signature.operation,
    name,
    encoder,
    against,
    field: place.name,
    flags: flagsOf(compared, place, xor, input),
    cases,
    xor: hex(xor),
    masks,
    byte: byte - start,
    own: answerOf(compared, place, own),
    other: answerOf(compared, place, other),
    input: describeInput(compared, input),
    replay: replay(compared, [encoder, ...(against === HEADERS ? [] : [against])], input),
    verdict: verdictOf(encoder, against, compared, place, other),
  };
}

function answerOf(compared: FunctionComparison, place: Place, record: BigUint64Array): Answer {
  const word = wordAt(record, place);
  return {
    bytes: bytesOf(word, place.bytes),
    word: hex(word),
    told: tell(place, word, compared.constants),
  };
}

/** The flags that differ; where an answer is no set of flags, those of the input. */
function flagsOf(
  compared: FunctionComparison,
  place: Place,
  xor: bigint,
  input: BigUint64Array,
): string[] {
  const inInput = [...compared.places.inputs].flatMap(([name, { byte }]) =>
    flagNames(name, input[byte / 8] ?? 0n, compared.constants),
  );
  // A refusal differs from a word in bits that mean nothing.
  const refused = xor >> 62n !== 0n;
  const differing = refused ? [] : flagNames(place.name, xor, compared.constants);
  return [...new Set(differing.length > 0 ? differing : inInput)];
}

function verdictOf(
  encoder: string,
  against: string,
  compared: FunctionComparison,
  place: Place,
  other: BigUint64Array,
): Verdict {
  if (against !== HEADERS) {
    return {
      by: "nobody",
      right: [],
      wrong: [],
      reason: "no headers of this architecture are here to decide",
    };
  }
  const { told } = answerOf(compared, place, other);
  return {
    by: "headers",
    right: [HEADERS],
    wrong: [encoder],
    reason: `native, compiled against them, answers ${told}`,
  };
}

/** The words of an input that are not 0, by name. */
export function describeInput(
  compared: FunctionComparison,
  input: BigUint64Array,
): Disagreement["input"] {
  return [...compared.places.inputs]
    .map(([name, place]) => ({ name, place, value: input[place.byte / 8] ?? 0n }))
    .filter(({ value }) => value !== 0n)
    .map(({ name, place, value }) => ({
      name,
      word: hex(value),
      told: tell(place, value, compared.constants),
    }));
}

/**
 * The command that does exactly this case again.
 *
 * @param encoders as reports call them
 */
export function replay(
  compared: FunctionComparison,
  encoders: readonly string[],
  input: BigUint64Array,
): string {
  const words = describeInput(compared, input).map(({ name, word }) => `${name}=${word}`);
  return [
    "stublab compare",
    ...encoders.map((encoder) => quoteWord(compared.argumentOf(encoder))),
    `--arch ${compared.arch} --operation ${compared.name}`,
    `--case '${words.join(",")}'`,
  ].join(" ");
}

export function describeBreak(compared: FunctionComparison, found: Break): Breakage {
  return {
    encoder: found.encoder,
    arch: compared.arch,
    name: compared.name,
    kind: found.error.kind,
    message: found.error.message,
    input: describeInput(compared, found.input),
    replay: replay(compared, [found.encoder], found.input),
  };
}

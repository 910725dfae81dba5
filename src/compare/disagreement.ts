import { type FirstOf, shrink } from "../cases/shrink.ts";
import { constantName } from "../encoder/names.ts";
import { hex } from "../errors.ts";
import { quoteWord } from "../quote.ts";
import { choiceOf } from "./choices.ts";
import { type Cluster, firstDifference, wordAt } from "./clusters.ts";
import { NUMBERS } from "./filter.ts";
import type { Break, FunctionComparison } from "./function.ts";
import { bytesOf } from "./layout.ts";
import { flagNames, tell } from "./meaning.ts";
import type { Place } from "./places.ts";
import { ANSWER, BrokenEncoder } from "./record.ts";
import { type Answer, type Breakage, type Disagreement, HEADERS, type Verdict } from "./report.ts";
import { stopwatch } from "./timing.ts";

/** Of how many masks of one field an example is minimised. */
const EXAMPLES = 4;

/** A fault: the smallest input that shows it, and further ones that show the same. */
interface Fault {
  readonly cluster: Cluster;
  readonly input: BigUint64Array;
  readonly others: BigUint64Array[];
  cases: number;
}

/**
 * The disagreements about one function, one for each fault.
 *
 * @param smaller whether each is to have the smallest input that shows it, or the one that it was found with
 */
export async function describeClusters(
  compared: FunctionComparison,
  smaller: boolean,
): Promise<Disagreement[]> {
  const found: Disagreement[] = [];
  for (const clusters of withoutEchoes(byField(compared.clusters.all))) {
    const seen: Fault[] = [];
    for (const cluster of clusters.slice(0, EXAMPLES)) {
      const input = smaller ? await minimise(compared, cluster) : cluster.example;
      seen.push({ cluster, input, others: [], cases: cluster.cases });
    }
    const faults = smaller ? distinct(seen, compared.namedFlags) : seen;
    const [first] = faults;
    if (first === undefined) continue;
    first.cases += clusters.slice(EXAMPLES).reduce((sum, { cases }) => sum + cases, 0);
    for (const fault of faults) {
      const described = await describe(compared, fault, clusters.length);
      if (described !== undefined) found.push(described);
    }
  }
  return found;
}

/** Clusters of the same encoder and the same field, the most frequent first. */
function byField(clusters: readonly Cluster[]): Cluster[][] {
  const groups = new Map<string, Cluster[]>();
  for (const cluster of clusters) {
    const key = `${cluster.encoder} ${cluster.against} ${cluster.kind}`;
    groups.set(key, [...(groups.get(key) ?? []), cluster]);
  }
  return [...groups.values()].map((group) => group.sort((a, b) => b.cases - a.cases));
}

/** How many times as frequent a field must be to be the reason for another's differences. */
const OFTEN = 16;

/**
 * Leaves out fields that differ whenever another one does, and are the first to differ only in the few cases in which
 * the other has the right value by chance: that is one fault.
 */
function withoutEchoes(fields: readonly Cluster[][]): Cluster[][] {
  const casesOf = (clusters: readonly Cluster[]) =>
    clusters.reduce((sum, { cases }) => sum + cases, 0);
  return fields.filter((field) =>
    fields.every((other) => {
      const [echo, cause] = [field[0], other[0]];
      if (echo === undefined || cause === undefined) return true;
      return (
        echo.encoder !== cause.encoder ||
        echo.place.name === cause.place.name ||
        casesOf(other) < OFTEN * casesOf(field) ||
        !other.every(({ words }) => words.includes(Math.floor(echo.place.byte / 8)))
      );
    }),
  );
}

/**
 * Puts inputs together that show the same fault: the input of one is part of the other's, or differs from it only in
 * which flags are set.
 */
function distinct(faults: readonly Fault[], flags: ReadonlyMap<number, bigint>): Fault[] {
  const kept: Fault[] = [];
  for (const fault of faults.toSorted((a, b) => compareInputs(a.input, b.input))) {
    const same = kept.find(
      ({ input }) =>
        isPart(input, fault.input, flags) ||
        shapeOf(input, flags).join() === shapeOf(fault.input, flags).join(),
    );
    if (same === undefined) kept.push(fault);
    else {
      same.others.push(fault.input);
      same.cases += fault.cases;
    }
  }
  return kept.sort((a, b) => b.cases - a.cases);
}

/** Fewer bits come first, then smaller words. */
function compareInputs(a: BigUint64Array, b: BigUint64Array): number {
  const bits = (input: BigUint64Array) => input.reduce((sum, word) => sum + bitsOf(word), 0);
  const differing = a.findIndex((word, at) => word !== b[at]);
  return bits(a) - bits(b) || ((a[differing] ?? 0n) < (b[differing] ?? 0n) ? -1 : 1);
}

function bitsOf(word: bigint): number {
  return word.toString(2).replaceAll("0", "").length;
}

/** Whether every word of an input is 0 or, in another input, not 0; whether every flag is set there, too. */
function isPart(
  input: BigUint64Array,
  other: BigUint64Array,
  flags: ReadonlyMap<number, bigint>,
): boolean {
  return input.every((word, at) => {
    const whole = other[at] ?? 0n;
    return flags.has(at) ? (word & ~whole) === 0n : word === 0n || whole !== 0n;
  });
}

/** Which words are not 0, and how many flags each has. */
function shapeOf(input: BigUint64Array, flags: ReadonlyMap<number, bigint>): number[] {
  return Array.from(input, (word, at) => (flags.has(at) ? bitsOf(word) : word === 0n ? 0 : 1));
}

/** How many of the smallest numbers are tried for each word of an input, and how many copies at a time. */
const SCANNED_WORDS = 131_072;
const MOST_SCANNED = 65_536;
const COPIES = 512;
/** How many words are first tried each alone, and each two: of the longest record two are too many. */
const ALONE = 80;

function scanOf({ layout }: FunctionComparison): number {
  return Math.min(MOST_SCANNED, Math.floor(SCANNED_WORDS / layout.words));
}

/** Looks for the first of many copies in batches. */
function inBatches(
  size: number,
  copies: number,
  firstOf: (batch: BigUint64Array) => Promise<number | undefined>,
): FirstOf {
  return async (all) => {
    for (let at = 0; at < all.length; at += copies * size) {
      const found = await firstOf(all.subarray(at, at + copies * size));
      if (found !== undefined) return at / size + found;
    }
    return undefined;
  };
}

/** The smallest input near a cluster's example with which the same place differs first. */
async function minimise(
  compared: FunctionComparison,
  { encoder, against, kind, example }: Cluster,
): Promise<BigUint64Array> {
  const words = example.slice();
  const size = compared.layout.words;
  const differs = async (copies: BigUint64Array): Promise<number | undefined> => {
    const kinds = await kindsOf(compared, encoder, against, copies);
    // One of them broke the batch.
    if (kinds === undefined && copies.length > size) return inBatches(size, 1, differs)(copies);
    const found = kinds?.indexOf(kind) ?? -1;
    return found < 0 ? undefined : found;
  };
  await shrink(words, compared.layout.inputs, inBatches(size, COPIES, differs), {
    flags: compared.namedFlags,
    scan: scanOf(compared),
    alone: ALONE,
  });
  return words;
}

/** In what kind of place each of several records differs; undefined if an encoder does not answer all. */
async function kindsOf(
  compared: FunctionComparison,
  encoder: string,
  against: string,
  inputs: BigUint64Array,
): Promise<(string | undefined)[] | undefined> {
  const own = await compared.answer(encoder, inputs);
  const other = await compared.answer(against, inputs);
  if (own === undefined || other === undefined) return undefined;
  const { layout, places } = compared;
  return Array.from({ length: inputs.length / layout.words }, (_, i) => {
    const [from, to] = [i * layout.words, (i + 1) * layout.words];
    return firstDifference(layout, places, own.subarray(from, to), other.subarray(from, to))?.kind;
  });
}

/** How many calls a filter decides wrongly if their numbers are the reason. */
const MOST_CALLS = 64;

/** The calls, by name, that a filter decides as wrongly as that of an input. */
async function callsLike(
  compared: FunctionComparison,
  { encoder, against, kind }: Cluster,
  input: BigUint64Array,
): Promise<string[]> {
  const { at } = compared.layout.field("call");
  const copies = new BigUint64Array(NUMBERS * input.length);
  const rest = (input[at] ?? 0n) & ~BigInt(NUMBERS - 1);
  for (let number = 0; number < NUMBERS; number++) {
    copies.set(input, number * input.length);
    copies[number * input.length + at] = rest | BigInt(number);
  }
  const kinds = (await kindsOf(compared, encoder, against, copies)) ?? [];
  const numbers = [...kinds.keys()].filter((number) => kinds[number] === kind);
  if (numbers.length > MOST_CALLS) return [];
  return numbers.map(
    (number) => constantName(BigInt(number), "SYS_[a-z]", compared.constants) ?? `call ${number}`,
  );
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
  { cluster, input, others, cases }: Fault,
  masks: number,
): Promise<Disagreement | undefined> {
  const { arch, name, layout } = compared;
  const { encoder, against } = cluster;
  const difference = await differenceOf(compared, encoder, against, input);
  if (difference === undefined) {
    compared.noteBreak(encoder, FICKLE, input);
    return undefined;
  }
  const { place, xor, byte, own, other } = difference;
  const start = 8 * layout.fieldOf(Math.floor(place.byte / 8)).at;
  const flags = new Set(flagsOf(compared, place, xor, input));
  for (const each of others) {
    const further = await differenceOf(compared, encoder, against, each);
    if (further?.place.name !== place.name) continue;
    for (const flag of flagsOf(compared, place, further.xor, each)) flags.add(flag);
  }
  if (place.name === ANSWER) {
    for (const call of await callsLike(compared, cluster, input)) flags.add(call);
  }
  return {
    arch,
    operation: layout.signature.operation,
    name,
    encoder,
    against,
    field: place.name,
    flags: [...flags],
    cases,
    xor: hex(xor),
    masks,
    byte: byte - start,
    own: answerOf(compared, place, own),
    other: answerOf(compared, place, other),
    input: describeInput(compared, input),
    replay: replay(compared, [encoder, ...(against === HEADERS ? [] : [against])], input),
    verdict: verdictOf(encoder, against, compared, place, other, input),
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
  input: BigUint64Array,
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
  const signal = compared.layout.fields.find(({ name }) => name === "signal");
  const choice = choiceOf(compared.name, place.name, input[signal?.at ?? 0] ?? 0n);
  if (choice !== undefined) {
    const reason = `${choice}; native returns ${told}`;
    return { by: "abi", right: [], wrong: [encoder], reason };
  }
  return {
    by: "headers",
    right: [HEADERS],
    wrong: [encoder],
    reason: `native, compiled against them, returns ${told}`,
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

/**
 * How many milliseconds a batch may take that is expected to break, and one case that is to be sure; how many a smaller
 * input is worth.
 */
const PATIENCE = 300;
const CERTAINTY = 1000;
const LONG_ENOUGH = 5000;

/** The smallest input near that of a break with which the encoder breaks in the same way. */
async function minimiseBreak(compared: FunctionComparison, found: Break): Promise<Break> {
  const { encoder, error, input } = found;
  const { kind } = error;
  const words = input.slice();
  const elapsed = stopwatch();
  const breaksAt = async (copies: BigUint64Array) => {
    if (elapsed() > LONG_ENOUGH) return undefined;
    const broken = await compared.breakOf(encoder, copies.slice(), PATIENCE);
    return broken?.kind === kind ? broken.index : undefined;
  };
  // Writes to memory show only after the batch.
  const copies = kind === "memory" ? 1 : COPIES;
  await shrink(words, compared.layout.inputs, inBatches(compared.layout.words, copies, breaksAt), {
    flags: compared.namedFlags,
    scan: scanOf(compared),
    alone: ALONE,
  });
  const again = await compared.breakOf(encoder, words.slice(), CERTAINTY);
  return again?.kind === kind ? { encoder, error: again, input: words } : found;
}

/** @param smaller whether it is to have the smallest input that shows it, or the one that it was found with */
export async function describeBreak(
  compared: FunctionComparison,
  found: Break,
  smaller: boolean,
): Promise<Breakage> {
  // Neither an answer that comes and goes nor an encoder that was given up depends on the input alone.
  const shrinks = smaller && found.error !== FICKLE && found.error.kind !== "refused";
  const { encoder, error, input } = shrinks ? await minimiseBreak(compared, found) : found;
  return {
    encoder,
    arch: compared.arch,
    name: compared.name,
    kind: error.kind,
    message: error.message,
    input: describeInput(compared, input),
    replay: replay(compared, [encoder], input),
  };
}

import { constantName } from "../encoder/names.ts";
import { hex } from "../errors.ts";
import { quoteWord } from "../quote.ts";
import { choiceOf } from "./choices.ts";
import { type Cluster, firstDifference, wordAt } from "./clusters.ts";
import { type Fault, faultsOf } from "./faults.ts";
import { NUMBERS } from "./filter.ts";
import type { Break, FunctionComparison } from "./function.ts";
import { bytesOf } from "./layout.ts";
import { flagNames, tell } from "./meaning.ts";
import { kindsOf, smallestBreak } from "./minimise.ts";
import type { Place } from "./places.ts";
import { ANSWER, BrokenEncoder } from "./record.ts";
import { type Answer, type Breakage, type Disagreement, HEADERS, type Verdict } from "./report.ts";

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
  for (const fault of await faultsOf(compared, smaller)) {
    const described = await describe(compared, fault);
    if (described !== undefined) found.push(described);
  }
  return found;
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
  { cluster, input, others, cases, masks }: Fault,
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

/** @param smaller whether it is to have the smallest input that shows it, or the one that it was found with */
export async function describeBreak(
  compared: FunctionComparison,
  found: Break,
  smaller: boolean,
): Promise<Breakage> {
  // Neither an answer that comes and goes nor an encoder that was given up depends on the input alone.
  const shrinks = smaller && found.error !== FICKLE && found.error.kind !== "refused";
  const { encoder, error, input } = shrinks ? await smallestBreak(compared, found) : found;
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

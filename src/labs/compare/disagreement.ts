import type { Operation } from "../../core/encoder/abi.ts";
import { hex } from "../../lib/errors.ts";
import { constantName } from "../../lib/names.ts";
import { quoteWord } from "../../lib/quote.ts";
import { decisionOf } from "./choices.ts";
import { type Cluster, type Difference, wordAt } from "./clusters.ts";
import { type Fault, faultsOf } from "./faults.ts";
import { NO_PROGRAM, NUMBERS, programOf } from "./filter.ts";
import type { Break, FunctionComparison } from "./function.ts";
import { bytesOf } from "./layout.ts";
import { flagNames, tell } from "./meaning.ts";
import { smallestBreak } from "./minimise.ts";
import type { Place } from "./places.ts";
import { ANSWER, BrokenEncoder } from "./record.ts";
import {
  type Agreement,
  type Answer,
  type Breakage,
  type Disagreement,
  HEADERS,
  type Verdict,
} from "./report.ts";

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
  // One that shows as an error is not reported again by the cases in which it is excused.
  const isError = ({ encoder, field }: Disagreement) =>
    found.some(
      (other) => other.apart === null && other.encoder === encoder && other.field === field,
    );
  return found.filter((each) => each.apart === null || !isError(each));
}

/** How many calls a filter decides wrongly if their numbers are the reason. */
const MOST_CALLS = 64;

/** The calls, by name, that a filter decides as wrongly as that of an input. */
async function callsLike(
  compared: FunctionComparison,
  { encoder, kind }: Cluster,
  input: BigUint64Array,
): Promise<string[]> {
  const { at } = compared.layout.field("call");
  const copies = new BigUint64Array(NUMBERS * input.length);
  const rest = (input[at] ?? 0n) & ~BigInt(NUMBERS - 1);
  for (let number = 0; number < NUMBERS; number++) {
    copies.set(input, number * input.length);
    copies[number * input.length + at] = rest | BigInt(number);
  }
  const found = (await compared.differences(encoder, copies)) ?? [];
  const numbers = [...found.keys()].filter((number) => found[number]?.kind === kind);
  if (numbers.length > MOST_CALLS) return [];
  return numbers.map(
    (number) => constantName(BigInt(number), "SYS_[a-z]", compared.constants) ?? `call ${number}`,
  );
}

/** A difference that was seen among other cases, and is not there if the case is alone. */
class Fickle extends BrokenEncoder {
  constructor(compared: FunctionComparison, { place, own, other }: Cluster) {
    const [after, meant] = [own, other].map((word) => answerOf(compared, place, word).told);
    const both = `${place.name} is ${after} after them, and should be ${meant}`;
    super("answer", 0, `answers the same case differently after other cases: ${both}`);
  }
}

async function describe(
  compared: FunctionComparison,
  { cluster, input, others, cases, masks }: Fault,
): Promise<Disagreement | undefined> {
  const { arch, name, layout } = compared;
  const { encoder } = cluster;
  await compared.renew(encoder);
  const [difference] = (await compared.differences(encoder, input)) ?? [];
  if (difference === undefined) {
    compared.noteBreak(encoder, new Fickle(compared, cluster), cluster.example);
    return undefined;
  }
  const { place, byte, own, other } = difference;
  const flags = flagsOf(compared, difference, input);
  for (const each of others) {
    const [further] = (await compared.differences(encoder, each)) ?? [];
    if (further?.place.name === place.name) flags.push(...flagsOf(compared, further, each));
  }
  if (place.name === ANSWER) flags.push(...(await callsLike(compared, cluster, input)));
  const reference = answerOf(compared, place, other);
  let answer = answerOf(compared, place, own);
  if (place.name === ANSWER && own === NO_PROGRAM) {
    const record = input.slice();
    await compared.breakOf(encoder, record);
    const why = programOf(layout, record);
    if (typeof why === "string") answer = { ...answer, told: `no program: ${why}` };
  }
  return {
    arch,
    operation: layout.signature.operation,
    name,
    encoder,
    against: HEADERS,
    field: place.name,
    flags: [...new Set(flags)],
    cases,
    xor: hex(own ^ other),
    masks,
    byte: byte - 8 * layout.fieldOf(Math.floor(place.byte / 8)).at,
    own: answer,
    other: reference,
    input: describeInput(compared, input),
    replay: replay(compared, encoder, input),
    apart: cluster.apart ?? null,
    verdict: verdictOf(compared, difference, encoder, reference.told, input),
  };
}

function answerOf({ constants }: FunctionComparison, place: Place, word: bigint): Answer {
  return { bytes: bytesOf(word, place.bytes), word: hex(word), told: tell(place, word, constants) };
}

/** The flags that differ; if an answer is not a set of flags, those of the input. */
function flagsOf(
  { places, constants }: FunctionComparison,
  { place, own, other }: Difference,
  input: BigUint64Array,
): string[] {
  const xor = own ^ other;
  // A refusal differs from a word in bits that mean nothing.
  const differing = xor >> 62n !== 0n ? [] : flagNames(place.name, xor, constants);
  if (differing.length > 0) return differing;
  return [...places.inputs].flatMap(([name, { byte }]) =>
    flagNames(name, input[byte / 8] ?? 0n, constants),
  );
}

/** From which headers `native` takes what it returns, if that is not a register. */
const SOURCES: Readonly<Partial<Record<Operation, string>>> = {
  clone: "linux/sched.h",
  clone3: "linux/sched.h",
  wait4: "linux/wait.h",
  status: "sys/wait.h and linux/ptrace.h",
  result: "the kernel's linux/err.h and linux/errno.h",
  restart: "the kernel's linux/errno.h",
  signals: "asm/signal.h",
  siginfo: "asm/siginfo.h",
};
const REGISTERS = { amd64: "sys/user.h", arm64: "asm/ptrace.h" } as const;

/** @param told what the reference returns */
function verdictOf(
  { name, arch, layout, places }: FunctionComparison,
  { place: { name: field }, own }: Difference,
  encoder: string,
  told: string,
  input: BigUint64Array,
): Verdict {
  const decision = decisionOf(name, field, own, places.wordsOf(input));
  if (decision !== undefined) {
    const reason = `${decision.reason}; native returns ${told}`;
    return { by: "abi", right: [], wrong: decision.apart === undefined ? [encoder] : [], reason };
  }
  const known = field.startsWith("block.") ? undefined : SOURCES[layout.signature.operation];
  const source = known ?? REGISTERS[arch];
  const reason = `native, compiled against ${source}, returns ${told}`;
  return { by: "headers", right: [HEADERS], wrong: [encoder], reason };
}

/** One case, of which each encoder that agrees answers as the headers do. */
export async function describeAgreements(
  compared: FunctionComparison,
  input: BigUint64Array,
): Promise<Agreement[]> {
  const { arch, name, layout, places, constants } = compared;
  const { encoders, answer } = await compared.stepWith(input);
  const own = name === "encodeSeccomp" ? layout.field(ANSWER).at : layout.result;
  const hasResult = layout.signature.result !== "none";
  const placesIn = (at: number) =>
    // Some members of a siginfo_t have half a word.
    [8 * at, 8 * at + 4].map((byte) => places.at(byte, answer[layout.result] ?? 0n));
  const changed = layout.inputs
    .flatMap(placesIn)
    .filter((place) => wordAt(answer, place) !== wordAt(input, place));
  const shown = [...(hasResult ? placesIn(own) : []), ...changed];
  const told = [...new Map(shown.map((place) => [place.name, place])).values()].map((place) => {
    const word = wordAt(answer, place);
    return { name: place.name, word: hex(word), told: tell(place, word, constants) };
  });
  return encoders.map((encoder) => ({
    ...{ arch, name, encoder, against: HEADERS, input: describeInput(compared, input) },
    answer: told,
  }));
}

/** The words of an input that are not 0, by name. */
export function describeInput(
  { places, constants }: FunctionComparison,
  input: BigUint64Array,
): Disagreement["input"] {
  return [...places.inputs].flatMap(([name, place]) => {
    const word = input[place.byte / 8] ?? 0n;
    return word === 0n ? [] : [{ name, word: hex(word), told: tell(place, word, constants) }];
  });
}

/** The command that does exactly this case again. */
export function replay(
  compared: FunctionComparison,
  encoder: string,
  input: BigUint64Array,
): string {
  const { arch, name } = compared;
  const words = describeInput(compared, input).map((each) => `${each.name}=${each.word}`);
  const argument = quoteWord(compared.argumentOf(encoder));
  return `stublab compare ${argument} --arch ${arch} --operation ${name} --case '${words.join(",")}'`;
}

/** @param smaller whether it is to have the smallest input that shows it, or the one that it was found with */
export async function describeBreak(
  compared: FunctionComparison,
  found: Break,
  smaller: boolean,
): Promise<Breakage> {
  // Neither an answer that comes and goes nor an encoder that was given up depends on the input alone.
  const isFickle = found.error instanceof Fickle;
  const shrinks = smaller && !isFickle && found.error.kind !== "refused";
  const { encoder, error, input } = shrinks ? await smallestBreak(compared, found) : found;
  let isAlone = !isFickle;
  // Other kinds of breaks end its process, so a case is always alone.
  if (isAlone && (error.kind === "trap" || error.kind === "answer")) {
    await compared.renew(encoder);
    isAlone = (await compared.breakOf(encoder, input.slice())) !== undefined;
  }
  const rest = isAlone || isFickle ? "" : "; alone, the case does not show it";
  return {
    encoder,
    arch: compared.arch,
    name: compared.name,
    kind: error.kind,
    message: `${error.message}${rest}`,
    input: describeInput(compared, input),
    replay: isAlone ? replay(compared, encoder, input) : null,
  };
}

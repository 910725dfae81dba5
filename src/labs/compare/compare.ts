import {
  FUNCTION_NAMES,
  FUNCTIONS,
  type FunctionName,
  OPERATIONS,
  type Operation,
} from "../../core/encoder/abi.ts";
import { ARCHES, HOST_ARCH } from "../../core/machine/index.ts";
import { Random, seedOf } from "../../lib/cases/random.ts";
import { hex, InputError } from "../../lib/errors.ts";
import { sum } from "../../lib/page/figures.ts";
import {
  abortSignal,
  bigWord,
  callback,
  checkOptions,
  count,
  instance,
  list,
  members,
  type OptionShapes,
  object,
  oneOf,
  type Shape,
  seconds,
  show,
  text,
} from "../../lib/shape.ts";
import { describeAgreements, describeBreak, describeClusters } from "./disagreement.ts";
import { isEncoderFile } from "./encoders/foreign.ts";
import { FunctionComparison } from "./function.ts";
import { compareLayouts } from "./layout.ts";
import { openBuiltIn } from "./open.ts";
import type {
  Agreement,
  Breakage,
  CompareReport,
  Disagreement,
  LayoutReport,
  LiveReport,
} from "./report.ts";
import { closedSubject, type Subject } from "./subject.ts";
import { stopwatch, turn } from "./turn.ts";
import { describeMissing, describeUncompared, uncomparedOf } from "./uncompared.ts";

/**
 * What is compared, and for how long: until `cases` or `seconds`, whichever comes first. Without both, a comparison has
 * 1.5 million cases.
 */
export interface CompareOptions {
  /** The encoders, at least one: a subject for each architecture of an encoder, as `openSubjectsConfined` returns them. */
  readonly subjects: readonly Subject[];
  /** Operations and functions of the ABI. Default: all. */
  readonly only?: readonly (Operation | FunctionName)[] | undefined;
  /** One case instead of many, by the names of its words; the others are 0. `only` has its function. */
  readonly input?: ReadonlyMap<string, bigint> | undefined;
  /** An integer of 64 bits without sign. Default: 1. */
  readonly seed?: bigint | number | undefined;
  /** Cases of all functions together. */
  readonly cases?: number | undefined;
  readonly seconds?: number | undefined;
  /** Cases of each function and encoder that the kernel judges, in real stubs. Default: the kernel is not asked. */
  readonly live?: number | undefined;
  /** Encoders that could not be opened: they become part of the report. */
  readonly broken?: readonly Breakage[] | undefined;
  /** Notes for the report. */
  readonly notes?: readonly string[] | undefined;
  /** Aborts the comparison: it rejects with the reason. */
  readonly signal?: AbortSignal | undefined;
  /** Receives the share that is done, 0 to 1, after each round of batches. If it throws or rejects, so does `compare`. */
  readonly progress?: ((share: number, cases: number) => void | Promise<void>) | undefined;
}

/** A finished comparison. */
export interface Comparison {
  readonly report: CompareReport;
  /** What tests and the kernel's judgement continue with. @internal */
  readonly functions: readonly FunctionComparison[];
}

const DEFAULT_CASES = 1_500_000;

/** Functions of many enumerated inputs get more cases than others. */
const SHARES: Readonly<Partial<Record<FunctionName, number>>> = {
  encodeClone: 2,
  encodeClone3: 6,
  encodeSiginfo: 2,
  waitKind: 4,
  waitValue: 4,
  waitEvent: 2,
  waitCoreDumped: 4,
  encodeSeccomp: 2,
};

/**
 * Gives encoders the same inputs and reports where their answers differ: in which field, with the smallest input, and
 * which is right. The caller closes the subjects.
 *
 * @throws InputError if an option is invalid; StateError if a subject is closed; the reason of `signal`; what `progress`
 * throws; with `live`, what creating stubs throws. An encoder that fails is part of the report.
 *
 * @example
 * using opened = await openSubjectsConfined(["script", "./mine.wasm"], ["amd64"]);
 * const { report } = await compare({ ...opened, cases: 100_000 });
 * for (const { encoder, field, verdict } of report.disagreements) console.log(encoder, field, verdict.reason);
 */
export async function compare(options: CompareOptions): Promise<Comparison> {
  checkOptions(options, "options", SHAPES);
  expectSubjects(options);
  expectInput(options);
  const { subjects, input, signal } = options;
  signal?.throwIfAborted();
  const smaller = input === undefined;
  const seed = seedOf(options.seed ?? 1n, "options.seed");
  const elapsed = stopwatch();
  const notes = [...(options.notes ?? [])];
  const { functions, layouts, disagreements: found } = prepare(options, seed, notes);
  if (input === undefined) await runAll(functions, options, elapsed);
  const agreements: Agreement[] = [];
  for (const each of input === undefined ? [] : functions) {
    agreements.push(...(await describeAgreements(each, each.inputOf(input ?? new Map()))));
  }
  for (const each of functions) {
    await turn(signal);
    found.push(...(await describeClusters(each, smaller)));
  }
  const { disagreements, live } = await judge(options, seed, functions, found, notes);
  const broken = [...(options.broken ?? [])];
  for (const each of functions) {
    for (const one of each.breaks) broken.push(await describeBreak(each, one, smaller));
  }
  if (options.only === undefined) notes.push(...missingFor(subjects, disagreements, broken));
  const report = {
    seed: hex(seed),
    cases: casesOf(functions),
    milliseconds: elapsed(),
    encoders: subjects.map((subject) => ({
      name: subject.name,
      arch: subject.arch,
      functions: FUNCTION_NAMES.filter((name) => subject.has(name)).length,
      constants: subject.constants.size,
    })),
    functions: functions.map((each) => each.report()),
    layouts,
    disagreements,
    agreements,
    broken,
    live,
    uncompared: uncomparedOf(subjects, functions, wantedBy(options)),
    notes,
  };
  return { report, functions };
}

const MOST = Number.MAX_SAFE_INTEGER;

const subject: Shape<unknown> = (value, place) => {
  const read = members(value, place);
  read("name", text);
  read("arch", oneOf(ARCHES));
  read("constants", instance(Map, "a Map"));
};

const SHAPES: OptionShapes<CompareOptions> = {
  subjects: list(subject, MOST),
  only: list(oneOf([...OPERATIONS, ...FUNCTION_NAMES]), MOST),
  input: instance(Map, "a Map of words by name"),
  seed: seedOf,
  cases: count(MOST),
  seconds,
  live: count(MOST),
  broken: list(object, MOST),
  notes: list(text, MOST),
  signal: abortSignal,
  progress: callback,
};

/** @throws InputError; StateError if one is closed */
function expectSubjects({ subjects = [], broken = [], notes = [] }: Partial<CompareOptions>): void {
  for (const { name, closed } of subjects) if (closed) throw closedSubject(name);
  // Those that could not be opened are a result, too.
  if (subjects.length + broken.length + notes.length > 0) return;
  throw new InputError("options.subjects: expected at least one subject", {
    remedy: "openSubjectsConfined opens encoders by name or file",
  });
}

/** @throws InputError */
function expectInput({ only = [], input }: CompareOptions): void {
  if (input === undefined) return;
  const [name, ...others] = only;
  if (others.length > 0 || !FUNCTION_NAMES.some((known) => known === name)) {
    throw new InputError("options.input: needs the one function of the case in options.only");
  }
  for (const [key, value] of input) {
    text(key, "options.input: a name");
    bigWord(value, `options.input: ${show(key)}`);
  }
}

/** Whether a function is to be compared. */
function wantedBy({ only }: CompareOptions): (name: FunctionName) => boolean {
  return (name) =>
    only === undefined || only.includes(name) || only.includes(FUNCTIONS[name].operation);
}

/** What is to be compared, and the constants, which need no cases. */
function prepare(options: CompareOptions, seed: bigint, notes: string[]) {
  const isWanted = wantedBy(options);
  const random = new Random(seed);
  const functions: FunctionComparison[] = [];
  const layouts: LayoutReport[] = [];
  const disagreements: Disagreement[] = [];
  for (const arch of new Set(options.subjects.map((subject) => subject.arch))) {
    const subjects = options.subjects.filter((subject) => subject.arch === arch);
    // The headers' answers, whether native is among those compared or not.
    const truth =
      subjects.find(({ name }) => name === "native") ??
      openBuiltIn("native", arch, notes, `${arch} is not compared`);
    if (truth === undefined) continue;
    const { constants } = truth;
    for (const subject of subjects) {
      notes.push(...describeUncompared(subject, isWanted, [...constants.keys()]));
    }
    if (options.only?.includes("layout") ?? true) {
      const layout = compareLayouts(arch, subjects, truth);
      layouts.push(layout.report);
      disagreements.push(...layout.disagreements);
    }
    for (const name of FUNCTION_NAMES) {
      const able = subjects.filter((subject) => subject.has(name));
      if (!isWanted(name) || able.length === 0 || !truth.has(name)) continue;
      functions.push(new FunctionComparison(arch, name, able, truth, constants, random));
    }
  }
  return { functions, layouts, disagreements };
}

/** What the encoders from files that agree in everything lack to drive stubs. */
function missingFor(
  subjects: readonly Subject[],
  disagreements: readonly Disagreement[],
  broken: readonly Breakage[],
): string[] {
  const found = [...disagreements.filter(({ apart }) => apart === null), ...broken];
  return subjects
    .filter(
      ({ name, argument }) =>
        isEncoderFile(argument) && !found.some((each) => each.encoder === name),
    )
    .flatMap((subject) => describeMissing(subject) ?? []);
}

/** Asks the kernel, if that is wanted. */
async function judge(
  { live: cases, input, signal }: CompareOptions,
  seed: bigint,
  functions: readonly FunctionComparison[],
  disagreements: Disagreement[],
  notes: string[],
): Promise<{ disagreements: Disagreement[]; live: LiveReport[] }> {
  if (cases === undefined) return { disagreements, live: [] };
  for (const arch of new Set(functions.map((each) => each.arch))) {
    if (arch === HOST_ARCH) continue;
    notes.push(`the kernel was not asked about ${arch}: this machine is ${HOST_ARCH}`);
  }
  // Loaded only if stubs are wanted.
  const { judgeComparison } = await import("./live/live.ts");
  return judgeComparison(functions, disagreements, { seed, cases, input, signal });
}

/** Batches of all functions in turn, so that what the machine does meanwhile favours none. */
async function runAll(
  functions: readonly FunctionComparison[],
  options: CompareOptions,
  elapsed: () => number,
): Promise<void> {
  const { signal, progress, seconds = Number.POSITIVE_INFINITY } = options;
  const most = options.seconds === undefined ? DEFAULT_CASES : Number.POSITIVE_INFINITY;
  const cases = options.cases ?? most;
  const quotas = quotasOf(functions, cases);
  for (;;) {
    let ran = 0;
    for (const [i, each] of functions.entries()) {
      if (elapsed() >= seconds * 1000) return;
      ran += await each.step((quotas[i] ?? 0) - each.cases);
    }
    if (ran === 0) return;
    const done = casesOf(functions);
    await turn(signal);
    await progress?.(Math.min(1, Math.max(done / cases, elapsed() / 1000 / seconds)), done);
  }
}

function casesOf(functions: readonly FunctionComparison[]): number {
  return sum(functions.map(({ cases }) => cases));
}

/** How many cases each function gets. */
function quotasOf(functions: readonly FunctionComparison[], cases: number): number[] {
  if (cases === Number.POSITIVE_INFINITY) return functions.map(() => cases);
  const firsts = functions.map(({ first }) => first);
  const enough = cases >= 1.5 * sum(firsts);
  const shares = functions.map(({ name, first }) =>
    enough && first > 0 ? 1 : (SHARES[name] ?? 1),
  );
  const rest = enough ? cases - sum(firsts) : cases;
  // Rounded so that they add up.
  const upTo = (end: number) => Math.round((rest * sum(shares.slice(0, end))) / sum(shares));
  return firsts.map((first, i) => upTo(i + 1) - upTo(i) + (enough ? first : 0));
}

import { setImmediate } from "node:timers/promises";
import { Random } from "../cases/random.ts";
import { FUNCTION_NAMES, FUNCTIONS, type FunctionName, type Operation } from "../encoder/abi.ts";
import type { Arch } from "../encoder/arch.ts";
import { openEncoder } from "../encoder/open.ts";
import { hex, InputError, UnsupportedError } from "../errors.ts";
import { callback, count, list, object, optional, show } from "../shape.ts";
import { describeBreak, describeClusters } from "./disagreement.ts";
import { FunctionComparison } from "./function.ts";
import { compareLayouts } from "./layout.ts";
import type {
  Breakage,
  CompareReport,
  Disagreement,
  EncoderReport,
  LayoutReport,
  LiveReport,
} from "./report.ts";
import { LocalSubject, type Subject } from "./subject.ts";
import { stopwatch } from "./timing.ts";

export interface CompareOptions {
  /** The encoders, one subject for each architecture that they encode for. */
  readonly subjects: readonly Subject[];
  /** What is compared, by operation or function; everything unless told. */
  readonly only?: readonly (Operation | FunctionName)[];
  /** One case, by the names of its words, instead of many; then `only` is its function. */
  readonly input?: ReadonlyMap<string, bigint>;
  readonly seed: bigint;
  /** When to end: after so many cases over all functions, or so many seconds. */
  readonly cases?: number;
  readonly seconds?: number;
  /** How many cases of each function the kernel judges, for each encoder; it is not asked unless told. */
  readonly live?: number;
  /** What has failed already: encoders that could not be opened. */
  readonly broken?: readonly Breakage[];
  readonly notes?: readonly string[];
  /** Hears how much is done, 0 to 1, after each round of batches. */
  readonly progress?: (share: number, cases: number) => void;
}

/** A comparison that is over, and what further questions need. */
export interface Comparison {
  readonly report: CompareReport;
  readonly functions: readonly FunctionComparison[];
}

/** Functions of many enumerated inputs get more cases than others, and slow ones fewer. */
const SHARES: Readonly<Partial<Record<FunctionName, number>>> = {
  encodeClone: 2,
  encodeClone3: 6,
  encodeSiginfo: 2,
  waitKind: 4,
  waitValue: 4,
  waitEvent: 2,
  waitCoreDumped: 4,
  encodeSeccomp: 0.5,
};

/** Has encoders do the same work, and tells where they differ. */
export async function compare(options: CompareOptions): Promise<Comparison> {
  checkOptions(options);
  const elapsed = stopwatch();
  const notes = [...(options.notes ?? [])];
  const { functions, layouts, ...constants } = prepare(options, notes);
  if (options.input === undefined) await runAll(functions, options, elapsed);
  else for (const each of functions) await each.stepWith(each.inputOf(options.input));
  const found = [...constants.disagreements];
  for (const each of functions) {
    found.push(...(await describeClusters(each, options.input === undefined)));
  }
  const { disagreements, live } = await judge(options, functions, found);
  const encoders: EncoderReport[] = [];
  // One after the other: they are timed.
  for (const subject of options.subjects) encoders.push(await describeSubject(subject));
  const broken = [
    ...(options.broken ?? []),
    ...functions.flatMap((each) => each.breaks.map((one) => describeBreak(each, one))),
  ];
  const report = {
    seed: hex(options.seed),
    cases: functions.reduce((sum, each) => sum + each.cases, 0),
    milliseconds: elapsed(),
    encoders,
    functions: functions.map((each) => each.report()),
    layouts,
    disagreements,
    broken,
    live,
    notes,
  };
  return { report, functions };
}

const LIST = list((value) => value, Number.MAX_SAFE_INTEGER);
const WHOLE = optional(count(Number.MAX_SAFE_INTEGER));

/** @throws InputError */
function checkOptions(options: CompareOptions): void {
  object(options, "options");
  const { subjects, only, notes, broken, seed, cases, seconds, live, progress } = options;
  LIST(subjects, "subjects").forEach((subject, i) => {
    object(subject, `subjects[${i}]`);
  });
  for (const [name, value] of Object.entries({ only, notes, broken })) optional(LIST)(value, name);
  if (typeof seed !== "bigint") {
    throw new InputError(`seed: expected a BigInt, got ${show(seed)}`);
  }
  WHOLE(cases, "cases");
  WHOLE(live, "live");
  if (seconds !== undefined && !(typeof seconds === "number" && seconds >= 0)) {
    throw new InputError(`seconds: expected a number from 0, got ${show(seconds)}`);
  }
  callback(progress, "progress");
  if ([cases, seconds, options.input].every((each) => each === undefined)) {
    throw new InputError("nothing ends the comparison: give cases or seconds");
  }
}

/** What is to be compared, and the constants, which need no cases. */
function prepare(options: CompareOptions, notes: string[]) {
  const wanted = (name: Operation | FunctionName) => options.only?.includes(name) ?? true;
  const random = new Random(options.seed);
  const functions: FunctionComparison[] = [];
  const layouts: LayoutReport[] = [];
  const disagreements: Disagreement[] = [];
  for (const arch of archesOf(options.subjects)) {
    const subjects = options.subjects.filter((subject) => subject.arch === arch);
    const truth = subjects.find(({ name }) => name === "native") ?? openTruth(arch, notes);
    const constants = truth?.constants ?? subjects[0]?.constants ?? new Map();
    if (wanted("layout")) {
      const layout = compareLayouts(arch, subjects, truth);
      layouts.push(layout.report);
      disagreements.push(...layout.disagreements);
    }
    for (const name of FUNCTION_NAMES) {
      const able = subjects.filter((subject) => subject.has(name));
      if (!wanted(name) && !wanted(FUNCTIONS[name].operation)) continue;
      if (able.length === 0) continue;
      const own = truth?.has(name) ? truth : undefined;
      functions.push(new FunctionComparison(arch, name, able, own, constants, random));
    }
  }
  return { functions, layouts, disagreements };
}

/** Asks the kernel, where that is wanted. */
async function judge(
  { subjects, seed, live: cases, input }: CompareOptions,
  functions: readonly FunctionComparison[],
  disagreements: Disagreement[],
): Promise<{ disagreements: Disagreement[]; live: LiveReport[] }> {
  if (cases === undefined) return { disagreements, live: [] };
  // Loaded only where stubs are wanted.
  const { judgeComparison } = await import("./live/live.ts");
  const options = input === undefined ? { seed, cases } : { seed, cases, input };
  return judgeComparison(subjects, functions, disagreements, options);
}

function archesOf(subjects: readonly Subject[]): Arch[] {
  return [...new Set(subjects.map(({ arch }) => arch))];
}

/** The headers' answers: native, whether it is among those compared or not. */
function openTruth(arch: Arch, notes: string[]): Subject | undefined {
  try {
    return new LocalSubject(openEncoder("native", arch));
  } catch (error) {
    if (!(error instanceof UnsupportedError)) throw error;
    notes.push(`${arch} is compared without the truth of its headers: ${error.message}`);
    return undefined;
  }
}

/** Batches of all functions by turns, so that none is favoured by what the machine does meanwhile. */
async function runAll(
  functions: readonly FunctionComparison[],
  {
    cases = Number.POSITIVE_INFINITY,
    seconds = Number.POSITIVE_INFINITY,
    progress,
  }: CompareOptions,
  elapsed: () => number,
): Promise<void> {
  const quotas = quotasOf(functions, cases);
  for (;;) {
    let ran = 0;
    for (const [each, quota] of quotas) {
      if (elapsed() >= seconds * 1000) return;
      const count = each.size(quota - each.cases);
      if (count > 0) await each.step(count);
      ran += count;
    }
    if (ran === 0) return;
    const done = functions.reduce((sum, each) => sum + each.cases, 0);
    // So that a signal is heard.
    await setImmediate();
    progress?.(Math.min(1, Math.max(done / cases, elapsed() / 1000 / seconds)), done);
  }
}

/** How many cases each function gets. */
function quotasOf(
  functions: readonly FunctionComparison[],
  cases: number,
): Map<FunctionComparison, number> {
  const shareOf = ({ name }: FunctionComparison) => SHARES[name] ?? 1;
  const shares = functions.reduce((sum, each) => sum + shareOf(each), 0);
  const quotas = new Map<FunctionComparison, number>();
  let given = 0;
  let shared = 0;
  for (const each of functions) {
    // Rounded so that they add up.
    shared += shareOf(each);
    const upTo = cases === Number.POSITIVE_INFINITY ? cases : Math.round((cases * shared) / shares);
    quotas.set(each, upTo === cases && cases === Number.POSITIVE_INFINITY ? cases : upTo - given);
    given = upTo;
  }
  return quotas;
}

async function describeSubject(subject: Subject): Promise<EncoderReport> {
  return {
    name: subject.name,
    arch: subject.arch,
    functions: FUNCTION_NAMES.filter((name) => subject.has(name)).length,
    constants: subject.constants.size,
    crossing: (await subject.crossing()) ?? null,
  };
}

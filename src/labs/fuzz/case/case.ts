/*
 * A case is a register setup, or a few in a row: what differs from the baseline, how it is written, and how the stub is
 * resumed. As a document "stublab.case/1" it is described in docs/fuzzing-cases.md.
 */

import { ARCHES, type Arch, HOST_ARCH } from "../../../core/machine/index.ts";
import { hex, InputError } from "../../../lib/errors.ts";
import { didYouMean } from "../../../lib/nearest.ts";
import {
  count,
  hexWord,
  list,
  type Members,
  members,
  nullable,
  oneOf,
  optional,
  type Shape,
  show,
  table,
  text,
  truth,
  word,
} from "../../../lib/shape.ts";
import { BASELINE, CODES, type From, HOST_CONTENTS, PC, REGISTERS, type Way } from "./arch.ts";
import { CONSTANTS, ONS, type On, STARTS, WAYS } from "./records.ts";
import { nameOfSignal, signalOf } from "./signals.ts";

export const CASE_SCHEMA = "stublab.case/1";
/** That of a document that names none. */
export const DEFAULT_ARCH: Arch = "amd64";

/** A word, and the byte offset to write it to. */
export interface Pair {
  readonly offset: bigint;
  readonly word: bigint;
}

/** The members of a signal frame other than the registers. */
export interface SignalFrame {
  /** UC_SIGCONTEXT_SS and its like, 32 bits. */
  readonly ucFlags: number;
  /** Whether it has floating point: that of the last stop, unless there is an image. */
  readonly fpstate: boolean;
  /** The address of an image: the floating point of a new program, changed by the pairs of the case. */
  readonly image?: bigint;
}

/** One setup. With the way SIGRETURN, `from` is "signal", `on` is "CONT", and there is no signal. */
export interface Step {
  readonly from: From;
  readonly way: Way;
  readonly on: On;
  /** The signal to resume with; 0 for none. */
  readonly signal: number;
  /** SETREGS, SETREGSET and SIGRETURN: all 27 words, in the order of a block. Otherwise none. */
  readonly block: readonly bigint[];
  /** POKEUSER, SETFPREGS, XSTATE; SIGRETURN with an image. */
  readonly pairs: readonly Pair[];
  /** SYSCALL_INFO, SIGMASK and DISPATCH: the words that are written. */
  readonly words: readonly bigint[];
  /** SETREGSET, XSTATE, SYSCALL_INFO, SIGMASK, DISPATCH: the length that the request passes, in bytes. */
  readonly length: number;
  /** SIGRETURN. */
  readonly frame?: SignalFrame;
}

/** A setup, and those before it, if any. Ways other than SIGRETURN can have them. */
export interface Case extends Step {
  /**
   * The first begins at a stop by its `from`. The `from` of all others, and of the case itself, is "last": they begin at
   * the stop at which the step before them left the stub.
   */
  readonly before?: readonly Step[];
}

/** A case as its steps in order. */
export function stepsOf({ before = [], ...last }: Case): readonly Step[] {
  return [...before, last];
}

/** The case of at least one step. @param from the stop at which the first begins */
export function caseOf(steps: readonly Step[], from = steps[0]?.from ?? "signal"): Case {
  const before = steps.map((step, i) => ({ ...step, from: i === 0 ? from : "last" }) as const);
  const last = before.pop();
  if (last === undefined) throw new RangeError("a case has a step at least");
  return before.length === 0 ? last : { ...last, before };
}

const MOST = 2 ** 32 - 1;
const MOST_BEFORE = CONSTANTS.MOST_STEPS - 1;

/** Refuses a value that is not a case. @throws InputError that names the member. */
export function expectCase(value: Case, place = "case"): void {
  const read = members(value, place);
  const before = read("before", optional(list((step, at) => [step, at] as const, MOST_BEFORE)));
  const steps = [...(before ?? []), [value, place] as const];
  for (const [i, [step, at]] of steps.entries()) {
    const way = expectStep(members(step, at), i === 0 ? STARTS : ["last"]);
    // A stub that returns from a signal handler is not stopped between two steps.
    if (steps.length > 1 && CONTENTS[way].frame) {
      members(step, at)("way", refused(`a case by ${way} has one step only`));
    }
  }
}

function expectStep(read: Members, froms: readonly From[]): Way {
  read("from", oneOf(froms));
  const way = read("way", oneOf(WAYS));
  read("on", oneOf(ONS));
  read("signal", count(MOST));
  const { block, words = 0, frame: framed } = CONTENTS[way];
  read("block", wordsOf(block ? REGISTERS.length : 0));
  read("words", wordsOf(words));
  read("length", count(MOST));
  const frame = framed && read("frame", frameOfFlags);
  read("pairs", list(pairOf(word), mostPairs(way, frame)));
  return way;
}

function wordsOf(expected: number): Shape<bigint[]> {
  return (value, place) => {
    const words = list(word, expected)(value, place);
    if (words.length === expected) return words;
    throw new InputError(`${place}: expected ${expected} words, got ${words.length}`);
  };
}

function pairOf(word: Shape<bigint>): Shape<Pair> {
  return (value, place) => {
    const read = members(value, place);
    return { offset: read("offset", word), word: read("word", word) };
  };
}

const frameOfFlags: Shape<SignalFrame> = (value, place) => {
  const read = members(value, place);
  const ucFlags = read("ucFlags", count(MOST));
  const image = read("image", optional(word));
  return frameOf(ucFlags, read("fpstate", truth), image, place);
};

function frameOf(
  ucFlags: number,
  fpstate: boolean,
  image: bigint | undefined,
  place: string,
): SignalFrame {
  if (image === undefined) return { ucFlags, fpstate };
  if (!fpstate) throw new InputError(`${place}.image: needs fpstate`);
  return { ucFlags, fpstate, image };
}

/** A case as a document "stublab.case/1" (docs/fuzzing-cases.md). */
export interface CaseDocument extends StepDocument {
  readonly schema: typeof CASE_SCHEMA;
  /** Left out on amd64. */
  readonly arch?: Arch;
  readonly before?: readonly StepDocument[];
}

/** Registers with the baseline's words are left out. */
export interface StepDocument {
  /** Of the first step only. */
  readonly from?: From;
  readonly way: Way;
  readonly on: On;
  /** "SIGUSR1", an invalid number, or null for none. */
  readonly signal: string | number | null;
  /** The piece of code that PC is set to; null if `registers` has PC. */
  readonly code?: string | null;
  readonly registers?: Readonly<Record<string, string>>;
  readonly pairs?: readonly { readonly offset: string; readonly word: string }[];
  readonly words?: readonly string[];
  readonly length?: number;
  readonly frame?: FrameDocument;
}

export interface FrameDocument {
  readonly uc_flags: string;
  readonly fpstate: boolean;
  readonly image?: string;
}

/** A case as a document. */
export function formatCase(it: Case): CaseDocument {
  expectCase(it);
  const before = it.before?.map(formatStep);
  return {
    schema: CASE_SCHEMA,
    ...(HOST_ARCH !== DEFAULT_ARCH && { arch: HOST_ARCH }),
    ...(before && { before }),
    ...formatStep(it),
  };
}

function formatStep(it: Step): StepDocument {
  const { from, way, on, signal, pairs, words, length, frame } = it;
  const content = CONTENTS[way];
  const name = signal > 0 && signal <= 64 ? nameOfSignal(signal) : " ";
  return {
    ...(from !== "last" && { from }),
    ...{ way, on },
    signal: signal === 0 ? null : name.includes(" ") ? signal : name,
    ...(content.block && formatBlock(it.block)),
    ...((mostPairs(way) > 0 || pairs.length > 0) && {
      pairs: pairs.map(({ offset, word }) => ({ offset: hex(offset), word: hex(word) })),
    }),
    ...(words.length > 0 && { words: words.map(hex) }),
    ...("length" in content && { length }),
    ...(frame !== undefined && { frame: formatFrame(frame) }),
  };
}

function formatFrame({ ucFlags, fpstate, image }: SignalFrame): FrameDocument {
  return {
    uc_flags: hex(BigInt(ucFlags)),
    fpstate,
    ...(image !== undefined && { image: hex(image) }),
  };
}

function formatBlock(block: readonly bigint[]): Pick<StepDocument, "code" | "registers"> {
  const rip = block[PC] ?? 0n;
  const code = CODES.find(({ address }) => address === rip)?.name ?? null;
  const changed = REGISTERS.map((name, i) => [name, block[i] ?? 0n, i] as const).filter(
    ([, word, i]) => word !== BASELINE[i] && (i !== PC || code === null),
  );
  return { code, registers: Object.fromEntries(changed.map(([name, word]) => [name, hex(word)])) };
}

/**
 * The case that a document describes.
 *
 * @param document a value, such as JSON.parse returns
 * @throws InputError that names the place: 'registers.rax: expected a hex word such as "0xfe0", got 17'.
 *
 * @example
 * const it = parseCase({ schema: "stublab.case/1", way: "SETREGS", registers: { cs: "0x10" } });
 */
export function parseCase(document: unknown): Case {
  const read = members(document, "");
  read("schema", oneOf([CASE_SCHEMA]));
  expectHost(read("arch", orElse(oneOf(ARCHES), DEFAULT_ARCH)));
  const before = read("before", orElse(list(anything, MOST_BEFORE), []));
  const steps = [...before, document].map((step, i) => {
    const place = i === before.length ? "" : `before[${i}]`;
    return parseStep(step, place, i === 0 ? STARTS : ["last"]);
  });
  const it = caseOf(steps);
  expectCase(it, "");
  return it;
}

function parseStep(document: unknown, place: string, froms: readonly From[]): Step {
  const read = members(document, place);
  const from = read("from", orElse(oneOf(froms), froms[0]));
  const way = read("way", orElse(oneOf(WAYS), WAYS[0]));
  const on = read("on", orElse(oneOf(ONS), "CONT"));
  const signal = read("signal", orElse(signalShape, 0));
  expectKnown(read, way, table(anything, MOST)(document, place), place);
  const { block, frame: framed, words: most = 0, length } = CONTENTS[way];
  if (framed && from !== "last") expectReturn(read, from, on, signal);
  const code = read("code", orElse(nullable(codeShape), null));
  const given = new Map(read("registers", orElse(registersShape, [])));
  if (code !== null && !given.has(PC)) given.set(PC, code);
  const words = read("words", orElse(list(hexBits, most), []));
  const frame = framed && read("frame", orElse(frameShape, { ucFlags: 0, fpstate: false }));
  return {
    ...{ from, way, on, signal },
    block: block ? BASELINE.map((word, i) => given.get(i) ?? word) : [],
    pairs: read("pairs", orElse(list(pairOf(hexBits), mostPairs(way, frame)), [])),
    words: Array.from({ length: most }, (_, i) => words[i] ?? 0n),
    length: length === undefined ? 0 : read("length", orElse(count(MOST), length ?? undefined)),
    ...(frame && { frame }),
  };
}

/** The kinds and registers of cases are those of the machine. @throws InputError */
function expectHost(arch: Arch): void {
  if (arch === HOST_ARCH) return;
  throw new InputError(`arch: the case is for ${arch}, and this machine is ${HOST_ARCH}`);
}

const anything: Shape<unknown> = (value) => value;

const hexBits: Shape<bigint> = (value, place) => BigInt(hexWord(value, place));

/** A shape of a member that may be omitted if there is a default. */
function orElse<T>(shape: Shape<T>, otherwise: T | undefined): Shape<T> {
  return (value, place) =>
    value === undefined && otherwise !== undefined ? otherwise : shape(value, place);
}

/** A stub that returns from a signal handler starts there, and resumes by itself. */
function expectReturn(read: Members, from: From, on: On, signal: number): void {
  const wrong = from !== "signal" ? "from" : on !== "CONT" ? "on" : signal !== 0 ? "signal" : "";
  if (wrong === "") return;
  read(wrong, refused('SIGRETURN is from "signal", on "CONT", without a signal'));
}

const refused =
  (why: string): Shape<never> =>
  (_, place) => {
    throw new InputError(`${place}: ${why}`);
  };

const frameShape: Shape<SignalFrame> = (value, place) => {
  const read = members(value, place);
  const flags = read("uc_flags", optional(hexBits)) ?? 0n;
  if (flags > MOST)
    throw new InputError(`${place}.uc_flags: expected at most 32 bits, got ${hex(flags)}`);
  const image = read("image", optional(hexBits));
  const fpstate = read("fpstate", optional(truth)) ?? image !== undefined;
  return frameOf(Number(flags), fpstate, image, place);
};

/** A signal by name or number; null means no signal. Invalid numbers are allowed: the kernel must refuse them. */
const signalShape: Shape<number> = (value, place) => {
  if (value === null) return 0;
  if (typeof value === "number") return count(MOST)(value, place);
  const name = text(value, place);
  const signal = signalOf(name);
  if (signal !== undefined) return signal;
  throw new InputError(`${place}: unknown signal ${show(name)}`);
};

/** The address of a piece of code by its name. */
const codeShape: Shape<bigint> = (value, place) => {
  const name = text(value, place);
  const piece = CODES.find((one) => one.name === name);
  if (piece !== undefined) return piece.address;
  throw new InputError(`${place}: unknown code ${show(name)}`, {
    remedy: `codes: ${CODES.map((one) => one.name).join(", ")}`,
  });
};

/** The words of some registers by their indices. */
const registersShape: Shape<[index: number, word: bigint][]> = (value, place) =>
  Object.entries(table(hexBits, REGISTERS.length)(value, place)).map(([name, word]) => {
    const index = REGISTERS.indexOf(name);
    if (index >= 0) return [index, word];
    throw new InputError(`${place}: unknown register ${show(name)}${didYouMean(name, REGISTERS)}`);
  });

/* What a case has beside its kinds: that depends on the way. */

export interface Content {
  readonly block?: true;
  readonly frame?: true;
  /** The most of them. Those of a frame damage its image. */
  readonly pairs?: number;
  readonly words?: number;
  /** The kernel's own size, which the length is where none is given; null: each machine has its own. */
  readonly length?: number | null;
}

export const CONTENTS: Readonly<Record<Way, Content>> = HOST_CONTENTS;

/** The most pairs that a case may have. */
export function mostPairs(way: Way, frame?: { readonly image?: bigint }): number {
  const { frame: framed, pairs = 0 } = CONTENTS[way];
  return framed && frame?.image === undefined ? 0 : pairs;
}

const KINDS = ["from", "way", "on", "signal"];
const MEMBERS = new Map<string, keyof Content>([
  ["code", "block"],
  ["registers", "block"],
  ["pairs", "pairs"],
  ["words", "words"],
  ["length", "length"],
  ["frame", "frame"],
]);

/**
 * Refuses unknown and inapplicable members. Otherwise a misspelt member would silently have its default.
 *
 * @throws InputError that names the member.
 */
function expectKnown(read: Members, way: Way, document: object, place: string): void {
  const own = place === "" ? ["schema", "arch", "before"] : [];
  const names = [...own, ...KINDS, ...MEMBERS.keys()];
  const what = place === "" ? "a case" : `${place}: a step`;
  for (const [name, value] of Object.entries(document)) {
    const content = MEMBERS.get(name);
    if (!names.includes(name)) {
      throw new InputError(`${what} has no ${show(name)}${didYouMean(name, names)}`, {
        remedy: `members: ${names.join(", ")}`,
      });
    }
    if (content === undefined || content in CONTENTS[way]) continue;
    if (value === null || (typeof value === "object" && Object.keys(value).length === 0)) continue;
    read(name, refused(`${way} takes none`));
  }
}

/*
 * A case is one register setup: what differs from the baseline, how it is written, and how the stub is resumed. As a
 * document "stublab.case/1" it is described in docs/fuzzing-cases.md.
 */

import { signalName } from "../../encoder/names.ts";
import { openEncoder } from "../../encoder/open.ts";
import { hex, InputError } from "../../errors.ts";
import { nearest } from "../../nearest.ts";
import {
  count,
  hexWord,
  list,
  members,
  nullable,
  oneOf,
  type Shape,
  show,
  table,
  text,
  word,
} from "../../shape.ts";
import { BASELINE } from "./baseline.ts";
import {
  expectKnown,
  HAS_BLOCK,
  HAS_LENGTH,
  HAS_PAIRS,
  mostPairs,
  PLAIN_LENGTHS,
  WORDS,
} from "./case_members.ts";
import { CODES, isHandled } from "./code.ts";
import { CONSTANTS } from "./records.ts";
import {
  FROMS,
  type From,
  indexOf,
  ONS,
  type On,
  REGISTERS,
  SETUP,
  SETUP_SIZE,
  type SetupViews,
  setupAt,
  WANT_FRAME,
  WANT_INFO,
  WANT_WRITTEN,
  WAYS,
  type Way,
} from "./setups.ts";
import {
  type FrameDocument,
  formatFrame,
  frameOfFlags,
  frameShape,
  PLAIN_FRAME,
  readFrame,
  type SignalFrame,
  writeFrame,
} from "./signal_frame.ts";

export const CASE_SCHEMA = "stublab.case/1";

/** The largest number of pairs in a setup. */
export const { MOST_PAIRS } = CONSTANTS;

/** A word, and the byte offset to write it to. */
export interface Pair {
  readonly offset: bigint;
  readonly word: bigint;
}

/** One setup. With the way SIGRETURN, `from` is "signal", `on` is "CONT", and there is no signal. */
export interface Case {
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

/** Refuses a value that is not a case. @throws InputError that names the member. */
export function expectCase(value: Case): void {
  const read = members(value, "case");
  read("from", oneOf(FROMS));
  const way = read("way", oneOf(WAYS));
  read("on", oneOf(ONS));
  read("signal", count(MOST));
  const [block, words] = [HAS_BLOCK.has(way) ? REGISTERS.length : 0, WORDS[way] ?? 0];
  expectLength("case.block", read("block", list(word, block)), block);
  expectLength("case.words", read("words", list(word, words)), words);
  read("length", count(MOST));
  const frame = way === "SIGRETURN" ? read("frame", frameOfFlags) : undefined;
  read("pairs", list(pairOfWords, mostPairs(way, frame)));
}

function expectLength(place: string, { length }: readonly unknown[], expected: number): void {
  if (length === expected) return;
  throw new InputError(`${place}: expected ${expected} words, got ${length}`);
}

const pairOfWords: Shape<Pair> = (value, place) => {
  const read = members(value, place);
  return { offset: read("offset", word), word: read("word", word) };
};

/** The index of the first word of setup `i` in `setupWords`, and that of its first pair. */
const wordsAt = (i: number): number => (i * SETUP_SIZE + 4 * SETUP.words) / 8;
const pairsAt = (i: number, way: Way): number =>
  way === "SIGRETURN" ? (i * SETUP_SIZE + 4 * SETUP.damage) / 8 : wordsAt(i);

/** Writes a case as setup `i`. */
export function writeSetup(
  it: Case,
  { setups, setupWords, setupBytes }: SetupViews,
  i: number,
): void {
  setupBytes.fill(0, i * SETUP_SIZE, (i + 1) * SETUP_SIZE);
  const at = setupAt(i);
  const wants = WANT_WRITTEN | WANT_INFO | (isHandled(it.signal) ? WANT_FRAME : 0);
  const kinds = [FROMS.indexOf(it.from), WAYS.indexOf(it.way), ONS.indexOf(it.on), wants];
  setups[at + SETUP.kinds] = kinds.reduce((word, kind, byte) => word | (kind << (8 * byte)), 0);
  setups[at + SETUP.length] = it.length;
  setups[at + SETUP.count] = it.pairs.length;
  setups[at + SETUP.signal] = it.signal;
  writeFrame(it.frame ?? PLAIN_FRAME, { setups, setupWords }, i);
  setupWords.set([...it.block, ...it.words], wordsAt(i));
  const pairs = it.pairs.flatMap(({ offset, word }) => [offset, word]);
  setupWords.set(pairs, pairsAt(i, it.way));
}

/** The records of cases side by side, `SETUP_SIZE` bytes each. */
export function recordsOf(cases: readonly Case[]): Uint8Array {
  const buffer = new ArrayBuffer(cases.length * SETUP_SIZE);
  const views = {
    setups: new Uint32Array(buffer),
    setupWords: new BigUint64Array(buffer),
    setupBytes: new Uint8Array(buffer),
  };
  for (const [i, it] of cases.entries()) writeSetup(it, views, i);
  return views.setupBytes;
}

/** Reads setup `i` as a case. */
export function readSetup({ setups, setupWords }: Omit<SetupViews, "setupBytes">, i: number): Case {
  const at = setupAt(i);
  const kinds = setups[at + SETUP.kinds] ?? 0;
  const way = WAYS[(kinds >>> 8) & 0xff] ?? "SETREGS";
  const words = [...setupWords.subarray(wordsAt(i), wordsAt(i) + REGISTERS.length)];
  const length = HAS_LENGTH.has(way) ? (setups[at + SETUP.length] ?? 0) : 0;
  const frame = way === "SIGRETURN" ? readFrame({ setups, setupWords }, i) : undefined;
  const given = Math.min(setups[at + SETUP.count] ?? 0, mostPairs(way, frame));
  const pairs = Array.from({ length: given }, (_, k) => ({
    offset: setupWords[pairsAt(i, way) + 2 * k] ?? 0n,
    word: setupWords[pairsAt(i, way) + 2 * k + 1] ?? 0n,
  }));
  return {
    from: FROMS[kinds & 0xff] ?? "signal",
    way,
    on: ONS[(kinds >>> 16) & 0xff] ?? "NONE",
    signal: setups[at + SETUP.signal] ?? 0,
    block: HAS_BLOCK.has(way) ? words : [],
    pairs,
    words: words.slice(0, WORDS[way] ?? 0),
    length,
    ...(frame !== undefined && { frame }),
  };
}

/** A case as a document "stublab.case/1" (docs/fuzzing-cases.md). Registers with the baseline's words are left out. */
export interface CaseDocument {
  readonly schema: typeof CASE_SCHEMA;
  readonly from: From;
  readonly way: Way;
  readonly on: On;
  /** "SIGUSR1", an invalid number, or null for none. */
  readonly signal: string | number | null;
  /** The piece of code that RIP is set to; null if `registers` has RIP. */
  readonly code?: string | null;
  readonly registers?: Readonly<Record<string, string>>;
  readonly pairs?: readonly { readonly offset: string; readonly word: string }[];
  readonly words?: readonly string[];
  readonly length?: number;
  readonly frame?: FrameDocument;
}

/**
 * A case as a document.
 *
 * @param constants the names of signals
 */
export function formatCase(it: Case, constants = constantsOf()): CaseDocument {
  expectCase(it);
  const { from, way, on, signal } = it;
  const known = signal > 0 && signal <= 64;
  const told = signal === 0 ? null : known ? signalName(signal, constants) : signal;
  return {
    schema: CASE_SCHEMA,
    from,
    way,
    on,
    signal: typeof told === "string" && told.includes(" ") ? signal : told,
    ...(HAS_BLOCK.has(way) && formatBlock(it.block)),
    ...((HAS_PAIRS.has(way) || it.pairs.length > 0) && {
      pairs: it.pairs.map(({ offset, word }) => ({ offset: hex(offset), word: hex(word) })),
    }),
    ...(it.words.length > 0 && { words: it.words.map(hex) }),
    ...(HAS_LENGTH.has(way) && { length: it.length }),
    ...(it.frame !== undefined && { frame: formatFrame(it.frame) }),
  };
}

function formatBlock(block: readonly bigint[]): Pick<CaseDocument, "code" | "registers"> {
  const rip = block[RIP] ?? 0n;
  const code = CODES.find(({ address }) => address === rip)?.name ?? null;
  const changed = REGISTERS.map((name, i) => [name, block[i] ?? 0n, i] as const).filter(
    ([, word, i]) => word !== BASELINE[i] && (i !== RIP || code === null),
  );
  return { code, registers: Object.fromEntries(changed.map(([name, word]) => [name, hex(word)])) };
}

const RIP = indexOf("rip");
const MOST = 2 ** 32 - 1;

/** The constants of stublab's own encoder. */
function constantsOf(): ReadonlyMap<string, bigint> {
  return openEncoder("assembly").constants;
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
export function parseCase(document: unknown, constants = constantsOf()): Case {
  const read = members(document, "");
  read("schema", oneOf([CASE_SCHEMA]));
  const from = read("from", orElse(oneOf(FROMS), "signal"));
  const way = read("way", orElse(oneOf(WAYS), "SETREGS"));
  const on = read("on", orElse(oneOf(ONS), "CONT"));
  const signal = read("signal", orElse(signalShape(constants), 0));
  expectKnown(way, table(anything, MOST)(document, ""));
  if (way === "SIGRETURN") expectReturn(from, on, signal);
  const code = read("code", orElse(nullable(text), null));
  const registers = read("registers", orElse(table(hexWord, REGISTERS.length), {}));
  const words = read("words", orElse(list(hexWord, WORDS[way] ?? 0), []));
  const frame = way === "SIGRETURN" ? read("frame", orElse(frameShape, PLAIN_FRAME)) : undefined;
  return {
    from,
    way,
    on,
    signal,
    block: HAS_BLOCK.has(way) ? blockOf(code, registers) : [],
    pairs: read("pairs", orElse(list(pair, mostPairs(way, frame)), [])),
    words: Array.from({ length: WORDS[way] ?? 0 }, (_, i) => BigInt(words[i] ?? 0)),
    length: HAS_LENGTH.has(way) ? read("length", orElse(count(MOST), PLAIN_LENGTHS[way])) : 0,
    ...(frame !== undefined && { frame }),
  };
}

const anything: Shape<unknown> = (value) => value;

/** A shape of a member that may be omitted if there is a default. */
function orElse<T>(shape: Shape<T>, otherwise: T | undefined): Shape<T> {
  return (value, place) =>
    value === undefined && otherwise !== undefined ? otherwise : shape(value, place);
}

/** A stub that returns from a signal handler starts there, and resumes by itself. */
function expectReturn(from: From, on: On, signal: number): void {
  const wrong = [
    [from !== "signal", "from"],
    [on !== "CONT", "on"],
    [signal !== 0, "signal"],
  ].find(([given]) => given);
  if (wrong !== undefined) {
    throw new InputError(`${wrong[1]}: SIGRETURN is from "signal", on "CONT", without a signal`);
  }
}

const pair: Shape<Pair> = (value, place) => {
  const read = members(value, place);
  return { offset: BigInt(read("offset", hexWord)), word: BigInt(read("word", hexWord)) };
};

/** A signal by name or number; null means no signal. Invalid numbers are allowed: the kernel must refuse them. */
function signalShape(constants: ReadonlyMap<string, bigint>): Shape<number> {
  return (value, place) => {
    if (value === null) return 0;
    if (typeof value === "number") return count(MOST)(value, place);
    const name = text(value, place);
    const signal = /^SIG[A-Z0-9]+$/.test(name) ? constants.get(name) : undefined;
    if (signal !== undefined) return Number(signal);
    throw new InputError(`${place}: unknown signal ${show(name)}`);
  };
}

function blockOf(code: string | null, registers: Readonly<Record<string, string>>): bigint[] {
  const block = [...BASELINE];
  if (code !== null) {
    const place = CODES.find(({ name }) => name === code);
    if (place === undefined) {
      throw new InputError(`code: unknown code ${show(code)}`, {
        remedy: `codes: ${CODES.map(({ name }) => name).join(", ")}`,
      });
    }
    block[RIP] = place.address;
  }
  for (const [name, word] of Object.entries(registers)) {
    const index = REGISTERS.indexOf(name);
    if (index < 0) {
      const near = nearest(name, REGISTERS);
      const hint = near === undefined ? "" : `; did you mean ${near}?`;
      throw new InputError(`registers: unknown register ${show(name)}${hint}`);
    }
    block[index] = BigInt(word);
  }
  return block;
}

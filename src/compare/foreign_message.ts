import { FUNCTION_NAMES, type FunctionName } from "../encoder/abi.ts";
import { LONGEST_TOLD } from "../encoder/answer.ts";
import { ARCHES, type Arch } from "../encoder/arch.ts";
import { isFields } from "../foreign/channel.ts";
import { cut, visible } from "../visible.ts";
import type { BreakKind } from "./record.ts";

/*
 * What a process of foreign code and its parent share: a channel for messages, and a file in memory.
 *
 *     0 +----------------+ 4096 +--------------------------------+
 *       | record no., i32|      | the records of a batch         |
 *       +----------------+      +--------------------------------+
 *
 * The child maps it and notes the current record there, which its parent reads if the child hangs or has died. The
 * parent reads and writes it as a file, so that no child can crash it by truncating it.
 */

/** Its descriptor in the child. */
export const SHARED_FILE = 4;
/** Where records begin, and how many bytes they may have. */
export const RECORDS = 4096;
export const RECORDS_SIZE = 1 << 20;
export const SHARED_SIZE = RECORDS + RECORDS_SIZE;

/** The parent's requests. Each gets one reply. */
export type Request =
  | { readonly kind: "load"; readonly file: string; readonly name: string }
  | {
      readonly kind: "run";
      readonly name: FunctionName;
      /** What the layout of the records is made of. */
      readonly blockSize: number;
      readonly extra: readonly string[];
      readonly count: number;
    }
  | { readonly kind: "crossing" };

/** A request as it is sent; its reply has the same number. */
export type Numbered<T> = T & { readonly id: number };

export interface Loaded {
  readonly kind: "loaded";
  readonly arch: Arch;
  readonly functions: readonly FunctionName[];
  /** Names of other functions that it exports. */
  readonly others: readonly string[];
  /** Names, and words in decimal. */
  readonly constants: readonly (readonly [string, string])[];
}

export interface Broke {
  readonly kind: "broke";
  readonly how: BreakKind;
  readonly index: number;
  readonly message: string;
}

export interface Ran {
  readonly kind: "ran";
  readonly milliseconds: number;
}

export interface Crossed {
  readonly kind: "crossed";
  readonly nanoseconds: number | null;
}

/** The child's replies. */
export type Reply = Loaded | Ran | Crossed | Broke;

/** The reply to each request, if the encoder does not break. */
export interface Replies {
  readonly load: Loaded;
  readonly run: Ran;
  readonly crossing: Crossed;
}

/** Not a reply: an uncaught exception ends the child. */
export interface LastWords {
  readonly kind: "dying";
  readonly message: string;
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * The reply to a request, which the child's foreign code may have written as well.
 *
 * @param kind that of the request
 * @param most the most milliseconds that it can have taken
 * @returns undefined for anything except a reply to it
 */
export function parseReply<K extends Request["kind"]>(
  message: unknown,
  kind: K,
  request: Numbered<Request>,
  most: number,
): Replies[K] | Broke | undefined {
  if (!isFields(message) || message.id !== request.id) return undefined;
  if (message.kind === "broke") {
    return parseBroke(message, request.kind === "run" ? request.count : 1);
  }
  return PARSERS[kind](message, most);
}

const PARSERS: {
  readonly [K in Request["kind"]]: (message: Fields, most: number) => Replies[K] | undefined;
} = { load: parseLoaded, run: parseRan, crossing: parseCrossed };

export function parseLastWords(message: unknown): LastWords | undefined {
  if (!isFields(message) || message.kind !== "dying") return undefined;
  const { message: text } = message;
  return typeof text === "string" ? { kind: "dying", message: legible(text) } : undefined;
}

/** A text of the child's as it may be printed. */
function legible(text: string): string {
  return visible(cut(text, 2 * LONGEST_TOLD).text);
}

/** A word in decimal, and names that constants have. */
const WORD = /^-?\d{1,20}$/;
const NAME = /^\w{1,100}$/;
const MOST_OTHERS = 1000;

function parseLoaded({ kind, arch, functions, others, constants }: Fields): Loaded | undefined {
  if (kind !== "loaded") return undefined;
  const known = ARCHES.find((each) => each === arch);
  if (known === undefined || !Array.isArray(functions) || !Array.isArray(constants)) {
    return undefined;
  }
  const words: (readonly [string, string])[] = [];
  for (const each of constants) {
    const [name, word]: unknown[] = Array.isArray(each) ? each : [];
    if (typeof name !== "string" || typeof word !== "string") return undefined;
    if (!NAME.test(name) || !WORD.test(word)) return undefined;
    words.push([name, word]);
  }
  const own = FUNCTION_NAMES.filter((name) => functions.includes(name));
  const names: unknown[] = Array.isArray(others) ? others.slice(0, MOST_OTHERS) : [];
  const legal = names.filter((name) => typeof name === "string" && NAME.test(name)).map(String);
  return { kind: "loaded", arch: known, functions: own, others: legal, constants: words };
}

function parseRan({ kind, milliseconds }: Fields, most: number): Ran | undefined {
  if (kind !== "ran" || !isAmount(milliseconds)) return undefined;
  return { kind: "ran", milliseconds: Math.min(milliseconds, most) };
}

function parseCrossed({ kind, nanoseconds }: Fields, most: number): Crossed | undefined {
  if (kind !== "crossed") return undefined;
  if (nanoseconds === null) return { kind, nanoseconds };
  if (!isAmount(nanoseconds)) return undefined;
  return { kind: "crossed", nanoseconds: Math.min(nanoseconds, most * 1e6) };
}

function isAmount(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && value >= 0;
}

const KINDS: readonly BreakKind[] = ["trap", "answer", "memory", "refused"];

function parseBroke({ how, index, message }: Fields, count: number): Broke | undefined {
  const kind = KINDS.find((each) => each === how);
  if (kind === undefined || typeof message !== "string") return undefined;
  if (typeof index !== "number" || !Number.isInteger(index)) return undefined;
  if (index < 0 || index >= count) return undefined;
  return { kind: "broke", how: kind, index, message: legible(message) };
}

import { FUNCTION_NAMES, type FunctionName } from "../../core/encoder/abi.ts";
import { ARCHES } from "../../core/machine/index.ts";
import { InputError } from "../../lib/errors.ts";
import { count, list, oneOf, record, type Shape, type Shaped, text } from "../../lib/shape.ts";
import { cut, LONGEST_TOLD, visible } from "../../lib/visible.ts";
import { isFields } from "../../sandbox/channel.ts";
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
export const RECORDS_SIZE = 2 << 20;
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
    };

/** A request as it is sent; its reply has the same number. */
export type Numbered<T> = T & { readonly id: number };

/** A text of the child's as it may be printed. */
const legible: Shape<string> = (value, place) =>
  visible(cut(text(value, place), 2 * LONGEST_TOLD).text);

const MOST = Number.MAX_SAFE_INTEGER;
const texts = list(text, MOST);
const NAME = /^\w{1,100}$/;
const MOST_OTHERS = 1000;

const functions: Shape<FunctionName[]> = (value, place) => {
  const names = new Set(texts(value, place));
  return FUNCTION_NAMES.filter((name) => names.has(name));
};
const others: Shape<readonly string[]> = (value, place) =>
  texts(value, place)
    .slice(0, MOST_OTHERS)
    .filter((name) => NAME.test(name));
/** The name of a constant, and its word in decimal. */
const constant: Shape<[string, string]> = (value, place) => {
  const [name = "", word = ""] = texts(value, place);
  if (NAME.test(name) && /^-?\d{1,20}$/.test(word)) return [name, word];
  throw new InputError(`${place}: expected a name and a word`);
};

const loaded = record({
  kind: oneOf(["loaded"]),
  arch: oneOf(ARCHES),
  functions,
  /** Names of other functions that it exports. */
  others,
  constants: list(constant, MOST),
});
const ran = record({ kind: oneOf(["ran"]) });
/** Its parent finds out by itself whether the child loops or has crashed. */
const how: Shape<BreakKind> = oneOf(["trap", "answer", "memory", "refused"]);
const broke = record({
  kind: oneOf(["broke"]),
  how,
  index: count(MOST),
  message: legible,
});
const dying = record({ kind: oneOf(["dying"]), message: legible });

/** The reply to each request, if the encoder does not break. */
export interface Replies {
  readonly load: Shaped<typeof loaded>;
  readonly run: Shaped<typeof ran>;
}

const REPLIES: { readonly [K in keyof Replies]: Shape<Replies[K]> } = {
  load: loaded,
  run: ran,
};

export type Broke = Shaped<typeof broke>;

/** The child's replies. */
export type Reply = Replies[keyof Replies] | Broke;

/**
 * The reply to a request, which the child's foreign code may have written as well.
 *
 * @param kind that of the request
 * @returns undefined for anything except a reply to it
 */
export function parseReply<K extends keyof Replies>(
  message: unknown,
  kind: K,
  request: Numbered<Request>,
): Replies[K] | Broke | undefined {
  if (!isFields(message) || message.id !== request.id) return undefined;
  if (message.kind !== "broke") return parse<Replies[K]>(REPLIES[kind], message);
  const reply = parse(broke, message);
  const records = request.kind === "run" ? request.count : 1;
  return reply !== undefined && reply.index < records ? reply : undefined;
}

/** Not a reply: an uncaught exception ends the child. */
export type LastWords = Shaped<typeof dying>;

export function parseLastWords(message: unknown): LastWords | undefined {
  return parse(dying, message);
}

function parse<T>(shape: Shape<T>, message: unknown): T | undefined {
  try {
    return shape(message, "");
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
}

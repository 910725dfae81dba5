import { ARCHES, type Arch, type FunctionName } from "../encoder/abi.ts";
import type { BreakKind } from "./record.ts";

/*
 * What a process of foreign code and its parent share: a channel for messages, and a file in memory.
 *
 *     0 +----------------+ 4096 +--------------------------------+
 *       | record no., i32|      | the records of a batch         |
 *       +----------------+      +--------------------------------+
 *
 * The child maps it, and so leaves a note of the record under way that its parent finds when the child hangs or
 * is dead; the parent reads and writes it as a file, which no child can make it crash with.
 */

/** Its descriptor in the child. */
export const SHARED_FILE = 3;
/** Where records begin, and how many bytes they may have. */
export const RECORDS = 4096;
export const RECORDS_SIZE = 1 << 20;
export const SHARED_SIZE = RECORDS + RECORDS_SIZE;

/** What the parent asks for. Each gets one reply. */
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

export interface Loaded {
  readonly kind: "loaded";
  readonly arch: Arch;
  readonly functions: readonly string[];
  /** Names, and words in decimal. */
  readonly constants: readonly (readonly [string, string])[];
}

/** What the child answers; "ready" comes unasked when it has started. */
export type Reply =
  | Loaded
  | { readonly kind: "ready" }
  | { readonly kind: "ran"; readonly milliseconds: number }
  | { readonly kind: "crossed"; readonly nanoseconds: number | null }
  | {
      readonly kind: "broke";
      readonly how: BreakKind;
      readonly index: number;
      readonly message: string;
    }
  /** No reply: an exception that nobody caught ends the child. */
  | { readonly kind: "dying"; readonly message: string };

type Fields = Readonly<Record<string, unknown>>;

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null;
}

/** A message from the child; undefined where it makes no sense: foreign code can write there, too. */
export function parseReply(message: unknown): Reply | undefined {
  if (!isFields(message)) return undefined;
  const { kind, milliseconds, nanoseconds, message: text } = message;
  switch (kind) {
    case "ready":
      return { kind };
    case "loaded":
      return parseLoaded(message);
    case "ran":
      return typeof milliseconds === "number" ? { kind, milliseconds } : undefined;
    case "crossed":
      return { kind, nanoseconds: typeof nanoseconds === "number" ? nanoseconds : null };
    case "dying":
      return typeof text === "string" ? { kind, message: text } : undefined;
    case "broke":
      return parseBroke(message);
    default:
      return undefined;
  }
}

/** A word in decimal. */
const WORD = /^-?\d{1,20}$/;

function parseLoaded({ arch, functions, constants }: Fields): Loaded | undefined {
  const known = ARCHES.find((each) => each === arch);
  if (known === undefined || !Array.isArray(functions) || !Array.isArray(constants)) {
    return undefined;
  }
  const words: (readonly [string, string])[] = [];
  for (const each of constants) {
    const [name, word] = Array.isArray(each) ? each.map(String) : [];
    if (name === undefined || word === undefined || !WORD.test(word)) return undefined;
    words.push([name, word]);
  }
  return { kind: "loaded", arch: known, functions: functions.map(String), constants: words };
}

const KINDS: readonly BreakKind[] = ["trap", "answer", "memory", "loop", "crash", "refused"];

function parseBroke({ how, index, message }: Fields): Reply | undefined {
  const kind = KINDS.find((each) => each === how);
  if (kind === undefined || typeof index !== "number" || typeof message !== "string") {
    return undefined;
  }
  return { kind: "broke", how: kind, index, message };
}

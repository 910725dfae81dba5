import { performance } from "node:perf_hooks";
import { FUNCTIONS, type FunctionName, type Parameter, type Signature } from "../encoder/abi.ts";
import type { PartialEncoder } from "../encoder/encoder.ts";

/*
 * A record is one case with its answer: what a function is given and what it makes of it, in words of 64 bits
 * that lie in the encoder's own memory.
 *
 *     +-- parameters --+-- G --+-- memory --+-- G --+-- memory --+-- G --+-- result --+-- extra --+
 *
 * A number of 32 bits takes a word of its own. For each block or area there is memory, and a guard word (G)
 * before and behind it that no encoder may touch. Whoever compares two records byte by byte compares all that
 * the function did.
 */

/** What a stretch of a record is. */
export interface Field {
  readonly name: string;
  readonly kind: "i32" | "i64" | "block" | "area" | "guard" | "result" | "extra";
  /** The index of its first word, and how many it has. */
  readonly at: number;
  readonly words: number;
}

/** Bytes of a word. */
const WORD = 8;

/** The layout of a function's records. */
export class RecordLayout {
  readonly name: FunctionName;
  readonly signature: Signature;
  readonly fields: readonly Field[];
  /** Words of a record. */
  readonly words: number;
  /** The result's word. */
  readonly result: number;
  /** The words that make the input: all but the result and what is computed from it. */
  readonly inputs: readonly number[];
  readonly #places: ReadonlyMap<string, Field>;

  /**
   * @param blockSize bytes of a register block
   * @param extra what the answer's meaning depends on, or says, beyond the function's own parameters
   */
  constructor(name: FunctionName, blockSize: number, extra: readonly string[] = []) {
    this.name = name;
    this.signature = FUNCTIONS[name];
    const { parameters } = this.signature;
    const fields: Field[] = [];
    let at = 0;
    const add = (field: string, kind: Field["kind"], words = 1) => {
      fields.push({ name: field, kind, at, words });
      at += words;
    };
    for (const { kind, name: parameter } of parameters) {
      if (kind === "i32" || kind === "i64") add(parameter, kind);
    }
    const memories = parameters.filter(({ kind }) => kind === "block" || kind === "area");
    for (const memory of memories) {
      add("guard", "guard");
      add(memory.name, memory.kind, sizeOf(memory, blockSize) / WORD);
    }
    if (memories.length > 0) add("guard", "guard");
    this.result = at;
    add(name, "result");
    for (const each of extra) add(each, "extra");
    this.fields = fields;
    this.words = at;
    this.#places = new Map(fields.map((field) => [field.name, field]));
    this.inputs = fields
      .filter(({ kind, name: field }) => kind !== "result" && field !== ANSWER)
      .flatMap((field) => Array.from({ length: field.words }, (_, i) => field.at + i));
  }

  /** A field by its name; the last guard of the record under "guard". */
  field(name: string): Field {
    const field = this.#places.get(name);
    if (field === undefined) throw new RangeError(`${this.name} has no field ${name}`);
    return field;
  }

  /** The field that a word belongs to. */
  fieldOf(word: number): Field {
    const field = this.fields.find(({ at, words }) => word >= at && word < at + words);
    if (field === undefined) throw new RangeError(`a record of ${this.name} has no word ${word}`);
    return field;
  }
}

/** The name of the extra field that holds what an answer means. */
export const ANSWER = "action";

function sizeOf(parameter: Parameter, blockSize: number): number {
  return parameter.kind === "area" ? parameter.size : blockSize;
}

/** How an encoder failed to answer. */
export type BreakKind = "trap" | "answer" | "memory" | "loop" | "crash" | "refused";

/** Something that an encoder did which is no answer. */
export class BrokenEncoder extends Error {
  readonly kind: BreakKind;
  /** The record in which it happened. */
  readonly index: number;

  constructor(kind: BreakKind, index: number, message: string, cause?: unknown) {
    super(message, { cause });
    this.kind = kind;
    this.index = index;
  }
}

/** Calls one function of an encoder for records in the encoder's memory. */
export class Runner {
  /** How many records fit into the encoder's memory at once. */
  readonly capacity: number;
  readonly #encoder: PartialEncoder;
  readonly #layout: RecordLayout;
  readonly #base: number;
  readonly #bytes: Uint8Array;

  constructor(encoder: PartialEncoder, layout: RecordLayout) {
    this.#encoder = encoder;
    this.#layout = layout;
    this.#base = Math.ceil(encoder.heap / WORD) * WORD;
    this.#bytes = new Uint8Array(encoder.buffer);
    this.capacity = Math.floor((this.#bytes.length - this.#base) / (WORD * layout.words));
  }

  /**
   * Writes the answers into the records; answers how many milliseconds the calls took.
   *
   * @param records at most as many as fit, as bytes
   * @param started hears the index of each record before its call
   * @throws BrokenEncoder where a call throws or answers with something else than a number of its kind
   */
  run(records: Uint8Array, started?: (index: number) => void): number {
    this.#bytes.set(records, this.#base);
    const before = performance.now();
    this.#call(records.length / (WORD * this.#layout.words), started);
    const took = performance.now() - before;
    const { byteLength } = this.#encoder.buffer;
    if (byteLength === 0) throw new BrokenEncoder("memory", 0, "its memory has moved");
    records.set(this.#bytes.subarray(this.#base, this.#base + records.length));
    return took;
  }

  #call(count: number, started?: (index: number) => void): void {
    const { words: size, name, result: resultAt, signature } = this.#layout;
    const method: unknown = this.#encoder[name];
    if (!isCallable(method)) throw new RangeError(`encoder ${this.#encoder.name} has no ${name}`);
    const call = method.bind(this.#encoder);
    const base = this.#base;
    const words = new BigUint64Array(this.#encoder.buffer, base, count * size);
    const halves = new Int32Array(this.#encoder.buffer, base, 2 * count * size);
    const places = signature.parameters.map((parameter) => this.#layout.field(parameter.name));
    const args: (number | bigint)[] = places.map(() => 0);
    const isWord = signature.result === "word" || signature.result === "i64";
    for (let index = 0; index < count; index++) {
      const start = index * size;
      for (let i = 0; i < places.length; i++) {
        const { kind, at } = places[i] ?? this.#layout.field(name);
        const word = start + at;
        if (kind === "i64") args[i] = words[word] ?? 0n;
        else if (kind === "i32") args[i] = halves[2 * word] ?? 0;
        else args[i] = base + WORD * word;
      }
      started?.(index);
      const answer = attempt(call, args, index);
      const at = start + resultAt;
      if (signature.result === "none") words[at] = 0n;
      else if (isWord) words[at] = expectBigInt(answer, index);
      else {
        halves[2 * at] = expectNumber(answer, index);
        halves[2 * at + 1] = 0;
      }
    }
  }
}

type Callable = (...args: (number | bigint)[]) => unknown;

function isCallable(value: unknown): value is Callable {
  return typeof value === "function";
}

function attempt(call: Callable, args: (number | bigint)[], index: number): unknown {
  try {
    return call(...args);
  } catch (cause) {
    const message = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
    throw new BrokenEncoder("trap", index, message, cause);
  }
}

function expectBigInt(answer: unknown, index: number): bigint {
  if (typeof answer === "bigint") return answer;
  throw new BrokenEncoder("answer", index, `answered ${String(answer)}, expected a BigInt`);
}

function expectNumber(answer: unknown, index: number): number {
  if (typeof answer === "number" && Number.isInteger(answer)) return answer;
  throw new BrokenEncoder("answer", index, `answered ${String(answer)}, expected a whole Number`);
}

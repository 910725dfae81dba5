import {
  type Callable,
  FUNCTIONS,
  type FunctionName,
  isCallable,
  type PartialEncoder,
  type Signature,
} from "../../core/encoder/abi.ts";
import { describeMisfit, describeThrown, isInt32 } from "./answer.ts";
import { prototypeOf } from "./encoders/prototype.ts";

/*
 * A record is one case with its answer: the arguments of a function and its result, in words of 64 bits
 * that lie in the encoder's own memory.
 *
 *     +-- parameters --+-- G --+-- memory --+-- G --+-- memory --+-- G --+-- result --+-- extra --+
 *
 * A number of 32 bits takes a word of its own. For each block or area there is memory, and a guard word (G)
 * before and after it that no encoder may write. Comparing two records byte by byte compares everything that
 * the function did.
 */

/** A part of a record. */
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
  /** The words of the input: all except the result and what is computed from it. */
  readonly inputs: readonly number[];
  readonly blockSize: number;
  readonly extra: readonly string[];
  readonly #places: ReadonlyMap<string, Field>;

  /**
   * @param blockSize bytes of a register block
   * @param extra what the answer's meaning depends on, or says, beyond the function's own parameters
   */
  constructor(name: FunctionName, blockSize: number, extra: readonly string[] = []) {
    this.name = name;
    this.signature = FUNCTIONS[name];
    this.blockSize = blockSize;
    this.extra = extra;
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
      add(memory.name, memory.kind, (memory.size ?? blockSize) / WORD);
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

/** How an encoder failed to answer. */
export type BreakKind = "trap" | "answer" | "memory" | "loop" | "crash" | "refused";

/** An encoder did not answer. */
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

/*
 * Where records are in an encoder's memory:
 *
 *     heap --+-- fence --+-- record 0 --+-- record 1 --+-- … --+-- fence --+-- the rest
 *
 * A write outside of the records of a batch, if not far from them, changes a fence.
 */

/** Bytes of a fence, and what they are. */
const FENCE = Buffer.alloc(512, 0xa5);

/** Calls one function of an encoder for records in the encoder's memory. */
export class Runner {
  readonly #encoder: PartialEncoder;
  readonly #layout: RecordLayout;
  readonly #bytes: Buffer;
  /** Where the first record lies in the encoder's memory. */
  readonly #base: number;

  constructor(encoder: PartialEncoder, layout: RecordLayout) {
    this.#encoder = encoder;
    this.#layout = layout;
    this.#bytes = Buffer.from(encoder.buffer);
    this.#base = Math.ceil(encoder.heap / WORD) * WORD + FENCE.length;
  }

  /**
   * Writes the answers into the records.
   *
   * @param started receives the index of each record before its call
   * @throws BrokenEncoder if a call throws, returns something other than a number of its kind, detaches the
   * memory, or writes to a fence.
   */
  run(records: Uint8Array, started?: (index: number) => void): void {
    const size = WORD * this.#layout.words;
    const room = this.#bytes.length - this.#base - FENCE.length;
    const most = Math.floor(room / size) * size;
    if (most <= 0) throw new BrokenEncoder("memory", 0, `has no room for a case of ${size} bytes`);
    for (let at = 0; at < records.length; at += most) {
      this.#runBatch(records.subarray(at, at + most), at / size, started);
    }
  }

  /** @param first the index of the first record */
  #runBatch(records: Uint8Array, first: number, started?: (index: number) => void): void {
    const count = records.length / (WORD * this.#layout.words);
    const [base, end] = [this.#base, this.#base + records.length];
    this.#bytes.set(FENCE, base - FENCE.length);
    this.#bytes.set(records, base);
    this.#bytes.set(FENCE, end);
    this.#call(count, first, started);
    if (FENCE.compare(this.#bytes, base - FENCE.length, base) !== 0) {
      throw new BrokenEncoder("memory", first, "wrote to memory before that which it was given");
    }
    if (FENCE.compare(this.#bytes, end, end + FENCE.length) !== 0) {
      const last = first + count - 1;
      throw new BrokenEncoder("memory", last, "wrote to memory beyond that which it was given");
    }
    records.set(this.#bytes.subarray(base, end));
  }

  #call(count: number, first: number, started?: (index: number) => void): void {
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
      const number = first + index;
      started?.(number);
      const answer = this.#attempt(call, args, number);
      // A view of memory that is gone has no length.
      if (words.length === 0) throw new BrokenEncoder("memory", number, "its memory grew or moved");
      const at = start + resultAt;
      if (signature.result === "none") words[at] = 0n;
      else if (isWord && typeof answer === "bigint") words[at] = answer;
      else if (!isWord && isInt32(answer)) {
        halves[2 * at] = answer;
        halves[2 * at + 1] = 0;
      } else throw new BrokenEncoder("answer", number, describeMisfit(answer, signature.result));
    }
  }

  #attempt(call: Callable, args: (number | bigint)[], index: number): unknown {
    try {
      return call(...args);
    } catch (cause) {
      const typed = cause instanceof TypeError && cause.message.includes("BigInt");
      const hint = typed ? `; it is called as ${prototypeOf(this.#layout.name)}` : "";
      throw new BrokenEncoder("trap", index, `${describeThrown(cause)}${hint}`, cause);
    }
  }
}

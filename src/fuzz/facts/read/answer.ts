/* Memory of the host that requests read from and write to, and what they have written to it. */

import { TraceError } from "../../../errors.ts";
import { viewMemory } from "../../../shim/library.ts";
import type { Shim } from "../../../shim/shim.ts";
import type { Value } from "../fact.ts";

/** Bytes for the largest answer: an XSAVE area. */
const SIZE = 32 << 10;
/** Where the answer begins; an iovec lies before it. */
const DATA = 64;
/** What lies there before a request: a byte that is the same after both was written. */
const FILLS = [0xa5, 0x5a] as const;

/** What a request returned: a number, or the name of an errno. */
export type Result = string | number;

/** A result, and what was written. A type, not an interface: checks read it as a record. */
export type Answer = {
  readonly result: Result;
  /** How many bytes it has written. */
  readonly written: number;
  readonly bytes: Uint8Array;
};

/** The memory of one thread of the host: mapped once, and kept. */
export class AnswerMemory {
  readonly #address: number;
  readonly #bytes: Uint8Array;

  private constructor(shim: Shim) {
    this.#address = shim.mapShared(SIZE);
    if (this.#address < 0)
      throw new TraceError("no memory for the answers of requests can be mapped");
    this.#bytes = new Uint8Array(viewMemory(this.#address, SIZE));
  }

  static #only: AnswerMemory | undefined;
  static of(shim: Shim): AnswerMemory {
    AnswerMemory.#only ??= new AnswerMemory(shim);
    return AnswerMemory.#only;
  }

  /** Makes a request that reads, twice: what it writes is the same, whatever lay there before. */
  read(request: (data: number) => Result): Answer {
    const [first, second] = FILLS.map((fill) => {
      this.#bytes.fill(fill);
      const result = request(this.#address + DATA);
      return { result, bytes: this.#bytes.slice(DATA) };
    });
    if (first === undefined || second === undefined) throw new RangeError("two fills");
    return {
      ...second,
      written: 1 + second.bytes.findLastIndex((byte, i) => byte === first.bytes[i]),
    };
  }

  /** The same with an iovec for an answer of `length` bytes; also returns the iovec's length. */
  readVector(length: bigint, request: (vector: number) => Result) {
    let left = 0;
    const answer = this.read((data) => {
      const it = this.vector(data, length, request);
      left = it.length;
      return it.result;
    });
    return { ...answer, length: left };
  }

  /** Makes a request that takes an iovec; also returns the iovec's length after it. */
  vector(base: number, length: bigint, request: (vector: number) => Result) {
    const vector = new BigUint64Array(this.#bytes.buffer, 0, 2);
    vector.set([BigInt(base), length]);
    const result = request(this.#address);
    return { result, length: Number(vector[1]) };
  }

  /** Copies bytes for a request that takes their address. */
  put(bytes: Uint8Array): number {
    this.#bytes.set(bytes, DATA);
    return this.#address + DATA;
  }

  /** The same for arguments beside an answer, at the place of the iovec. */
  putAside(bytes: Uint8Array): number {
    this.#bytes.set(bytes);
    return this.#address;
  }
}

/** The little-endian word at an offset. */
export function wordAt({ bytes }: Answer, offset: number): bigint {
  return new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(offset, true);
}

/** The same of an int. */
export function intAt({ bytes }: Answer, offset: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getInt32(offset, true);
}

/** Where the first `length` bytes of two answers differ. */
export function differsAt(some: Answer, others: Answer, length: number): string {
  const at = some.bytes.subarray(0, length).findIndex((byte, i) => byte !== others.bytes[i]);
  return at < 0 ? "nowhere" : `at byte ${at}`;
}

/** What is expected of a request that succeeds, and of one that fails and writes nothing. */
export const answers = (written: number, more: Readonly<Record<string, Value>> = {}) => {
  return { result: 0, written, ...more };
};
export const refused = (errno: string) => ({ result: errno, written: 0 });

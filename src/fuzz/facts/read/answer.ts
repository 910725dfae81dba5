/* Memory of the host that requests read from and write to, and what they have written to it. */

import { TraceError } from "../../../errors.ts";
import { viewMemory } from "../../../shim/library.ts";
import type { Shim } from "../../../shim/shim.ts";

/** Bytes for the largest answer: an XSAVE area. */
const SIZE = 32 << 10;
/** Where the answer begins; an iovec lies before it. */
const DATA = 64;
/** What lies there before a request: a byte that is the same after both was written. */
const FILLS = [0xa5, 0x5a] as const;

/** The result of a request, and what it has written. A type, not an interface: checks read it as a record. */
export type Answer = {
  /** A number, or the name of an errno. */
  readonly result: string | number;
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

  /** Makes a request that reads, twice: what it writes is the same both times, whatever lay there before. */
  read(request: (data: number) => string | number): Answer {
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

  /** The same of a request that takes an iovec for an answer of `length` bytes; also returns the iovec's length. */
  readVector(length: bigint, request: (vector: number) => string | number) {
    let left = 0n;
    const answer = this.read((data) => {
      const vector = this.#vector();
      vector.set([BigInt(data), length]);
      const result = request(this.#address);
      left = vector[1] ?? 0n;
      return result;
    });
    return { ...answer, length: Number(left) };
  }

  /** Makes a request that takes an iovec of bytes. */
  writeVector(bytes: Uint8Array, length: bigint, request: (vector: number) => string | number) {
    const data = this.put(bytes);
    const vector = this.#vector();
    vector.set([BigInt(data), length]);
    const result = request(this.#address);
    return { result, length: Number(vector[1]) };
  }

  /** Makes a request whose iovec is for an address where nothing is mapped. */
  badVector(base: number, length: bigint, request: (vector: number) => string | number) {
    const vector = this.#vector();
    vector.set([BigInt(base), length]);
    return { result: request(this.#address) };
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

  #vector(): BigUint64Array {
    return new BigUint64Array(this.#bytes.buffer, 0, 2);
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

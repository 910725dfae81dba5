/* Memory of the host that requests read from and write to, and what they have written to it. */

import { type Shim, viewMemory } from "../../../../core/shim/shim.ts";
import { TraceError } from "../../../../lib/errors.ts";
import type { Value } from "../fact.ts";

/** Bytes for the largest answer: an XSAVE area. */
const SIZE = 32 << 10;
/** Where the answer begins; an iovec or arguments lie before it. */
const DATA = 64;
/** What lies there before a request: a byte that is the same after both was written. */
const FILLS = [0xa5, 0x5a] as const;

/** What a request has written. */
export interface Answer {
  readonly bytes: Uint8Array;
  readonly written: number;
}

/** The memory of one thread of the host: mapped once, and kept. */
export class AnswerMemory {
  readonly aside: number;
  readonly #bytes: Uint8Array;

  private constructor(shim: Shim) {
    this.aside = shim.mapShared(SIZE);
    if (this.aside < 0) throw new TraceError("no memory for the answers of requests can be mapped");
    this.#bytes = new Uint8Array(viewMemory(this.aside, SIZE));
  }

  static #only: AnswerMemory | undefined;
  static of(shim: Shim): AnswerMemory {
    AnswerMemory.#only ??= new AnswerMemory(shim);
    return AnswerMemory.#only;
  }

  get answer(): number {
    return this.aside + DATA;
  }

  /** Makes a request that reads, twice: what it writes is the same, whatever lay there before. */
  read(request: () => void): Answer {
    const [first, second] = FILLS.map((fill) => {
      this.#bytes.fill(fill);
      request();
      return this.#bytes.slice(DATA);
    });
    if (first === undefined || second === undefined) throw new RangeError("two fills");
    return { bytes: second, written: 1 + second.findLastIndex((byte, i) => byte === first[i]) };
  }

  put(words: readonly bigint[]): void {
    new BigUint64Array(this.#bytes.buffer, DATA).set(words);
  }

  putAside(words: readonly bigint[]): void {
    new BigUint64Array(this.#bytes.buffer).set(words);
  }

  /** The length in an iovec. */
  get length(): number {
    return Number(new BigUint64Array(this.#bytes.buffer)[1]);
  }
}

/** Where the bytes of an answer differ from those of another. */
export function differsAt({ bytes, written }: Answer, others: Answer): string {
  const at = bytes.subarray(0, written).findIndex((byte, i) => byte !== others.bytes[i]);
  return at < 0 ? "nowhere" : `at byte ${at}`;
}

/** What is expected of a request that succeeds, and of one that fails and writes nothing. */
export const answers = (written: number, more: Readonly<Record<string, Value>> = {}) => {
  return { result: 0, written, ...more };
};
export const refused = (errno: string) => ({ result: errno, written: 0 });

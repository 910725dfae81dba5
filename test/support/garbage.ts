// Values that a JavaScript caller can pass anywhere, and what must come of it.

import * as assert from "uvu/assert";
import { StublabError } from "../../src/index.ts";

/** Bytes whose buffer was transferred. */
export const detached = new Uint8Array(8);
structuredClone(detached.buffer, { transfer: [detached.buffer] });

/** Values that a JavaScript caller can pass anywhere. */
const GARBAGE: Readonly<Record<string, unknown>> = {
  undefined: undefined,
  null: null,
  true: true,
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  "1.5": 1.5,
  "-1": -1,
  "2^53": 2 ** 53,
  "2n^70": 2n ** 70n,
  "-2n^64": -(2n ** 64n),
  "a word": "word",
  "a NUL": "\0",
  "a symbol": Symbol("symbol"),
  "an object": {},
  "a bare object": Object.create(null),
  "an object that does not convert": {
    toString() {
      throw new TypeError("no text");
    },
  },
  "a list": [],
  "a list of a list": [[]],
  "a function": () => {},
  "3 bytes": new Uint8Array(3),
  "3 words of 16 bits": new Uint16Array(3),
  "a buffer": new ArrayBuffer(8),
  "bytes that are gone": detached,
};

/** Fails unless a caller can distinguish the error from a bug of the library. */
function expectTyped(error: unknown, what: string): void {
  if (error instanceof StublabError) return;
  const seen = error instanceof Error ? error.stack : String(error);
  assert.unreachable(`${what}: ${seen}`);
}

/** Calls a function with each of the values: it must answer, or reject with a typed error. */
export async function expectTypedRejections(
  name: string,
  use: (it: never) => Promise<unknown>,
): Promise<void> {
  for (const [what, it] of Object.entries(GARBAGE)) {
    try {
      await Reflect.apply(use, undefined, [it]);
    } catch (error) {
      expectTyped(error, `${name} with ${what}`);
    }
  }
}

import { readFileSync } from "node:fs";
import { limitError } from "../../lib/errno.ts";

/** What the kernel tells each program (getauxval(3)): pairs of a type and a value. */
const PAIRS = new Map<bigint, bigint>();

const words = new BigUint64Array(auxiliaryVector().buffer);
for (let i = 0; i + 1 < words.length; i += 2) PAIRS.set(words[i] ?? 0n, words[i + 1] ?? 0n);

const AT_PAGESZ = 6n;

/** Bytes of a page. */
export const PAGE_SIZE = Number(auxiliaryValue(AT_PAGESZ) ?? 4096n);

/** The value of a type, an AT_* of <linux/auxvec.h>; undefined without /proc, or if the kernel has none. */
export function auxiliaryValue(type: bigint): bigint | undefined {
  return PAIRS.get(type);
}

function auxiliaryVector(): Uint8Array {
  try {
    return Uint8Array.from(readFileSync("/proc/self/auxv"));
  } catch (cause) {
    const limit = limitError("/proc/self/auxv cannot be read", cause);
    if (limit !== undefined) throw limit;
    return new Uint8Array();
  }
}

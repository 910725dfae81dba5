import { DEFINES } from "../shim/bindings.ts";
import { type SyscallArgument, wordOf } from "./syscall.ts";

/** Words of an entry, and the index of its result. */
export const WORDS = DEFINES.ENTRY_SIZE / 8;
const RESULT = DEFINES.ENTRY_RESULT / 8;

/** The most arguments of a system call. */
export const MOST_ARGUMENTS = 6;

/** The most entries of a turn. */
export const MOST_ENTRIES = 512;

/** The offset in a ring of the result of an entry. */
export function resultOffset(entry: number): number {
  return DEFINES.RING_ENTRIES + DEFINES.ENTRY_SIZE * entry + DEFINES.ENTRY_RESULT;
}

/** System calls in the layout of a ring (shim/core/ring.h), in the ring itself or in memory of their own. */
export class Entries {
  readonly words: BigUint64Array;
  // Most arguments are small numbers, which are written without a BigInt.
  readonly #halves: Int32Array;

  constructor(buffer: ArrayBuffer, offset: number, count: number) {
    this.words = new BigUint64Array(buffer, offset, count * WORDS);
    this.#halves = new Int32Array(buffer, offset, count * WORDS * 2);
  }

  /** Writes a call with its arguments; those omitted are 0. @throws InputError */
  write(entry: number, call: bigint, args: readonly SyscallArgument[]): void {
    // The number, and no flags.
    this.#halves[2 * entry * WORDS] = Number(call);
    this.#halves[2 * entry * WORDS + 1] = 0;
    for (let i = 0; i < MOST_ARGUMENTS; i++) this.writeArgument(entry, i, args);
  }

  /** Writes one of the arguments. */
  writeArgument(entry: number, index: number, args: readonly SyscallArgument[]): void {
    const at = entry * WORDS + 1 + index;
    const arg = index < args.length ? args[index] : 0;
    if (typeof arg === "number" && (arg | 0) === arg) {
      this.#halves[2 * at] = arg;
      this.#halves[2 * at + 1] = arg < 0 ? -1 : 0;
    } else {
      this.words[at] = wordOf(args, index);
    }
  }

  /** The word that a call left in the result register. */
  result(entry: number): bigint {
    return this.words[entry * WORDS + RESULT] ?? 0n;
  }

  setResult(entry: number, word: bigint): void {
    this.words[entry * WORDS + RESULT] = word;
  }
}

/* Pieces of code that cases execute, and what targets have between two cases, as each architecture describes them. */

import { rowsOf } from "../../../lib/rows.ts";
import { count, optional, record, text } from "../../../lib/shape.ts";
import { indexIn } from "./layout.ts";

/** Bytes from the start of one piece of code to the next. */
const SLOT = 64;

/** A piece of code that the program counter may be set to, followed by breakpoints. */
export interface Code {
  readonly name: string;
  /** Its assembly. */
  readonly text: string;
  readonly bytes: readonly number[];
  readonly address: bigint;
}

const pieceShape = record({
  ...{ name: text, text },
  /** In hexadecimal, as they are in memory. */
  bytes: text,
  /** In the page, if it has no slot. */
  offset: optional(count(0xffff)),
});

/**
 * Places pieces of code in a page at an address, one after the other.
 *
 * @param fill the name of a breakpoint: the rest of the page
 * @param lines a piece each, as JSON
 */
export function piecesAt(address: bigint, size: number, fill: string, lines: string) {
  const CODES = rowsOf(lines, pieceShape).map(({ name, text, bytes, offset }, i): Code => {
    const digits = bytes.match(/../g) ?? [];
    return {
      ...{ name, text, bytes: digits.map((byte) => Number.parseInt(byte, 16)) },
      address: address + BigInt(offset ?? SLOT * (i + 1)),
    };
  });
  const pieces = new Map(CODES.map((code) => [code.name, code]));
  return {
    /** The catalogue of code, in the order of addresses. */
    CODES,
    /** The address of a piece of code. @throws RangeError for an unknown name */
    placeOf(name: string): bigint {
      const found = pieces.get(name);
      if (found === undefined) throw new RangeError(`unknown code "${name}"`);
      return found.address;
    },
    codePage(): Uint8Array {
      const { bytes = [] } = pieces.get(fill) ?? {};
      const page = Uint8Array.from({ length: size }, (_, i) => bytes[i % bytes.length] ?? 0);
      for (const code of CODES) page.set(code.bytes, Number(code.address - address));
      return page;
    },
  };
}

/** A page of constants: the word at offset n is `first` + n. */
export function constantsFrom(first: bigint, size: number): Uint8Array {
  const words = BigUint64Array.from({ length: size / 8 }, (_, i) => first + BigInt(8 * i));
  return new Uint8Array(words.buffer);
}

/**
 * The registers that setups differ from, and that a stub has between two setups.
 *
 * @param counter the program counter
 * @param others the words of registers that are not 0
 */
export function baselineOf(
  registers: readonly string[],
  counter: string,
  placeOf: (code: string) => bigint,
  others: Readonly<Record<string, bigint>>,
) {
  const indexOf = indexIn(registers);
  const BASELINE: readonly bigint[] = registers.map((name) => others[name] ?? 0n);
  return {
    /** The baseline in the order of a block. */
    BASELINE,
    /** It with other words, modulo 2^64, in some registers; the program counter is at a piece of code, if given. */
    baselineWith(words: Readonly<Record<string, bigint>>, code?: string): bigint[] {
      const block = [...BASELINE];
      if (code !== undefined) block[indexOf(counter)] = placeOf(code);
      for (const [name, word] of Object.entries(words))
        block[indexOf(name)] = BigInt.asUintN(64, word);
      return block;
    },
  };
}

/** Signals that have a handler, the code `handler`, in every target: their names, and whether interrupted calls restart. */
export const HANDLED: ReadonlyMap<number, readonly [name: string, restarts: boolean]> = new Map([
  [10, ["SIGUSR1", false]],
  [12, ["SIGUSR2", true]],
]);

export const isHandled = (signal: number): boolean => HANDLED.has(signal);

/** Calls that are harmless with any arguments. All others fail with ENOSYS. */
export const HARMLESS = [
  "getpid",
  "gettid",
  "getppid",
  "getuid",
  "getgid",
  "geteuid",
  "getegid",
  "sched_yield",
  "restart_syscall",
] as const;

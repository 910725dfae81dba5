import { REGSET } from "../sources.ts";
import { answers, each, pairs, type Requests, refused, requestFacts } from "./bench.ts";
import { NOWHERE, type Note, type NoteName } from "./numbers.ts";
import { DIFFERS } from "./places.ts";
import { ASIDE, KEEP, regset, request, type Script, TID, type Word } from "./verbs.ts";

/** More bytes than any set has. */
const MOST = 16 << 10;
const BIG = [1n << 31n, 1n << 63n, (1n << 64n) - 8n];

/** How many bytes there are of so many that are asked for. */
export type Size = (length: Word) => Word;
export const cutTo =
  (size: number): Size =>
  (length) =>
    Math.min(Number(length), size);

/** A set of registers. */
interface RegisterSet {
  readonly source: string;
  /** The size of its words. */
  readonly word?: number;
  /** The lengths that are read, besides longer ones than the last. */
  readonly lengths: readonly number[];
  readonly size: Size;
  /** Lengths that are refused. */
  readonly parts: readonly number[];
  /** What the machine must have. */
  readonly needs?: readonly Script[];
}

/** What is common to the sets of registers. */
export function registerSet(
  note: NoteName,
  { source, word = 8, lengths, size, parts, needs = [] }: RegisterSet,
): Requests {
  const longer = [BigInt((lengths.at(-1) ?? 0) + 8), ...BIG];
  return {
    [`GETREGSET(${note}) writes as many words as the iovec has room for, and sets its length`]: [
      source,
      ...needs,
      [regset(note, MOST), KEEP],
      ...each("% bytes", [...lengths, ...longer], (length) => [
        regset(note, length),
        {
          ...{ result: 0, written: size(length), length: size(length) },
          "differs from the whole": "nowhere",
        },
      ]),
    ],
    [`GETREGSET(${note}) of a length that is not a multiple of ${word} is EINVAL, and writes nothing`]:
      [
        REGSET,
        ...needs,
        ...each("% bytes", parts, (length) => [
          regset(note, length),
          { ...refused("EINVAL"), length },
        ]),
      ],
  };
}

/** The multiples of a size up to the largest one. */
export const multiples = (unit: number, most: number) =>
  Array.from({ length: most / unit + 1 }, (_, i) => unit * i);

/** GETREGSET with an iovec for an address that is not mapped. */
const badVector = (length: bigint) => request("GETREGSET", 1, ASIDE, TID, NOWHERE, length);

/**
 * The facts of GETREGSET.
 *
 * @param unknown note types that the kernel does not have, or only for 32-bit programs
 * @param sets facts about the sets of registers of an architecture
 */
export const regsetFacts = (unknown: readonly Note[], sets: Requests) =>
  requestFacts(
    "GETREGSET",
    {
      ...sets,
      "GETREGSET of an unknown note type, or of one of 32-bit programs, is EINVAL": [
        "find_regset, kernel/ptrace.c",
        ...each("note %, % bytes", pairs(unknown, [0, 8, 48]), ([note, length]) => [
          regset(note, length),
          { ...refused("EINVAL"), length },
        ]),
      ],
      "GETREGSET cuts the note type to 32 bits": [
        REGSET,
        ["0x100000001", regset((1n << 32n) + 1n, 8), answers(8, { length: 8 })],
      ],
      "An iovec at, or for, an address that is not mapped is EFAULT": [
        REGSET,
        ["the iovec", request("GETREGSET", 1, NOWHERE), "EFAULT"],
        ["its memory", badVector(8n), "EFAULT"],
        ["no bytes", badVector(0n), 0],
        ["a refused length", badVector(4n), "EINVAL"],
      ],
    },
    { "differs from the whole": DIFFERS },
  );

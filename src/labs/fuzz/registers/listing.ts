/* The page of code of a target as instructions, the breakpoints between its pieces among them. */

import { HOST_ARCH } from "../../../core/machine/index.ts";
import { CODE, CODES, codePage, PART } from "../case/arch.ts";

export interface Instruction {
  readonly address: bigint;
  /** As they are in memory. */
  readonly bytes: readonly number[];
  readonly text: string;
  /** Whether it belongs to no piece of code. */
  readonly isFiller: boolean;
}

/** What fills the page. */
const [FILLER, FILLER_SIZE] = HOST_ARCH === "amd64" ? ["int3", 1] : ["brk #0", 4];

/** The instructions of the page in their order. */
const LISTING: readonly Instruction[] = list();

function list(): Instruction[] {
  const page = codePage();
  const all: Instruction[] = [];
  let at = 0;
  const add = (text: string, size: number, isFiller = false) => {
    const bytes = [...page.subarray(at, at + size)];
    all.push({ address: CODE + BigInt(at), bytes, text, isFiller });
    at += size;
  };
  for (const { address, bytes, text } of [...CODES].sort((a, b) => Number(a.address - b.address))) {
    // The last two of amd64 overlap.
    if (address < CODE + BigInt(at)) continue;
    while (CODE + BigInt(at) < address) add(FILLER, FILLER_SIZE, true);
    const [, repeated] = /^(\w+), \w+ times$/.exec(text) ?? [];
    const texts = text.split("; ");
    const size = repeated === undefined ? bytes.length / texts.length : FILLER_SIZE;
    for (let i = 0; i < bytes.length / size; i++) add(repeated ?? texts[i] ?? "", size);
  }
  while (at < PART) add(FILLER, FILLER_SIZE, true);
  return all;
}

/** Whether a word is the address of one of its bytes. */
export const isIn = (word: bigint, { address, bytes }: Instruction) =>
  word >= address && word < address + BigInt(bytes.length);

const placeOf = (word: bigint): number => LISTING.findIndex((each) => isIn(word, each));

/** The instruction that a byte belongs to; undefined outside of the page. */
export const instructionAt = (address: bigint): Instruction | undefined =>
  LISTING[placeOf(address)];

/** Two instructions before an address, those from it to the end of its piece of code, and two after that. */
export function instructionsAround(address: bigint): readonly Instruction[] {
  const place = placeOf(address);
  if (place < 0) return [];
  const end = LISTING.findIndex(({ isFiller }, i) => isFiller && i >= place);
  return LISTING.slice(Math.max(0, place - 2), (end < 0 ? LISTING.length : end) + 2);
}

/*
 * What a stub that setups are tried in has in memory. Addresses are the same in each, and below 4 GB, so that a case
 * is the same everywhere, and code of 32 bits can run there.
 *
 *   0x10000000  code       r-x  a page; behind it nothing
 *   0x10002000  constants  r--  a page: the word at offset n is CONSTANT + n
 *   0x10004000  scratch    rw-  four pages: the stack, and what may be stored to
 *   top         stub code  r-x  which none of this uses
 */

import { PAGE_SIZE } from "../stub/amd64.ts";

export const CODE = 0x1000_0000n;
export const CONSTANTS = 0x1000_2000n;
export const SCRATCH = 0x1000_4000n;
export const SCRATCH_SIZE = 4 * PAGE_SIZE;
/** The end of the stack, from which it grows downwards: a page is left for those who write above it. */
export const STACK = SCRATCH + BigInt(3 * PAGE_SIZE);

/** The word at offset n of the constants is this + n. */
export const CONSTANT = 0xc0de_0000_0000_0000n;

/** Bytes between the beginnings of two pieces of code. What is between them is INT3. */
const SLOT = 64;
export const INT3 = 0xcc;
const NOP = 0x90;
const REX_W = 0x48;

/** A piece of code that RIP may be set to, followed by INT3. */
export interface Code {
  readonly name: string;
  /** As an assembler would have it. */
  readonly text: string;
  readonly bytes: readonly number[];
  readonly address: bigint;
}

const INNER: readonly (readonly [name: string, text: string, bytes: readonly number[]])[] = [
  ["int3", "int3", [INT3]],
  ["syscall", "syscall", [0x0f, 0x05]],
  ["nops", "nop, sixteen times", Array.from({ length: 16 }, () => NOP)],
  ["ud2", "ud2", [0x0f, 0x0b]],
  ["hlt", "hlt", [0xf4]],
  ["load", "mov (%rdi), %rax", [REX_W, 0x8b, 0x07]],
  ["store", "mov %rax, (%rdi)", [REX_W, 0x89, 0x07]],
  ["pushf", "pushf", [0x9c]],
  ["stack", "push %rax; pop %rbx", [0x50, 0x5b]],
  // 64 bits take it for a prefix of the INT3 behind it.
  ["inc32", "inc %eax, in 32 bits", [0x40]],
  ["int80", "int $0x80", [0xcd, 0x80]],
  // No trap comes between it and what follows.
  ["movss", "mov %eax, %ss", [0x8e, 0xd0]],
  [
    "bases",
    "rdfsbase %rax; rdgsbase %rbx",
    [0xf3, REX_W, 0x0f, 0xae, 0xc0, 0xf3, REX_W, 0x0f, 0xae, 0xcb],
  ],
  ["div", "div %rdi", [REX_W, 0xf7, 0xf7]],
  // It ends only under a single-step or a signal.
  ["spin", "jmp to itself", [0xeb, 0xfe]],
  // What the handlers of signals are.
  ["handler", "int3", [INT3]],
];

/** The page ends in a nop and a prefix: behind that nothing can be fetched. */
const END = [NOP, REX_W];
const EDGE = PAGE_SIZE - END.length;

/** The catalogue, in the order in which the pieces lie. */
export const CODES: readonly Code[] = [
  ...INNER.map(([name, text, bytes], i) => ({
    name,
    text,
    bytes,
    address: CODE + BigInt(SLOT * (i + 1)),
  })),
  {
    name: "edge",
    text: "nop; then the page ends within an instruction",
    bytes: END,
    address: CODE + BigInt(EDGE),
  },
  {
    name: "straddle",
    text: "the page ends within it",
    bytes: END.slice(1),
    address: CODE + BigInt(EDGE + 1),
  },
];

const ADDRESSES = new Map(CODES.map(({ name, address }) => [name, address]));

/** The address of a piece of code. @throws RangeError where there is none of that name */
export function placeOf(name: string): bigint {
  const address = ADDRESSES.get(name);
  if (address === undefined) throw new RangeError(`there is no code "${name}"`);
  return address;
}

/** The page of code. */
export function codePage(): Uint8Array {
  const page = new Uint8Array(PAGE_SIZE).fill(INT3);
  for (const { bytes, address } of CODES) page.set(bytes, Number(address - CODE));
  return page;
}

/** The page of constants. */
export function constantsPage(): Uint8Array {
  const words = BigUint64Array.from({ length: PAGE_SIZE / 8 }, (_, i) => CONSTANT + BigInt(8 * i));
  return new Uint8Array(words.buffer);
}

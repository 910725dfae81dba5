/*
 * The memory of a target, a stub in which setups are tried. Addresses are the same in all targets, so that a case means
 * the same everywhere, and below 4 GB, so that 32-bit code can run there.
 *
 *   0x10000000  code       r-x  one page, followed by an unmapped one
 *   0x10002000  constants  r--  one page: the word at offset n is CONSTANT + n
 *   0x10004000  scratch    rw-  four pages: the stack, and the target of stores
 *   top         stub code  r-x  not used by cases
 */

import { PAGE_SIZE } from "../../stub/page_size.ts";

export const CODE = 0x1000_0000n;
/** It is not mapped. */
export const HOLE = 0x1000_1000n;
export const CONSTANTS = 0x1000_2000n;
export const SCRATCH = 0x1000_4000n;
export const SCRATCH_SIZE = 4 * PAGE_SIZE;
/** The end of the stack, which grows downwards. One page above it can be written to. */
export const STACK = SCRATCH + BigInt(3 * PAGE_SIZE);

/** Where the stub code usually lies. */
export const STUB_CODE = 0x7fff_ffff_e000n;

export const CONSTANT = 0xc0de_0000_0000_0000n;

/** Bytes from the start of one piece of code to the next. The rest of a piece is INT3. */
const SLOT = 64;
export const INT3 = 0xcc;
const NOP = 0x90;
const REX_W = 0x48;

/** A piece of code that RIP may be set to, followed by INT3. */
export interface Code {
  readonly name: string;
  /** Its assembly. */
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
  // In 64-bit mode it is a prefix of the INT3 after it.
  ["inc32", "inc %eax, in 32-bit code", [0x40]],
  ["int80", "int $0x80", [0xcd, 0x80]],
  // No trap occurs between it and the next instruction.
  ["movss", "mov %eax, %ss", [0x8e, 0xd0]],
  [
    "bases",
    "rdfsbase %rax; rdgsbase %rbx",
    [0xf3, REX_W, 0x0f, 0xae, 0xc0, 0xf3, REX_W, 0x0f, 0xae, 0xcb],
  ],
  ["div", "div %rdi", [REX_W, 0xf7, 0xf7]],
  // Only a single-step or a signal ends it.
  ["spin", "jmp to itself", [0xeb, 0xfe]],
  // The handler of signals.
  ["handler", "int3", [INT3]],
  // Programs may use two of these four gates.
  ["int_1", "int $0x1", [0xcd, 0x01]],
  ["int_3", "int $0x3", [0xcd, 0x03]],
  ["int_4", "int $0x4", [0xcd, 0x04]],
  ["int_2e", "int $0x2e", [0xcd, 0x2e]],
  ["int_ff", "int $0xff", [0xcd, 0xff]],
  ["into", "into, in 32-bit code", [0xce]],
  ["icebp", "icebp", [0xf1]],
  // An exception of SSE, or none, as the floating point of a signal frame has it.
  ["sse", "comiss %xmm4, %xmm4", [0x0f, 0x2f, 0xe4]],
];

/** The page ends in a nop and a prefix; the next page is unmapped. */
const END = [NOP, REX_W];
const EDGE = PAGE_SIZE - END.length;

/** The catalogue of code, in the order of addresses. */
export const CODES: readonly Code[] = [
  ...INNER.map(([name, text, bytes], i) => ({
    name,
    text,
    bytes,
    address: CODE + BigInt(SLOT * (i + 1)),
  })),
  {
    name: "edge",
    text: "nop; then an instruction that crosses the end of the page",
    bytes: END,
    address: CODE + BigInt(EDGE),
  },
  {
    name: "straddle",
    text: "an instruction that crosses the end of the page",
    bytes: END.slice(1),
    address: CODE + BigInt(EDGE + 1),
  },
];

const ADDRESSES = new Map(CODES.map(({ name, address }) => [name, address]));

/** The address of a piece of code. @throws RangeError for an unknown name */
export function placeOf(name: string): bigint {
  const address = ADDRESSES.get(name);
  if (address === undefined) throw new RangeError(`unknown code "${name}"`);
  return address;
}

/** Signals that have a handler, the code `handler`, in every target: their names, and whether interrupted calls restart. */
export const HANDLED: ReadonlyMap<number, readonly [name: string, restarts: boolean]> = new Map([
  [10, ["SIGUSR1", false]],
  [12, ["SIGUSR2", true]],
]);

export const isHandled = (signal: number): boolean => HANDLED.has(signal);

export function codePage(): Uint8Array {
  const page = new Uint8Array(PAGE_SIZE).fill(INT3);
  for (const { bytes, address } of CODES) page.set(bytes, Number(address - CODE));
  return page;
}

export function constantsPage(): Uint8Array {
  const words = BigUint64Array.from({ length: PAGE_SIZE / 8 }, (_, i) => CONSTANT + BigInt(8 * i));
  return new Uint8Array(words.buffer);
}

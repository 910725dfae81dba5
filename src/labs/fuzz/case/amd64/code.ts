/*
 * The memory of a target, a stub in which setups are tried. Addresses are the same in all targets, so that a case means
 * the same everywhere, and below 4 GB, so that 32-bit code can run there.
 *
 *   0x10000000  code       r-x  one page, followed by an unmapped one
 *   0x10002000  constants  r--  one page: the word at offset n is CONSTANT + n
 *   0x10004000  scratch    rw-  four pages: the stack, and the target of stores
 *   top         stub code  r-x  not used by cases
 */

import { PAGE_SIZE } from "../../../../core/shim/auxiliary_vector.ts";
import { baselineOf, constantsFrom, piecesAt } from "../pieces.ts";
import { REGISTERS } from "./kinds.ts";

/** Bytes of the code, and of the constants. */
export const PART = PAGE_SIZE;

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

const INT3 = 0xcc;
const NOP = 0x90;
const REX_W = 0x48;

/** The page ends in a nop and a prefix; the next page is unmapped. */
const END = [NOP, REX_W];
const EDGE = PAGE_SIZE - END.length;

export const { CODES, placeOf, codePage } = piecesAt(
  CODE,
  PAGE_SIZE,
  [INT3],
  [
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
    ["edge", "nop; then an instruction that crosses the end of the page", END, EDGE],
    ["straddle", "an instruction that crosses the end of the page", END.slice(1), EDGE + 1],
  ],
);

export const constantsPage = (): Uint8Array => constantsFrom(CONSTANT, PAGE_SIZE);

export const { BASELINE, baselineWith } = baselineOf(REGISTERS, "rip", placeOf, {
  rip: placeOf("int3"),
  rsp: STACK,
  rdi: CONSTANTS,
  // No call is in progress that could be restarted.
  orig_rax: 0xffff_ffff_ffff_ffffn,
  // __USER_CS and __USER_DS: arch/x86/include/asm/segment.h
  cs: 0x33n,
  ss: 0x2bn,
  // IF, and the bit that is always set.
  eflags: 0x202n,
});

/** What no signal frame holds, so a stub that tries setups by itself keeps it. Little of it is as it would be by default. */
export const KEPT = {
  fs_base: CONSTANTS,
  gs_base: SCRATCH,
  // __USER_DS
  ds: 0x2bn,
  es: 0x2bn,
  fs: 0n,
  gs: 0n,
} as const;

// What recordings know about the architecture.

import { hex } from "../errors.ts";

type Words = Readonly<Record<string, bigint>>;

/** The registers of a system call's arguments, in their order. */
export const ARGUMENTS = ["rdi", "rsi", "rdx", "r10", "r8", "r9"] as const;

/** The registers that matter most in the life of a stub, in the order in which they are shown. */
export const FIRST_REGISTERS = ["rip", "rax", ...ARGUMENTS, "rbx", "r15", "orig_rax"];

/** The number and the arguments of the system call in which a thread is stopped. */
export function callWords(registers: Words): { number: bigint; words: bigint[] } {
  return {
    number: registers.orig_rax ?? 0n,
    words: ARGUMENTS.map((name) => registers[name] ?? 0n),
  };
}

/** The number of the system call that a thread makes if its next instruction is SYSTEM_CALL. */
export function nextCallNumber(registers: Words): bigint {
  return registers.rax ?? 0n;
}

/** The result of a system call. */
export function resultWord(registers: Words): bigint {
  return registers.rax ?? 0n;
}

/** What must be true of the registers of a stub at rest: the fact, what is expected, and what is seen. */
export function restingFacts(
  registers: Words,
  restAddress: bigint,
  parent: number,
): (readonly [fact: string, expected: string, seen: string])[] {
  const { rip = 0n, r15 = 0n, rbx = 0n } = registers;
  return [
    ["RIP, behind the INT3", hex(restAddress), hex(rip)],
    ["R15, its parent's pid", hex(BigInt(parent)), hex(r15)],
    ["RBX, no clone under way", "0x0", hex(rbx)],
  ];
}

/** The texts of special instructions. */
export const SYSTEM_CALL = "syscall";
export const BREAKPOINT = "int3";
/** What all jumps begin with, conditional ones included. */
export const JUMP = "j";

import { indexOf, NO_SYSCALL } from "./amd64.ts";
import { AMD64 } from "./amd64_constants.ts";
import type { Memory } from "./memory.ts";
import { numberIn } from "./tables.ts";

// What guests need of a block: functions of amd64 alone. They work on a block in `memory`,
// by the index of its first word.

const RAX = indexOf("rax");
export const ORIG_RAX = indexOf("orig_rax");
const RIP = indexOf("rip");
const EFLAGS = indexOf("eflags");
const RSP = indexOf("rsp");

const SELECTORS: readonly number[] = ["cs", "ss", "ds", "es", "fs", "gs"].map(indexOf);
/** Where a system call has its arguments (syscall(2)). */
const ARGUMENTS: readonly number[] = ["rdi", "rsi", "rdx", "r10", "r8", "r9"].map(indexOf);

/** The trap flag: a trap after every instruction. */
const TRAP_FLAG = numberIn(AMD64, "X86_EFLAGS_TF");
/** What a CALL pushed. */
const RETURN_ADDRESS_SIZE = 8n;

/** Copies the six segment selectors. */
export function copySelectors(memory: Memory, block: number, initial: number): void {
  for (const selector of SELECTORS) {
    memory.set(block + selector, memory.get(initial + selector));
  }
}

/** Says that no system call is under way. */
export function leaveSyscall(memory: Memory, block: number): void {
  memory.set(block + ORIG_RAX, NO_SYSCALL);
}

/** Whether eflags has TF. */
export function isSingleStepping(memory: Memory, block: number): boolean {
  return (memory.low(block + EFLAGS) & TRAP_FLAG) !== 0;
}

/** Puts orig_rax into rax, where the guest had it. */
export function restoreNumber(memory: Memory, block: number): void {
  memory.set(block + RAX, memory.get(block + ORIG_RAX));
}

/** The number as the kernel takes it: the low 32 bits of orig_rax. */
export function syscallNumber(memory: Memory, block: number): number {
  return memory.low(block + ORIG_RAX);
}

/** An argument, unsigned; 0 for an index outside 0..5. */
export function argument(memory: Memory, block: number, index: number): bigint {
  const register = ARGUMENTS[index | 0];
  return register === undefined ? 0n : memory.get(block + register);
}

/** Back to the call of `address`: the return address that the kernel popped is on the stack again. */
export function rewindVsyscall(memory: Memory, block: number, address: bigint): void {
  memory.set(block + RIP, address);
  memory.lower(block + RSP, RETURN_ADDRESS_SIZE);
}

/** Answers a guest's call. */
export function setResult(memory: Memory, block: number, result: bigint): void {
  memory.set(block + RAX, result);
}

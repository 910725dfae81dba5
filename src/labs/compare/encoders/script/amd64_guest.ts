import { blockIn, indexOf, NO_SYSCALL, ORIG_RAX } from "./amd64.ts";
import { AMD64 } from "./amd64_constants.ts";
import type { GuestFunctions } from "./architecture.ts";
import type { Memory } from "./memory.ts";
import { numberIn } from "./tables.ts";

const RAX = indexOf("rax");
const RIP = indexOf("rip");
const EFLAGS = indexOf("eflags");
const RSP = indexOf("rsp");

const SELECTORS: readonly number[] = ["cs", "ss", "ds", "es", "fs", "gs"].map(indexOf);
/** The indices of the argument registers of a system call (syscall(2)). */
const ARGUMENTS: readonly number[] = ["rdi", "rsi", "rdx", "r10", "r8", "r9"].map(indexOf);

/** The trap flag: a trap after every instruction. */
const TRAP_FLAG = numberIn(AMD64, "X86_EFLAGS_TF");
/** The bytes that a CALL pushes. */
const RETURN_ADDRESS_SIZE = 8n;

/** The functions for guests of amd64. */
export function amd64GuestFunctions(memory: Memory): GuestFunctions {
  return {
    enterGuest(block, initial) {
      const at = blockIn(memory, block);
      const from = blockIn(memory, initial);
      for (const selector of SELECTORS) memory.set(at + selector, memory.get(from + selector));
      memory.set(at + ORIG_RAX, NO_SYSCALL);
      return (memory.low(at + EFLAGS) & TRAP_FLAG) !== 0 ? 1 : 0;
    },

    // The number is the low half of orig_rax.
    decodeGuestSyscall(block, at) {
      const first = blockIn(memory, block);
      const to = memory.indexOf(at, 8 * ARGUMENTS.length);
      for (let i = 0; i < ARGUMENTS.length; i++) {
        memory.set(to + i, memory.get(first + (ARGUMENTS[i] ?? 0)));
      }
      memory.set(first + RAX, memory.get(first + ORIG_RAX));
      return memory.low(first + ORIG_RAX);
    },

    encodeGuestResult: (block, result) => memory.set(blockIn(memory, block) + RAX, result),

    // The return address that the kernel popped is on the stack again.
    rewindVsyscall(block, address) {
      const at = blockIn(memory, block);
      memory.set(at + RIP, address);
      memory.lower(at + RSP, RETURN_ADDRESS_SIZE);
    },
  };
}

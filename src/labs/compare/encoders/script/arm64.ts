import type { Architecture, BlockFunctions } from "./architecture.ts";
import { ARM64 } from "./arm64_constants.ts";
import type { Memory } from "./memory.ts";
import { pendingRestart, RESTART_BLOCK } from "./result.ts";
import { numberIn } from "./tables.ts";

/*
 * The register block, struct user_pt_regs of asm/ptrace.h: 34 little-endian words of 64 bits.
 *
 *     0 x0     8 x1   …   240 x30    248 sp    256 pc    264 pstate    272 (end)
 */
const X0 = indexOf("x0");
const X1 = indexOf("x1");
const X2 = indexOf("x2");
const X3 = indexOf("x3");
const X4 = indexOf("x4");
const X5 = indexOf("x5");
const X8 = indexOf("x8");
const X9 = indexOf("x9");
const PC = indexOf("pc");

/** The index of the register in which the stub code expects the pid of its parent. */
export const PARENT = indexOf("x7");

/** The length of SVC, and of every instruction. */
const SYSCALL_SIZE = 4n;
const RESTART_SYSCALL = BigInt(numberIn(ARM64, "SYS_restart_syscall"));

/** The index of a register's word in a block. */
export function indexOf(register: string): number {
  return numberIn(ARM64, `REG_${register}`) / 8;
}

const SIZE = numberIn(ARM64, "REGISTERS_SIZE");

/** The index of the first word of the block at a byte offset. @throws RangeError */
export function blockIn(memory: Memory, offset: number): number {
  return memory.indexOf(offset, SIZE);
}

function rewind(memory: Memory, block: number): void {
  memory.lower(block + PC, SYSCALL_SIZE);
}

function blockFunctions(memory: Memory): BlockFunctions {
  return {
    // The convention of syscall(2).
    encodeSyscall(block, initial, number, arg0, arg1, arg2, arg3, arg4, arg5) {
      const at = blockIn(memory, block);
      memory.copy(at, blockIn(memory, initial), SIZE / 8);
      memory.set(at + X8, number);
      memory.set(at + X0, arg0);
      memory.set(at + X1, arg1);
      memory.set(at + X2, arg2);
      memory.set(at + X3, arg3);
      memory.set(at + X4, arg4);
      memory.set(at + X5, arg5);
    },

    rewindSyscall: (block) => rewind(memory, blockIn(memory, block)),

    syscallResult: (block) => memory.get(blockIn(memory, block) + X0),

    // The result has overwritten the first argument, which only the kernel keeps (orig_x0).
    restartSyscall(block, original) {
      const at = blockIn(memory, block);
      const errno = pendingRestart(memory, at + X0);
      if (errno === 0) return 0;
      memory.set(at + X0, original);
      if (errno === RESTART_BLOCK) memory.set(at + X8, RESTART_SYSCALL);
      rewind(memory, at);
      return 1;
    },

    // An x9 of 1 marks a clone.
    encodeBootstrap(block, parent) {
      const at = blockIn(memory, block);
      memory.setHalves(at + PARENT, parent, 0);
      memory.set(at + X9, 1n);
    },
  };
}

/** arm64. */
export const arm64: Architecture = {
  constants: ARM64,
  audit: numberIn(ARM64, "AUDIT_ARCH_AARCH64"),
  hasVsyscalls: false,
  blockFunctions,
};

import type { Architecture } from "./architecture.ts";
import { ARM64 } from "./arm64_constants.ts";
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

/** Where the stub code expects the pid of its parent. */
export const PARENT = indexOf("x7");

/** The length of SVC, as of every instruction. */
const SYSCALL_SIZE = 4n;
const RESTART_SYSCALL = BigInt(numberIn(ARM64, "SYS_restart_syscall"));

/** The index of a register's word in a block. */
function indexOf(register: string): number {
  return numberIn(ARM64, `REG_${register}`) / 8;
}

/** arm64. */
export const arm64: Architecture = {
  constants: ARM64,
  blockSize: numberIn(ARM64, "REGISTERS_SIZE"),
  audit: numberIn(ARM64, "AUDIT_ARCH_AARCH64"),
  hasVsyscalls: false,

  // The convention of syscall(2).
  encodeSyscall(memory, block, number, arg0, arg1, arg2, arg3, arg4, arg5) {
    memory.set(block + X8, number);
    memory.set(block + X0, arg0);
    memory.set(block + X1, arg1);
    memory.set(block + X2, arg2);
    memory.set(block + X3, arg3);
    memory.set(block + X4, arg4);
    memory.set(block + X5, arg5);
  },

  rewindSyscall(memory, block) {
    memory.lower(block + PC, SYSCALL_SIZE);
  },

  syscallResult(memory, block) {
    return memory.get(block + X0);
  },

  // The result has taken the place of the first argument, which the kernel keeps for itself (orig_x0).
  restartSyscall(memory, block, original) {
    const errno = pendingRestart(memory, block + X0);
    if (errno === 0) return 0;
    memory.set(block + X0, original);
    if (errno === RESTART_BLOCK) memory.set(block + X8, RESTART_SYSCALL);
    arm64.rewindSyscall(memory, block);
    return 1;
  },

  // The stub code looks for the mark of a clone, 1, in x9.
  encodeBootstrap(memory, block, parent) {
    memory.setHalves(block + PARENT, parent, 0);
    memory.set(block + X9, 1n);
  },
};

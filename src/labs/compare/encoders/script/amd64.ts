import { AMD64 } from "./amd64_constants.ts";
import type { Architecture, BlockFunctions } from "./architecture.ts";
import type { Memory } from "./memory.ts";
import { pendingRestart, RESTART_BLOCK } from "./result.ts";
import { numberIn } from "./tables.ts";

/*
 * The register block, struct user_regs_struct of sys/user.h: 27 little-endian words of 64 bits.
 *
 *     0 r15      56 r10     112 rdi        168 fs_base
 *     8 r14      64 r9      120 orig_rax   176 gs_base
 *    16 r13      72 r8      128 rip        184 ds
 *    24 r12      80 rax     136 cs         192 es
 *    32 rbp      88 rcx     144 eflags     200 fs
 *    40 rbx      96 rdx     152 rsp        208 gs
 *    48 r11     104 rsi     160 ss         216 (end)
 */
const RBX = indexOf("rbx");
const R10 = indexOf("r10");
const R9 = indexOf("r9");
const R8 = indexOf("r8");
const RAX = indexOf("rax");
const RDX = indexOf("rdx");
const RSI = indexOf("rsi");
const RDI = indexOf("rdi");
export const ORIG_RAX = indexOf("orig_rax");
const RIP = indexOf("rip");

/** The index of the register in which the stub code expects the pid of its parent. */
export const PARENT = indexOf("r15");

/** The length of SYSCALL (0f 05). */
const SYSCALL_SIZE = 2n;
/** The orig_rax outside a system call: the kernel restarts nothing (signal(7)). */
export const NO_SYSCALL = -1n;
const RESTART_SYSCALL = BigInt(numberIn(AMD64, "SYS_restart_syscall"));

/** The index of a register's word in a block. */
export function indexOf(register: string): number {
  return numberIn(AMD64, `REG_${register}`) / 8;
}

const SIZE = numberIn(AMD64, "REGISTERS_SIZE");

/** The index of the first word of the block at a byte offset. @throws RangeError if it is not in the buffer */
export function blockIn(memory: Memory, offset: number): number {
  return memory.indexOf(offset, SIZE);
}

function rewind(memory: Memory, block: number): void {
  memory.lower(block + RIP, SYSCALL_SIZE);
}

function blockFunctions(memory: Memory): BlockFunctions {
  return {
    // The convention of syscall(2).
    encodeSyscall(block, initial, number, arg0, arg1, arg2, arg3, arg4, arg5) {
      const at = blockIn(memory, block);
      memory.copy(at, blockIn(memory, initial), SIZE / 8);
      memory.set(at + RAX, number);
      memory.set(at + ORIG_RAX, NO_SYSCALL);
      memory.set(at + RDI, arg0);
      memory.set(at + RSI, arg1);
      memory.set(at + RDX, arg2);
      memory.set(at + R10, arg3);
      memory.set(at + R8, arg4);
      memory.set(at + R9, arg5);
    },

    rewindSyscall: (block) => rewind(memory, blockIn(memory, block)),

    syscallResult: (block) => memory.get(blockIn(memory, block) + RAX),

    // The low half of orig_rax is the number of the call; -1 means no call.
    restartSyscall(block) {
      const at = blockIn(memory, block);
      const errno = pendingRestart(memory, at + RAX);
      if (errno === 0 || memory.low(at + ORIG_RAX) === -1) return 0;
      const number = errno === RESTART_BLOCK ? RESTART_SYSCALL : memory.get(at + ORIG_RAX);
      memory.set(at + RAX, number);
      rewind(memory, at);
      return 1;
    },

    // An rbx of 1 marks a clone.
    encodeBootstrap(block, parent) {
      const at = blockIn(memory, block);
      memory.setHalves(at + PARENT, parent, 0);
      memory.set(at + RBX, 1n);
    },
  };
}

/** x86-64. */
export const amd64: Architecture = {
  constants: AMD64,
  audit: numberIn(AMD64, "AUDIT_ARCH_X86_64"),
  hasVsyscalls: true,
  blockFunctions,
};

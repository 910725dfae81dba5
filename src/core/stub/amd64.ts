import type { RegisterBlock } from "../encoder/block.ts";

// The facts about the architecture that the stub layer requires, beyond what encoders compute.

/** The highest possible end of user space: TASK_SIZE_MAX with four-level paging. Some kernels reserve a part of it. */
export const MOST_USER_SPACE = 0x7ffffffff000;

/** The register that holds the address of the next instruction. */
export const INSTRUCTION_POINTER = "rip";

/**
 * Indices in struct user_regs_struct (arch/x86/include/asm/user_64.h), read without an encoder: rax, rip, and rbx,
 * which is 1 in a new clone.
 */
export const WORD = { result: 10, instructionPointer: 16, mark: 5 } as const;

/** Bytes of a SYSCALL instruction. */
export const SYSCALL_LENGTH = 2;

/** The constant of an encoder with the architecture as seccomp names it. */
export const AUDIT_ARCH = "AUDIT_ARCH_X86_64";

/** The register in which the stub code expects the pid of its parent. */
export const PARENT = "r15";

/** The signature with which rseq(2) is registered on x86: RSEQ_SIG in tools/testing/selftests/rseq/rseq-x86.h. */
export const RSEQ_SIGNATURE = 0x53053053;

/** The signal that the loop over a ring sends itself to halt, if it has no breakpoint. */
export const HALT_SIGNAL = undefined;

/**
 * Whether the kernel decides before a stop by a signal how it restarts the interrupted call, so that the result that a
 * tracer writes there has no influence.
 */
export const RESTARTS_BEFORE_STOPS = false;

/** Sets the registers with which a thread enters the loop over a ring (shim/amd64/stub.S). */
export function enterRing(frame: RegisterBlock, loop: bigint, ring: bigint, turn: number): void {
  frame.set("rip", loop);
  frame.set("r12", ring);
  frame.set("rbp", turn);
  frame.set("orig_rax", -1n);
}

import type { RegisterBlock } from "../encoder/block.ts";

// The facts about arm64 that the stub layer requires, beyond what encoders compute: see amd64.ts.

/** The highest possible end of user space, with 52 bits. Most kernels have 48 bits, some 39. */
export const MOST_USER_SPACE = 2 ** 52;

export const INSTRUCTION_POINTER = "pc";

/** Indices in struct user_pt_regs (arch/arm64/include/uapi/asm/ptrace.h): x0, pc, and x9, which is 1 in a new clone. */
export const WORD = { result: 0, instructionPointer: 32, mark: 9 } as const;

/** Bytes of an SVC instruction. */
export const SYSCALL_LENGTH = 4;

export const AUDIT_ARCH = "AUDIT_ARCH_AARCH64";

export const PARENT = "x7";

/** RSEQ_SIG in tools/testing/selftests/rseq/rseq-arm64.h: a BRK. */
export const RSEQ_SIGNATURE = 0xd428bc00;

/** SIGTRAP */
export const HALT_SIGNAL = 5;

/** do_signal in arch/arm64/kernel/signal.c: it looks only whether pc is still the SVC of that call. */
export const RESTARTS_BEFORE_STOPS = true;

/** Sets the registers with which a thread enters the loop over a ring (shim/arm64/stub.S). */
export function enterRing(frame: RegisterBlock, loop: bigint, ring: bigint, turn: number): void {
  frame.set("pc", loop);
  frame.set("x19", ring);
  frame.set("x22", turn);
}

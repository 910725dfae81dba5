// A system call of a stub on riscv64: the number in a7, arguments in a0 to a5; the result in a0 (syscall(2),
// "Architecture calling conventions"). And the register block, struct user_regs_struct (<asm/ptrace.h>): pc, then x1 to
// x31, each at its number. a0 to a7 are x10 to x17; s1 is x9, and s2 is x18.

/** Bytes of a word, and of the block. */
const WORD: usize = 8;
const REGISTERS_SIZE: usize = 32 * WORD;

/** Length of the ECALL instruction (00000073) in bytes. */
const ECALL_LENGTH: u64 = 4;

/** Writes the frame of one system call to `block`: everything as in `initial`, except the number and the six arguments. */
export function encodeSyscall(
  block: usize,
  initial: usize,
  number: u64,
  arg0: u64,
  arg1: u64,
  arg2: u64,
  arg3: u64,
  arg4: u64,
  arg5: u64,
): void {
  memory.copy(block, initial, REGISTERS_SIZE);
  store<u64>(block, arg0, 10 * WORD);
  store<u64>(block, arg1, 11 * WORD);
  store<u64>(block, arg2, 12 * WORD);
  store<u64>(block, arg3, 13 * WORD);
  store<u64>(block, arg4, 14 * WORD);
  store<u64>(block, arg5, 15 * WORD);
  store<u64>(block, number, 17 * WORD);
}

/** Moves pc of `block` back over the ECALL that was just executed. */
export function rewindSyscall(block: usize): void {
  store<u64>(block, load<u64>(block) - ECALL_LENGTH);
}

/**
 * Makes `block` the frame of a cloning stub whose child must have `parent` as its parent. The bootstrap convention of the
 * stub code: s1 is the pid that getppid() must return, and s2 is 1 if the call injected next is a clone, whose child starts
 * the stub code over. System calls change neither.
 */
export function encodeBootstrap(block: usize, parent: i32): void {
  store<u64>(block, u32(parent), 9 * WORD);
  store<u64>(block, 1, 18 * WORD);
}

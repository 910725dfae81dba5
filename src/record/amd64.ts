// What recordings know about the architecture.

type Words = Readonly<Record<string, bigint>>;

/** The registers of a system call's arguments, in their order. */
const ARGUMENTS = ["rdi", "rsi", "rdx", "r10", "r8", "r9"] as const;

/** The number and the arguments of the system call that a thread is stopped in. */
export function callWords(registers: Words): { number: bigint; words: bigint[] } {
  return {
    number: registers.orig_rax ?? 0n,
    words: ARGUMENTS.map((name) => registers[name] ?? 0n),
  };
}

/** The word that a system call left. */
export function resultWord(registers: Words): bigint {
  return registers.rax ?? 0n;
}

/** The texts of instructions that are not like the others. */
export const SYSTEM_CALL = "syscall";
export const BREAKPOINT = "int3";
export const JUMP = "jmp";

/** The supported architectures, and the kernel's number of each (linux/elf-em.h). */
export const MACHINES = { amd64: 62n, arm64: 183n } as const;

export type Arch = keyof typeof MACHINES;

export const ARCHES: readonly Arch[] = ["amd64", "arm64"];

/** The ptrace requests that read and write a register block. */
export const REGISTER_REQUESTS: Readonly<Record<Arch, readonly [read: string, write: string]>> = {
  amd64: ["PTRACE_GETREGS", "PTRACE_SETREGS"],
  arm64: ["PTRACE_GETREGSET", "PTRACE_SETREGSET"],
};

/** The registers of a system call (syscall(2), "Architecture calling conventions"). */
export interface CallRegisters {
  readonly number: string;
  readonly arguments: readonly string[];
  readonly result: string;
}
export const CALL_REGISTERS: Readonly<Record<Arch, CallRegisters>> = {
  amd64: { number: "rax", arguments: ["rdi", "rsi", "rdx", "r10", "r8", "r9"], result: "rax" },
  arm64: { number: "x8", arguments: ["x0", "x1", "x2", "x3", "x4", "x5"], result: "x0" },
};

/** The registers of a block in the kernel's order. The encoder defines their offsets. */
export const REGISTERS: Readonly<Record<Arch, readonly string[]>> = {
  amd64: (
    "r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi orig_rax rip cs eflags rsp ss " +
    "fs_base gs_base ds es fs gs"
  ).split(" "),
  arm64: [...Array.from({ length: 31 }, (_, i) => `x${i}`), "sp", "pc", "pstate"],
};

// What facts about requests require of arm64: see amd64.ts.

const OTHERS = [
  ...(["PEEKUSER", "POKEUSER", "GETREGS", "SETREGS", "GETFPREGS", "SETFPREGS"] as const),
  ...(["GETFPXREGS", "SETFPXREGS", "OLDSETOPTIONS", "GET_THREAD_AREA", "ARCH_PRCTL"] as const),
];
export const FOREIGN = [...OTHERS, "SINGLEBLOCK" as const];
export const ABSENT = {
  fact: "GETREGS, PEEKUSER and other requests of other architectures do not exist: EIO",
  source: "arch_ptrace, arch/arm64/kernel/ptrace.c",
  requests: OTHERS,
};
export const UNKNOWN = [10, 11, 20, 22, 23, 27, 29, 99, 0x41ff, 0x4fff, 2 ** 31 - 1, -1];

export const READS = "GETREGSET";
export const WRITES = "SETREGSET";
export const READERS = ["GETREGSET"] as const;

/** AUDIT_ARCH_AARCH64 in linux/audit.h. */
export const AUDIT_ARCH = 0xc000_00b7n;

// asm-generic/unistd.h
export const SYS = {
  ...{ faccessat: 48, exit_group: 94, ptrace: 117, prctl: 167, getpid: 172, clone: 220 },
  ...{ execve: 221, seccomp: 277 },
};

export const STACK_POINTER = "sp";

/** TRAP_BRKPT */
export const BREAKPOINT = { name: "BRK", code: "brk", si: 1, hasAddress: true };
/** ILL_ILLOPC */
export const UNDEFINED = { name: "UDF", code: "udf", si: 1, hasAddress: true };
/** Programs have one architecture from execve(2) on. */
export const COMPAT_CALL = undefined;
export const LOADED = "x1";

/** With 52 bits. */
export const USER_END = 1n << 52n;

/** Without the generic entry code there is only a function that returns EINVAL. */
export const NO_DISPATCH = ["EIO", "EINVAL"] as const;

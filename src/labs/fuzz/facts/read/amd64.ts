// What facts about requests require of the architecture, beyond what encoders compute.

import { ARCH_PTRACE } from "../amd64/sources.ts";

export const FOREIGN = ["PEEKMTETAGS", "POKEMTETAGS"] as const;
export const ABSENT = {
  fact: "GETFPXREGS and SETFPXREGS are of 32-bit tracers: EIO",
  source: ARCH_PTRACE,
  requests: ["GETFPXREGS", "SETFPXREGS"] as const,
};
export const UNKNOWN = [10, 11, 20, 22, 23, 27, 29, 34, 99, 0x41ff, 0x4fff, 2 ** 31 - 1, -1];

export const READS = "GETREGS";
export const WRITES = "SETREGS";
export const READERS = ["GETREGS", "PEEKUSER"] as const;

/** AUDIT_ARCH_X86_64 in linux/audit.h. */
export const AUDIT_ARCH = 0xc000_003en;

// asm/unistd_64.h
export const SYS = {
  ...{ getpid: 39, clone: 56, execve: 59, ptrace: 101, prctl: 157, exit_group: 231 },
  ...{ faccessat: 269, seccomp: 317 },
};

export const STACK_POINTER = "rsp";

/** SI_KERNEL, without an address. */
export const BREAKPOINT = { name: "INT3", code: "int3", si: 0x80, hasAddress: false };
/** ILL_ILLOPN */
export const UNDEFINED = { name: "UD2", code: "ud2", si: 2, hasAddress: true };
export const COMPAT_CALL = {
  ...{ instruction: "INT 0x80", code: "int80", length: 2 },
  ...{ name: "i386", audit: 0x4000_0003n, number: 20n },
  words: { rax: 20n, rbx: 1n, rcx: 2n, rdx: 3n, rsi: 4n, rdi: 5n, rbp: 6n },
};
export const LOADED = "rdi";

/** With four levels of page tables. */
export const USER_END = 1n << 47n;

export const NO_DISPATCH = ["EIO"] as const;

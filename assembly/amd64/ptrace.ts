// Requests of ptrace(2) that amd64 has in addition to those of all architectures (<asm/ptrace-abi.h>).

export const PTRACE_GETREGS: i32 = 12;
export const PTRACE_SETREGS: i32 = 13;

/** The register set of the XSAVE area (<linux/elf.h>). */
export const NT_X86_XSTATE: i32 = 0x202;

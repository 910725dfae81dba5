// The module of amd64, dist/encoder.wasm: the whole encoder ABI, and the constants that arm64 lacks or has otherwise.

/** EM_X86_64 (<linux/elf-em.h>). */
export const ENCODER_MACHINE: i32 = 62;

// Flags of open(2) (<asm-generic/fcntl.h>) and mmap(2) (<asm/mman.h>).
export const O_DIRECTORY: u32 = 0o200000;
export const O_NOFOLLOW: u32 = 0o400000;
export const MAP_32BIT: u32 = 0x40;

// Requests of ptrace(2) (<asm/ptrace-abi.h>), and the register set of the XSAVE area (<linux/elf.h>).
export const PTRACE_GETREGS: i32 = 12;
export const PTRACE_SETREGS: i32 = 13;
export const NT_X86_XSTATE: i32 = 0x202;

export * from "../../build/calls";
export * from "../abi";
export * from "./guest";
export * from "./registers";
export * from "./syscall";

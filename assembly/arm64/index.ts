// The module of arm64, dist/encoder-arm64.wasm: the encoder ABI without vsyscalls, and the constants that amd64 lacks or has
// otherwise.

/** EM_AARCH64 (<linux/elf-em.h>). */
export const ENCODER_MACHINE: i32 = 183;

// Flags of open(2) (<asm/fcntl.h>), and a protection of mmap(2) (<asm/mman.h>).
export const O_DIRECTORY: u32 = 0o40000;
export const O_NOFOLLOW: u32 = 0o100000;
export const PROT_BTI: u32 = 0x10;

export * from "../../build/calls";
export * from "../abi";
export * from "./guest";
export * from "./registers";
export * from "./syscall";

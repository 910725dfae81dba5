// The module of amd64, dist/encoder.wasm: the whole encoder ABI.

/** EM_X86_64 (<linux/elf-em.h>). */
export const ENCODER_MACHINE: i32 = 62;

export * from "../abi";
export * from "./bootstrap";
export * from "./file";
export * from "./guest";
export * from "./memory";
export * from "./numbers";
export * from "./ptrace";
export * from "./registers";
export * from "./seccomp";
export * from "./syscall";

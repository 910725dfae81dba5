// The module of arm64, dist/encoder-arm64.wasm: the encoder ABI without vsyscalls.

/** EM_AARCH64 (<linux/elf-em.h>). */
export const ENCODER_MACHINE: i32 = 183;

export * from "../abi";
export * from "./bootstrap";
export * from "./file";
export * from "./guest";
export * from "./memory";
export * from "./numbers";
export * from "./registers";
export * from "./seccomp";
export * from "./syscall";

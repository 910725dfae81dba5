// The module of riscv64, which the probe needs only: the encoder ABI without guests and names of registers.

export * from "../abi";
export * from "./syscall";

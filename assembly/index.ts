// The encoder ABI (docs/encoder-abi.md): what another encoder has to offer to take this one's place.
//
// Constants are exported under the kernel's names, so that the module is its own table of names.
// `memory` is exported and never grows; everything from `heap` to its end is the host's, which places
// register blocks there and passes their addresses.

/** Version of the ABI. */
export const ENCODER_ABI: i32 = 1;

/** The first byte of `memory` that the host may use. */
export const heap: usize = __heap_base;

export * from "./amd64/bootstrap";
export * from "./amd64/guest";
export * from "./amd64/numbers";
export * from "./amd64/registers";
export * from "./amd64/syscall";
export * from "./amd64/xstate";
export * from "./linux/clone";
export * from "./linux/errno";
export * from "./linux/file";
export * from "./linux/memory";
export * from "./linux/process";
export * from "./linux/ptrace";
export * from "./linux/seccomp";
export * from "./linux/siginfo";
export * from "./linux/signal";
export * from "./linux/wait";

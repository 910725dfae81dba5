// The encoder ABI (docs/encoder-abi.md): the exports of every architecture's module.
//
// Constants are exported under the kernel's names, so that a module is its own table of names. `memory` is exported and
// never grows. Its part from `heap` to the end belongs to the host, which places register blocks and areas there and
// passes their addresses.

/** Version of the ABI. */
export const ENCODER_ABI: i32 = 2;

/** The first byte of `memory` that the host may use. */
export const heap: usize = __heap_base;

export * from "./linux/arguments";
export * from "./linux/clone";
export * from "./linux/errno";
export * from "./linux/ptrace";
export * from "./linux/siginfo";
export * from "./linux/signal";
export * from "./linux/wait";

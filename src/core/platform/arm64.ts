/** The state of arm64 beside the register block (shim/arm64/xstate.c) has no components. */
export const COMPONENTS = 0n;

/** More than SVE and SME need with vectors of 2048 bits, of which ZA takes 64 KiB. */
export const LARGEST_XSTATE = 96 << 10;

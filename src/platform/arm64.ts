/** The state of arm64 beside the register block (shim/arm64/xstate.c) has no components. */
export const COMPONENTS = 0n;

/** Bytes of struct user_fpsimd_state, tpidr_el0 and tpidr2_el0. */
export const LARGEST_XSTATE = 528 + 8 + 8;

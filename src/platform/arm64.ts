/** The floating-point registers of arm64 (struct user_fpsimd_state) have no components of their own. */
export const COMPONENTS = 0n;

/** Bytes of struct user_fpsimd_state. */
export const LARGEST_XSTATE = 528;

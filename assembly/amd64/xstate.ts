// The XSAVE area as PTRACE_GETREGSET(NT_X86_XSTATE) gives it: the legacy region of FXSAVE, the header, and
// extended components, at offsets that only the processor knows (CPUID).
//
//      +0 fcw (u16)         +24 mxcsr (u32)  +28 mxcsr_mask
//     +32 st0 … st7        +160 xmm0 … xmm15
//    +464 xcr0 (u64), which the kernel puts into bytes that software may use
//    +512 xstate_bv (u64): the components that differ from their initial state

export const XSTATE_FCW: i32 = 0;
export const XSTATE_MXCSR: i32 = 24;
export const XSTATE_REGISTERS: i32 = 32;
export const XSTATE_REGISTERS_END: i32 = 416;
export const XSTATE_XCR0: i32 = 464;
export const XSTATE_BV: i32 = 512;
export const XSTATE_EXTENDED: i32 = 576;

/** What a new process has in its control registers: all exceptions masked. */
export const FCW_INITIAL: i32 = 0x37f;
export const MXCSR_INITIAL: i32 = 0x1f80;

// Bits of xcr0 and xstate_bv.
export const XFEATURE_FP: i32 = 1;
export const XFEATURE_SSE: i32 = 2;
export const XFEATURE_YMM: i32 = 4;

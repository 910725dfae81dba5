// The machine that predictions are for, as far as rules depend on it beyond its features. The host writes it:
// src/labs/fuzz/predict/model.ts.

import { Component, MOST_COMPONENTS } from "../fuzz/setup";

/** The length of NT_X86_XSTATE; 0 on a machine without XSAVE. */
export let xstateLength: u32 = 0;
/** The components that it reports, in XCR0: all that the kernel enables, even those that a process has to request. */
export let xcr0: u32 = 0;
/** The length of the XSAVE area in a signal frame, without its last word. */
export let frameLength: u32 = 0;
/** The components that a process has without a request. */
export let xfeatures: u32 = 0;
/** The components that the processor has, from AVX on; a number of 0 ends them. */
export const components: usize = memory.data(offsetof<Component>() * MOST_COMPONENTS, 4);
/** mxcsr_mask, as the kernel reports it. */
export let mxcsrMask: u32 = 0;
/** Not 0: no case has a breakpoint for data, which some emulators cannot bear together with TF. */
export let avoidsWatchpoints: u32 = 0;
/** Bits of eflags or pstate that are not compared. */
export let ignoredFlags: u64 = 0;

export function ignoreFlags(bits: u64): void {
  ignoredFlags |= bits;
}
/** The page of the stub code, of which the model knows nothing else. */
export let stubCode: u64 = 0;

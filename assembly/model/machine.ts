// The machine that predictions are for, as far as rules depend on it beyond its features. The host writes it:
// src/fuzz/predict/model.ts.

/** The length of the XSAVE area that NT_X86_XSTATE has, and of that in a signal frame without its last word. */
export let xstateLength: u32 = 0;
/** The components that are enabled without a request, as in XCR0. */
export let xfeatures: u32 = 0;
/** mxcsr_mask, as the kernel reports it. */
export let mxcsrMask: u32 = 0;
/** Not 0: no case has a breakpoint for data, which some emulators cannot bear together with TF. */
export let avoidsWatchpoints: u32 = 0;
/** Bits of eflags that are not compared. */
export let ignoredFlags: u64 = 0;
/** The page of the stub code, of which the model knows nothing else. */
export let stubCode: u64 = 0;

/**
 * The components of an XSAVE area that a new context has: x87, SSE and AVX (bits of XCR0; Intel SDM volume 1, 13.1).
 * The content of another component counts only if its bit in XSTATE_BV is set.
 */
export const COMPONENTS = 0b111n;

/** The largest XSAVE area of a processor, in bytes: more than AMX needs. */
export const LARGEST_XSTATE = 16 << 10;

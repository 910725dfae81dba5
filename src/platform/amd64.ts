/**
 * The components of an XSAVE area that a new context has: x87, SSE and AVX (bits of XCR0; Intel SDM volume 1, 13.1).
 * What a guest's registers hold in another component counts only if its bit in XSTATE_BV is set.
 */
export const COMPONENTS = 0b111n;

/** The most bytes that the XSAVE area of a processor takes: AMX's tiles and some. */
export const LARGEST_XSTATE = 16 << 10;

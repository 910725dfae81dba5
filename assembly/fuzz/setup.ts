// A register setup and its outcome, which are adjacent in this module's memory. The build writes them, the kinds of
// setups, and the offsets from src/labs/fuzz/case/records.ts, for the shim too.

import { SETUP_from } from "../../build/records";

export * from "../../build/records";

/** The offset of from, way, on and wants, a byte each from the lowest. */
export const SETUP_kinds: i32 = SETUP_from;

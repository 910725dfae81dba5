// A register setup and its outcome, which are adjacent in this module's memory. The build writes them, the kinds of
// setups, and the offsets from src/fuzz/case/records.ts, for the shim too.

import { REGISTERS, SETUP_from } from "../../build/records";
import { REGISTERS_SIZE } from "../amd64/registers";

export * from "../../build/records";

if (REGISTERS_SIZE != 8 * REGISTERS) ERROR("the encoder has another block");

/** The offset of from, way, on and wants, a byte each from the lowest. */
export const SETUP_kinds: i32 = SETUP_from;

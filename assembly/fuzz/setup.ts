// A register setup and its outcome, which are adjacent in this module's memory. The build writes them, the kinds of
// setups, and the offsets from src/labs/fuzz/case/records.ts, for the shim too.

export * from "../../build/records";

// The memory of a target (src/labs/fuzz/case/arm64/code.ts), and what the build describes: pieces of code, and the
// registers between two cases.

import { placeHandler } from "../../../build/tables";

export * from "../../../build/tables";
export * from "../pages";

/** Whether a task is in the handler of signals: at its NOP, or at the BRK after it. */
export function isInHandler(address: u64): bool {
  return address - placeHandler <= 4;
}

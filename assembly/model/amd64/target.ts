// The memory of a target (src/labs/fuzz/case/amd64/code.ts), and what the build describes: pieces of code, and the
// registers between two cases.

export * from "../../../build/tables";
export * from "../pages";

/** Whether a page is in a set: bit n stands for the page n. */
export function isAmong(page: u32, set: u32): bool {
  return ((set >> page) & 1) != 0;
}

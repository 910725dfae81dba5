// The memory of a target (src/labs/fuzz/case/arm64/code.ts), and what the build describes: pieces of code, and the
// registers between two cases.

export * from "../../../build/tables";
export * from "../pages";

// The memory of a target (src/labs/fuzz/case/arm64/code.ts), which the build describes: pieces of code, pages,
// and the registers between two cases.

import {
  endOfScratch,
  pageCode,
  pageConstants,
  pageScratch,
  placeHandler,
  sizeOfPart,
} from "../../../build/tables";

export * from "../../../build/tables";

/** The contents of the code and of the constants: their addresses in this module, which the host writes. */
export let codeBytes: usize = 0;
export let constantBytes: usize = 0;

/** What a page is to a program. */
export const UNMAPPED: u32 = 0;
export const CODE_PAGE: u32 = 1;
export const CONSTANT_PAGE: u32 = 2;
export const SCRATCH_PAGE: u32 = 3;
export const STUB_PAGE: u32 = 4;

/** More than the stub code takes, and than a page has. */
const STUB_SIZE: u64 = 0x1_0000;

/** The page of an address. */
export function pageAt(address: u64, stubCode: u64): u32 {
  if (address - pageScratch < endOfScratch - pageScratch) return SCRATCH_PAGE;
  if (address - pageCode < sizeOfPart) return CODE_PAGE;
  if (address - pageConstants < sizeOfPart) return CONSTANT_PAGE;
  return address - (stubCode & ~(STUB_SIZE - 1)) < STUB_SIZE ? STUB_PAGE : UNMAPPED;
}

/** Whether a task is in the handler of signals: at its NOP, or at the BRK after it. */
export function isInHandler(address: u64): bool {
  return address - placeHandler <= 4;
}

/** The instruction at an address of the code. */
export function instructionAt(address: u64): u32 {
  return load<u32>(codeBytes + usize(address - pageCode));
}

/** A byte of the code or of the constants. */
export function byteAt(address: u64): u64 {
  if (address - pageCode < sizeOfPart) return load<u8>(codeBytes + usize(address - pageCode));
  return load<u8>(constantBytes + usize(address - pageConstants));
}

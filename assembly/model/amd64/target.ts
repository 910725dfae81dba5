// The memory of a target (src/labs/fuzz/case/amd64/code.ts), which the build describes: pieces of code, pages,
// and the registers between two cases.

import {
  endOfScratch,
  pageCode,
  pageConstants,
  pageScratch,
  placeHandler,
} from "../../../build/tables";
import { stubCode } from "../machine";

const PAGE_SIZE: u64 = 4096;

export * from "../../../build/tables";

/** The contents of the pages of code and of constants: their addresses in this module, which the host writes. */
export let codeBytes: usize = 0;
export let constantBytes: usize = 0;

/** What a page is to a program. */
export const UNMAPPED: u32 = 0;
export const CODE_PAGE: u32 = 1;
export const CONSTANT_PAGE: u32 = 2;
export const SCRATCH_PAGE: u32 = 3;
export const STUB_PAGE: u32 = 4;

/** The page of an address. */
export function pageAt(address: u64): u32 {
  return address - stubCode < PAGE_SIZE ? STUB_PAGE : ownPageAt(address);
}

/** The same on any machine: as if there were no stub code. */
export function ownPageAt(address: u64): u32 {
  if (address - pageScratch < endOfScratch - pageScratch) return SCRATCH_PAGE;
  if (address - pageCode < PAGE_SIZE) return CODE_PAGE;
  return address - pageConstants < PAGE_SIZE ? CONSTANT_PAGE : UNMAPPED;
}

/** Whether a task is in the handler of signals: at its INT3, or after it. */
export function isInHandler(address: u64): bool {
  return address - placeHandler <= 1;
}

/** Whether a page is in a set: bit n stands for the page n. */
export function isAmong(page: u32, set: u32): bool {
  return ((set >> page) & 1) != 0;
}

/** A byte of the pages of code and of constants. */
export function byteAt(address: u64): u32 {
  const offset = usize(address) & (usize(PAGE_SIZE) - 1);
  return load<u8>((address - pageCode < PAGE_SIZE ? codeBytes : constantBytes) + offset);
}

/** Four bytes that are on the page of code or of constants. */
export function halfAt(address: u64): u32 {
  const offset = usize(address) & (usize(PAGE_SIZE) - 1);
  return load<u32>((address - pageCode < PAGE_SIZE ? codeBytes : constantBytes) + offset);
}

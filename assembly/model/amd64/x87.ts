// The x87 registers as XSAVE writes them, after XRSTOR of other bytes.

import { NOT_KNOWN } from "../pairs";
import { applies, use } from "../rule";

/**
 * Of fcw the bits {set} are always set, and those outside {mask} never; the bits {flags} of fsw say whether it has an
 * exception that fcw does not mask; the {unused} bytes after each register are 0.
 * @source x87 FPU control word, status word, SDM volume 1; XSAVE, SDM volume 2
 * @asked amd intel
 */
export let S18: u32 = 0;
export let S18_set: u32 = 0x40;
export let S18_mask: u32 = 0x1f7f;
export let S18_flags: u32 = 0x8080;
export let S18_unused: u64 = 6;

/** The exceptions in fsw, and their masks in fcw. */
const EXCEPTIONS: u32 = 0x3f;

/**
 * Floating point has an instruction, an operand or an opcode of x87: processors differ in which of them they restore.
 * @source x87 FPU instruction and data pointers, SDM volume 1, 8.1.8; APM volume 4
 */
export let U33: u32 = 0;

const REGISTERS: u64 = 32;
/** fop, fip and fdp. */
const POINTERS: u64 = 6;
const POINTERS_END: u64 = 24;

/** The byte at an offset, if `byteAt` returns those that were restored. */
export function x87Byte(offset: u64, byteAt: (offset: u64) => u32): i32 {
  const byte = byteAt(offset);
  if (offset >= REGISTERS) return offset % 16 >= 16 - S18_unused && use(S18) ? 0 : byte;
  if (offset < 4) return use(S18) ? controlByte(offset, byteAt) : byte;
  if (offset < POINTERS) return offset == 4 ? byte : 0;
  let pointers: u32 = 0;
  for (let at = POINTERS; at < POINTERS_END; at++) pointers |= byteAt(at);
  return applies(U33, pointers != 0) ? NOT_KNOWN : 0;
}

/** fsw, whose bit for "busy" is that for an exception. */
function withBusy(fsw: u32): u32 {
  return (fsw & 0x7fff) | ((fsw & 0x80) << 8);
}

/** A byte of fcw and fsw. */
function controlByte(offset: u64, byteAt: (offset: u64) => u32): i32 {
  const fcw = ((byteAt(0) | (byteAt(1) << 8)) & S18_mask) | S18_set;
  const status = (byteAt(2) | (byteAt(3) << 8)) & ~S18_flags;
  const pends = (status & ~fcw & EXCEPTIONS) != 0;
  const fsw = withBusy(pends ? status | S18_flags : status);
  return (((fcw & 0xffff) | (fsw << 16)) >> (8 * u32(offset))) & 0xff;
}

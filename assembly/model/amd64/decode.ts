// Decodes the instructions that the code of a target (src/labs/fuzz/case/amd64/code.jsonl) has at any of its bytes.
// Those that are not here are OTHER.

import { use } from "../rule";
import { byteAt } from "./target";

export const OTHER: u32 = 0;
export const INT3: u32 = 1;
export const NOP: u32 = 2;
export const HLT: u32 = 3;
export const INVALID: u32 = 4;
export const SYSCALL: u32 = 5;
export const INT: u32 = 6;
export const LOAD: u32 = 7;
export const STORE: u32 = 8;
export const PUSH: u32 = 9;
export const POP: u32 = 10;
export const POP_ES: u32 = 11;
export const MOV_SS: u32 = 12;
export const RDFSBASE: u32 = 13;
export const RDGSBASE: u32 = 14;
export const DIV: u32 = 15;
export const JMP_SELF: u32 = 16;
export const INC_EAX: u32 = 17;
export const DEC_EAX: u32 = 18;
export const ADD_EAX: u32 = 19;
export const OR_ECX_ESP: u32 = 20;
export const OR_AH: u32 = 21;
export const ROR_AH: u32 = 22;
export const DEC_AH: u32 = 23;
export const TEST_ESP: u32 = 24;
/** It continues on the next page, which is not mapped. */
export const CUT_OFF: u32 = 25;
export const INTO: u32 = 26;
export const ICEBP: u32 = 27;
export const ADD_AL: u32 = 28;
export const ADD_ECX_ESP: u32 = 29;
export const ADD_ESP_ECX: u32 = 30;
export const DEC_ESP: u32 = 31;
export const COMISS: u32 = 32;

/**
 * Prefixes: CS, which changes nothing here, REPZ, and REX in 64-bit code, of which W makes the operands 64 bits wide.
 */
const CS: u32 = 0x2e;
const REPZ: u32 = 0xf3;
const REX: u32 = 0x40;
const REX_W: u32 = 8;
/** ModRM bytes: the operands of an instruction. */
const AX_RDI: u32 = 0x07;
const AX_SS: u32 = 0xd0;
const DIV_RDI: u32 = 0xf7;
const ECX_ESP: u32 = 0xcc;
const ESP: u32 = 0xcc;
const AX_FSBASE: u32 = 0xc0;
const XMM4_XMM4: u32 = 0xe4;
const BX_GSBASE: u32 = 0xcb;

/**
 * INTO does not exist in 64-bit code.
 * @source INT n/INTO, SDM volume 2
 * @asked amd intel
 */
export let R106: u32 = 0;

/** The end of the last decoded instruction, the bytes of its operands: 4 or 8, and the vector of an INT. */
export let end: u64 = 0;
export let operandSize: u32 = 0;
export let vector: u32 = 0;

/** The instruction at an address on the page of code. `short` means 32-bit code. */
export function decode(address: u64, short: bool): u32 {
  let at = address;
  let rep = false;
  operandSize = 4;
  let byte = byteAt(at);
  if (byte == REPZ || byte == CS) {
    rep = byte == REPZ;
    byte = byteAt(++at);
  }
  if (!short && (byte & 0xf0) == REX) {
    if ((byte & REX_W) != 0) operandSize = 8;
    if (isLast(at)) return cutOff(at);
    byte = byteAt(++at);
  }
  end = at + 1;
  switch (byte) {
    case 0xcc:
      return INT3;
    case 0x90:
      return NOP;
    case 0xf4:
      return HLT;
    case 0x9c:
    case 0x50:
      return stack(short, PUSH);
    case 0x5b:
      return stack(short, POP);
    case 0x40:
      return INC_EAX;
    case 0x48:
      return DEC_EAX;
    case 0x07:
      return short ? POP_ES : INVALID;
    // IN: it needs a permission that no target has, as HLT does.
    case 0xe4:
      return long(2, HLT);
    case 0x2f:
      return short ? OTHER : INVALID;
    case 0x05:
      return long(5, ADD_EAX);
    case 0x8b:
      return modrm(at) == AX_RDI ? long(2, LOAD) : OTHER;
    case 0x89:
      return modrm(at) == AX_RDI ? long(2, STORE) : OTHER;
    case 0x8e:
      return modrm(at) == AX_SS ? long(2, MOV_SS) : OTHER;
    case 0x0b:
      return modrm(at) == ECX_ESP ? long(2, OR_ECX_ESP) : OTHER;
    case 0xf7:
      return modrm(at) == DIV_RDI ? long(2, DIV) : modrm(at) == 0xcc ? long(6, TEST_ESP) : OTHER;
    case 0xcd:
      vector = modrm(at);
      return long(2, INT);
    case 0xce:
      return short || !use(R106) ? INTO : INVALID;
    case 0xf1:
      return ICEBP;
    case 0x01:
      return modrm(at) == ECX_ESP ? long(2, ADD_ESP_ECX) : OTHER;
    case 0x03:
      return modrm(at) == ECX_ESP ? long(2, ADD_ECX_ESP) : OTHER;
    case 0x04:
      return long(2, ADD_AL);
    case 0xff:
      return modrm(at) == ESP ? long(2, DEC_ESP) : OTHER;
    case 0xeb:
      return modrm(at) == 0xfe ? long(2, JMP_SELF) : OTHER;
    case 0x80:
      return modrm(at) == 0xcc ? long(3, OR_AH) : OTHER;
    case 0xd0:
      return modrm(at) == 0xcc ? long(2, ROR_AH) : OTHER;
    case 0xfe:
      return modrm(at) == 0xcc ? long(2, DEC_AH) : OTHER;
    case 0x0f:
      return twoBytes(at + 1, rep);
    default:
      return OTHER;
  }
}

/** The second byte of an instruction. */
function modrm(at: u64): u32 {
  return byteAt(at + 1);
}

/** An instruction of so many bytes after its prefixes. */
function long(bytes: u64, instruction: u32): u32 {
  end += bytes - 1;
  return instruction;
}

/** PUSH, POP and PUSHF have the width of the mode. */
function stack(short: bool, instruction: u32): u32 {
  operandSize = short ? 4 : 8;
  return instruction;
}

function twoBytes(at: u64, rep: bool): u32 {
  end = at + 1;
  const byte = byteAt(at);
  if (byte == 0x05) return SYSCALL;
  if (byte == 0x0b) return INVALID;
  if (byte == 0x2f && !rep) return modrm(at) == XMM4_XMM4 ? long(2, COMISS) : OTHER;
  if (byte != 0xae) return OTHER;
  if (!rep) return INVALID;
  if (modrm(at) == AX_FSBASE) return long(2, RDFSBASE);
  return modrm(at) == BX_GSBASE ? long(2, RDGSBASE) : OTHER;
}

function isLast(address: u64): bool {
  return (address & 0xfff) == 0xfff;
}

function cutOff(at: u64): u32 {
  end = at + 1;
  return CUT_OFF;
}

// Instructions that compute: DIV, and arithmetic of eax, ah, ecx and esp, and the flags that it leaves.

import { REG_eflags, REG_rax, REG_rcx, REG_rdi, REG_rdx, REG_rsp } from "../../amd64/registers";
import { forget, get, set } from "../prediction";
import { applies, use } from "../rule";
import * as op from "./decode";
import { clearFlags, lacks, setFlags } from "./task";
import { divideError } from "./traps";

const CF: u64 = 1;
const PF: u64 = 4;
const AF: u64 = 0x10;
const ZF: u64 = 0x40;
const SF: u64 = 0x80;
const OF: u64 = 0x800;

const SIGN: u32 = 0x8000_0000;
const BYTE_SIGN: u32 = 0x80;

/** PF, ZF and SF of a result, with the bit that is its sign. */
function resultFlags(result: u32, sign: u32): u64 {
  return (
    ((popcnt<u32>(result & 0xff) & 1) == 0 ? PF : 0) |
    (result == 0 ? ZF : 0) |
    ((result & sign) != 0 ? SF : 0)
  );
}

function replace(mask: u64, flags: u64): void {
  clearFlags(mask);
  setFlags(flags);
}

/** INC of the low half of a register by 1, or DEC by -1: all flags but CF. */
function count(register: i32, by: i32): void {
  const old = u32(get(register));
  const sum = old + by;
  const adjusts = (old & 0xf) == (by == 1 ? 0xf : 0);
  const overflows = by == 1 ? sum == SIGN : old == SIGN;
  set(register, sum);
  replace(
    PF | AF | ZF | SF | OF,
    resultFlags(sum, SIGN) | (adjusts ? AF : 0) | (overflows ? OF : 0),
  );
}

/** ADD of a number to the low half of a register. */
function add(register: i32, by: u32): void {
  const old = u32(get(register));
  set(register, old + by);
  setSumFlags(old, by, old + by, SIGN);
}

/** ADD of a byte to al. */
function addToAl(by: u32): void {
  const old = u32(get(REG_rax)) & 0xff;
  const sum = (old + by) & 0xff;
  set(REG_rax, (get(REG_rax) & ~0xff) | u64(sum));
  setSumFlags(old, by, sum, BYTE_SIGN);
}

function setSumFlags(old: u32, by: u32, sum: u32, sign: u32): void {
  replace(
    CF | PF | AF | ZF | SF | OF,
    resultFlags(sum, sign) |
      (sum < old ? CF : 0) |
      ((old ^ by ^ sum) & u32(AF)) |
      (((old ^ sum) & (by ^ sum) & sign) != 0 ? OF : 0),
  );
}

/**
 * The flags of OR and TEST with 32-bit or 8-bit operands. `loose`: those that they clear although the manual leaves
 * them undefined.
 */
function setLogicFlags(result: u32, isByte: bool, loose: u64): void {
  replace(CF | OF | PF | ZF | SF | loose, resultFlags(result, isByte ? BYTE_SIGN : SIGN));
}

function getAh(): u32 {
  return u32(get(REG_rax) >> 8) & 0xff;
}

function setAh(byte: u32): void {
  set(REG_rax, (get(REG_rax) & ~0xff00) | (u64(byte) << 8));
}

/** DEC of ah: all flags but CF. */
function decrementAh(): void {
  const old = getAh();
  const result = (old - 1) & 0xff;
  setAh(result);
  replace(
    PF | AF | ZF | SF | OF,
    resultFlags(result, BYTE_SIGN) | ((old & 0xf) == 0 ? AF : 0) | (old == BYTE_SIGN ? OF : 0),
  );
}

/** ROR of ah by one. */
function rotateAh(): void {
  const old = getAh();
  const result = (old >> 1) | ((old & 1) << 7);
  setAh(result);
  const overflows = ((result ^ (result << 1)) & BYTE_SIGN) != 0;
  replace(CF | OF, ((old & 1) != 0 ? CF : 0) | (overflows ? OF : 0));
}

/** Whether the quotient of DIV by rdi or edi fits. */
function quotientFits(bytes: u32): bool {
  if (bytes == 4) return u32(get(REG_rdx)) < u32(get(REG_rdi));
  return get(REG_rdx) < get(REG_rdi);
}

/** DIV by rdi or edi, if the quotient fits. */
function divide(bytes: u32): void {
  if (bytes == 4) divide32();
  else divide64();
}

function divide32(): void {
  const by = u64(u32(get(REG_rdi)));
  const dividend = (u64(u32(get(REG_rdx))) << 32) | u64(u32(get(REG_rax)));
  set(REG_rax, dividend / by);
  set(REG_rdx, dividend % by);
}

/** Long division of rdx:rax, bit by bit. */
function divide64(): void {
  const by = get(REG_rdi);
  let rest = get(REG_rdx);
  let low = get(REG_rax);
  let quotient: u64 = 0;
  for (let k = 0; k < 64; k++) {
    const carry = rest >> 63;
    rest = (rest << 1) | (low >> 63);
    low <<= 1;
    quotient <<= 1;
    if (carry == 0 && rest < by) continue;
    rest -= by;
    quotient |= 1;
  }
  set(REG_rax, quotient);
  set(REG_rdx, rest);
}

/** INT3 four times, as a number: what follows the instructions that begin in the middle of others. */
const BREAKS: u32 = 0xcccc_cccc;

/**
 * DIV sets AF ({set}), clears PF, ZF and SF ({cleared}), and keeps CF and OF.
 * @source measured
 * @asked amd-26
 * @needs div_flags
 */
export let R64: u32 = 0;
export let R64_set: u64 = 0x10;
export let R64_cleared: u64 = 0xc4;

/**
 * DIV leaves flags that the manual does not define. On processors that leave others eflags is not predicted after it.
 * @source DIV, SDM volume 2
 * @needs !div_flags
 */
export let U9: u32 = 0;

/** DIV %rdi. Returns whether the task has stopped. */
export function div(size: u32): bool {
  if (lacks(REG_rdx) || lacks(REG_rdi)) return true;
  const divides = quotientFits(size);
  if (divides) {
    if (lacks(REG_rax)) return true;
    divide(size);
  }
  if (divides && use(R64)) {
    clearFlags(R64_cleared);
    setFlags(R64_set);
  } else if (applies(U9, divides)) forget(REG_eflags);
  return !divides && divideError();
}

/**
 * OR and TEST clear AF ({flag}), which the manual leaves undefined.
 * @source measured
 * @asked amd intel
 */
export let R71: u32 = 0;
export let R71_flag: u64 = AF;

/** Arithmetic of eax, ah, ecx and esp. Returns whether the task has stopped. */
export function calculate(instruction: u32): bool {
  if (lacks(operandOf(instruction))) return true;
  if (instruction == op.INC_EAX) count(REG_rax, 1);
  else if (instruction == op.DEC_EAX) count(REG_rax, -1);
  else if (instruction == op.DEC_ESP) count(REG_rsp, -1);
  else if (instruction == op.ADD_EAX) add(REG_rax, BREAKS);
  else if (instruction == op.ADD_AL) addToAl(BREAKS & 0xff);
  else if (instruction == op.ADD_ECX_ESP) add(REG_rcx, u32(get(REG_rsp)));
  else if (instruction == op.ADD_ESP_ECX) add(REG_rsp, u32(get(REG_rcx)));
  else if (instruction == op.ROR_AH) rotateAh();
  else if (instruction == op.DEC_AH) decrementAh();
  else logic(instruction);
  return false;
}

/** The register of which arithmetic depends, beside rsp. */
function operandOf(instruction: u32): i32 {
  switch (instruction) {
    case op.OR_ECX_ESP:
    case op.ADD_ECX_ESP:
    case op.ADD_ESP_ECX:
      return REG_rcx;
    case op.TEST_ESP:
    case op.DEC_ESP:
      return REG_rsp;
    default:
      return REG_rax;
  }
}

function logic(instruction: u32): void {
  const loose = use(R71) ? R71_flag : 0;
  if (instruction == op.OR_AH) {
    setAh(getAh() | (BREAKS & 0xff));
    setLogicFlags(getAh(), true, loose);
  } else if (instruction == op.OR_ECX_ESP) {
    set(REG_rcx, u64(u32(get(REG_rcx)) | u32(get(REG_rsp))));
    setLogicFlags(u32(get(REG_rcx)), false, loose);
  } else setLogicFlags(u32(get(REG_rsp)) & BREAKS, false, loose);
}

// Instructions that compute: DIV, and arithmetic of eax, ah, ecx and esp.

import { REG_eflags, REG_rax, REG_rcx, REG_rdi, REG_rdx, REG_rsp } from "../../amd64/registers";
import { forget, get, set } from "../registers";
import { applies, use } from "../rule";
import {
  AF,
  add,
  addToAl,
  count,
  decrementAh,
  divide,
  getAh,
  quotientFits,
  rotateAh,
  setAh,
  setLogicFlags,
} from "./arithmetic";
import * as op from "./decode";
import { clearFlags, lacks, setFlags } from "./task";
import { divideError } from "./traps";

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

// The registers of the traced task during a prediction, and which of them are known. Registers are named by their byte
// offset in the block: REG_rax or REG_pc and so on.

import { copyWords } from "../fuzz/records";
import { OUTCOME_SIZE, OUTCOME_stopped, REGISTERS } from "../fuzz/setup";
import { baseline } from "./target";

/** The predicted outcome, in the layout of an outcome. What is not known in it is arbitrary. */
export const predicted: usize = memory.data(OUTCOME_SIZE, 8);
/** The registers of the task: those at the stop, once it has stopped. */
const registers: usize = predicted + OUTCOME_stopped;

/** With more registers than bits the last bit stands for all that have none. */
const LAST_BIT: i32 = 31;
const ALL_KNOWN: u32 = i32(REGISTERS) > LAST_BIT ? 0xffff_ffff : (1 << REGISTERS) - 1;

/** Bit n: register n is known. */
export let knownRegisters: u32 = 0;

/** Sets the registers to those between two cases. */
export function startRegisters(): void {
  knownRegisters = ALL_KNOWN;
  copyWords(registers, usize(baseline), 8 * REGISTERS);
}

export function get(register: i32): u64 {
  return load<u64>(registers + register);
}

export function put(register: i32, word: u64): void {
  store<u64>(registers + register, word);
}

/** Puts a word that is known. */
export function set(register: i32, word: u64): void {
  put(register, word);
  know(bit(register));
}

export function copy(from: i32, to: i32): void {
  put(to, get(from));
  if (knows(from)) know(bit(to));
  else forget(to);
}

export function know(bits: u32): void {
  knownRegisters |= bits;
}

export function forget(register: i32): void {
  knownRegisters &= ~bit(register);
}

export function knows(register: i32): bool {
  return (knownRegisters & bit(register)) != 0;
}

/** The bit of a register. */
export function bit(register: i32): u32 {
  const index = register >> 3;
  return 1 << (i32(REGISTERS) > LAST_BIT ? min(index, LAST_BIT) : index);
}

/** Copies all registers to an address. */
export function saveRegisters(to: usize): void {
  copyWords(to, registers, 8 * REGISTERS);
}

/** Copies the registers from `begin` to before `end` from a block. */
export function loadRegisters(block: usize, begin: i32, end: i32): void {
  copyWords(registers + begin, block + begin, end - begin);
}

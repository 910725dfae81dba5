// The prediction under way: the predicted outcome, among it the registers of the traced task, and which of it is known.
// Registers are named by their byte offset in the block: REG_rax or REG_pc and so on.

import { copyWords } from "../fuzz/records";
import { OUTCOME_SIZE, OUTCOME_stopped, Outcome, REGISTERS } from "../fuzz/setup";
import { applies, beginUses } from "./rule";
import { startSignals } from "./send_signal";
import { AT_END, AT_SIGNAL, isStop } from "./stops";
import { baseline } from "./target";
import { PC, startTask, task } from "./task";

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
function startRegisters(): void {
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

/**
 * The fields that may be known, in addition to registers: errno and index of the write, errno of the resume, status,
 * siginfo, and its address.
 */
export const KNOWS_ERROR: u32 = 1;
export const KNOWS_STATUS: u32 = 2;
export const KNOWS_INFO: u32 = 4;
export const KNOWS_ADDRESS: u32 = 8;

@unmanaged
export class Known {
  /** KNOWS_ERROR and so on. */
  fields: u32;
  /** Bit n: word n is known. */
  written: u32;
  stopped: u32;
  frame: u32;
  /** The rule because of which the stop is not predicted; 0 if it is. */
  reason: u32;
}

export const known = changetype<Known>(memory.data(offsetof<Known>(), 8));
export const outcome = changetype<Outcome>(predicted);

/**
 * Begins the prediction of a step. One that goes on stays not predicted if the step before it is not. Returns whether
 * there is a stop to begin at.
 */
export function beginStep(goesOn: bool): bool {
  beginUses(goesOn);
  known.fields = 0;
  known.written = 0;
  known.stopped = 0;
  known.frame = 0;
  outcome.refusedAt = -1;
  if (goesOn) return known.reason == 0 && task.stop != AT_END;
  known.reason = 0;
  startTask();
  startRegisters();
  startSignals();
  return true;
}

/** The write returns an errno. */
export function wrote(errno: i32): void {
  if (known.reason != 0) return;
  outcome.error = errno;
  known.fields |= KNOWS_ERROR;
}

/** The registers are read back after the write. */
export function readBack(): void {
  if (known.reason != 0) return;
  saveRegisters(outcome.written);
  known.written = knownRegisters;
}

/** The resume returns an errno, or is not tried: -1; or the task stops, by a signal, or ends, with this status word. */
export function resumed(errno: i32, status: u32): void {
  outcome.resumed = errno;
  outcome.status = status;
  if (errno == 0) task.stop = isStop(status) ? AT_SIGNAL : AT_END;
  else info(0, 0, 0);
  known.fields |= KNOWS_STATUS;
}

/** The process ends by a signal. */
export function ended(signal: u32): void {
  resumed(0, signal);
  info(0, 0, 0);
}

/** The siginfo at the stop; signal 0 stands for no siginfo. */
export function info(signal: u32, code: i32, address: u64): void {
  outcome.signal = signal;
  outcome.code = code;
  outcome.address = address;
  // The address may be that of the instruction.
  known.fields |= KNOWS_INFO | (signal != 0 && knows(PC) ? KNOWS_ADDRESS : 0);
}

/** The same if the field of the address has another meaning. */
export function infoWithoutAddress(signal: u32, code: i32): void {
  info(signal, code, 0);
  known.fields &= ~KNOWS_ADDRESS;
}

/** If the rule applies: neither the stop nor anything after it is predicted, because of it. */
export function giveUp(rule: u32, condition: bool): bool {
  if (!applies(rule, condition)) return false;
  known.reason = rule;
  known.fields &= KNOWS_ERROR;
  known.stopped = 0;
  known.frame = 0;
  return true;
}

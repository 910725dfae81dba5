// The signature of a case: two cases have the same one if the kernel did the same things to their registers. Addresses,
// pids and values are not part of it unless they are significant, so it is the same in every run.

import { REG_pc, REG_pstate, REG_sp, REG_x0, REG_x1 } from "../../arm64/registers";
import { baseline, placeHandler } from "../../model/arm64/target";
import { REG_syscallno } from "../../model/arm64/task";
import { mix } from "../mix";
import { Outcome, Setup } from "../setup";
import { wordsOf } from "../tables";
import { hasBlock } from "./ways";

/** The flags of arithmetic, changes of which have little significance. */
const CONDITIONS: u32 = 0xf000_0000;
/** How many bytes pc or sp may move in one or two instructions. */
const NEAR: i64 = 16;
const FAR: u32 = 100;
/** The low byte of the status word of a stop, and the first si_code that a stop at a system call may have. */
const STOPPED: u32 = 0x7f;
const SYSCALL_STOP: i32 = 0x80;
const BEGINNING: u64 = 0x5157_0b1b;

/** The signature of a setup and its outcome: an integer below 2^53. */
export function signatureOf(setup: Setup, outcome: Outcome, agreement: u32, decided: u32): f64 {
  let hash = mix(BEGINNING, load<u32>(changetype<usize>(setup)) & 0xff_ffff);
  hash = mix(hash, agreement);
  hash = mix(hash, outcome.error);
  if (outcome.error == 0) hash = mix(hash, outcome.resumed);
  if (outcome.error == 0 && outcome.resumed == 0) {
    const before = hasBlock(setup.way) ? setup.words : wordsOf(baseline);
    hash = mixStop(hash, outcome, before, decided);
  }
  return f64(hash & 0x1f_ffff_ffff_ffff);
}

/** Hashes a stop. `before`: the registers that the case asked for. */
function mixStop(hash: u64, outcome: Outcome, before: usize, decided: u32): u64 {
  const stopped = outcome.stopped;
  hash = mix(hash, outcome.status);
  if ((outcome.status & 0xff) != STOPPED) return hash;
  // The result of a call may be a pid.
  if ((decided & 1) != 0) hash = mix(hash, change(stopped, before, REG_x0));
  hash = mix(hash, distance(stopped, before, REG_pc));
  hash = mix(hash, distance(stopped, before, REG_sp));
  hash = mix(hash, (load<u32>(stopped, REG_pstate) ^ load<u32>(before, REG_pstate)) & ~CONDITIONS);
  hash = mix(hash, change(stopped, before, REG_syscallno));
  if (outcome.signal == 0) return hash;
  hash = mix(hash, outcome.code);
  const isFault = i32(outcome.code) > 0 && i32(outcome.code) < SYSCALL_STOP;
  return isFault ? mix(hash, addressKind(outcome)) : hash;
}

/** How a register changed: not, to 0, to the same low half, to an errno, or in another way. */
function change(stopped: usize, before: usize, register: usize): u32 {
  const is = load<u64>(stopped + register);
  const was = load<u64>(before + register);
  if (is == was) return 0;
  if (is == 0) return 1;
  if (u32(is) == u32(was)) return 2;
  return is > 0xffff_ffff_ffff_f000 ? u32(is) : 3;
}

function distance(stopped: usize, before: usize, register: usize): u32 {
  const is = load<u64>(stopped + register);
  const was = load<u64>(before + register);
  if (is == placeHandler) return FAR + 1;
  const distance = i64(is - was);
  return abs(distance) > NEAR ? FAR : u32(distance);
}

/** Which register the address of a fault is near. */
function addressKind(outcome: Outcome): u32 {
  const stopped = outcome.stopped;
  if (isNear(load<u64>(stopped, REG_pc), outcome.address)) return 1;
  if (isNear(load<u64>(stopped, REG_x1), outcome.address)) return 2;
  return isNear(load<u64>(stopped, REG_sp), outcome.address) ? 3 : 4;
}

function isNear(word: u64, address: u64): bool {
  return abs(i64(word - address)) <= NEAR;
}

// How an outcome differs from its prediction, which is an outcome of which only some fields are known: whether it does;
// where, for its causes; and a hash of it, as far as the prediction determines it, which hosts record so that it can be
// compared with one of another kernel (src/labs/fuzz/against/).

import { ignoredFlags } from "../model/machine";
import {
  KNOWS_ADDRESS,
  KNOWS_ERROR,
  KNOWS_INFO,
  KNOWS_STATUS,
  known,
  outcome,
  predicted,
} from "../model/prediction";
import { isStop } from "../model/stops";
import { isInHandler } from "../model/target";
import { FLAGS, FRAME_FLAGS, PC } from "../model/task";
import { isHandled } from "./kinds";
import {
  OUTCOME_address,
  OUTCOME_code,
  OUTCOME_error,
  OUTCOME_frame,
  OUTCOME_refusedAt,
  OUTCOME_resumed,
  OUTCOME_signal,
  OUTCOME_status,
  OUTCOME_stopped,
  OUTCOME_written,
  Outcome,
  REGISTERS,
  Setup,
  SIGCONTEXT,
  WRITTEN,
} from "./setup";
import { isPoke } from "./ways";

/** Whether an outcome differs from the last prediction. */
export function differsFrom(at: usize): bool {
  if (ignoredFlags != 0) {
    adoptFlags(at, OUTCOME_written + FLAGS);
    adoptFlags(at, OUTCOME_stopped + FLAGS);
    adoptFlags(at, OUTCOME_frame + FRAME_FLAGS);
  }
  const its = changetype<Outcome>(at);
  if (its.obstacle != 0) return false;
  return (
    headDiffers(its) ||
    (difference(outcome.written, its.written, known.written, WRITTEN) |
      difference(outcome.stopped, its.stopped, known.stopped, REGISTERS) |
      difference(outcome.frame, its.frame, known.frame, SIGCONTEXT)) !=
      0
  );
}

/** Predicts flags that are not compared as an outcome has them. */
function adoptFlags(at: usize, offset: usize): void {
  const flags = load<u64>(predicted + offset) & ~ignoredFlags;
  store<u64>(predicted + offset, flags | (load<u64>(at + offset) & ignoredFlags));
}

function headDiffers(its: Outcome): bool {
  if ((known.fields & KNOWS_ERROR) != 0) {
    if (outcome.error != its.error || outcome.refusedAt != its.refusedAt) return true;
  }
  if ((known.fields & KNOWS_STATUS) != 0) {
    if (outcome.resumed != its.resumed || outcome.status != its.status) return true;
  }
  if ((known.fields & KNOWS_INFO) == 0) return false;
  if (outcome.signal != its.signal) return true;
  if (outcome.signal != 0 && outcome.code != its.code) return true;
  return (known.fields & KNOWS_ADDRESS) != 0 && outcome.address != its.address;
}

/**
 * The bits in which any known word differs, four words in a turn.
 *
 * @param set bit n stands for word n, and the last bit for word 31 and all after it
 */
function difference(wanted: usize, there: usize, set: u32, count: u32): u64 {
  let bits: u64 = 0;
  let left = i32(count);
  // The last bit of `set` goes on.
  for (; set != 0 && left >= 4; left -= 4, set = i32(set) >> 4) {
    const first = load<u64>(wanted) ^ load<u64>(there);
    const second = load<u64>(wanted, 8) ^ load<u64>(there, 8);
    const third = load<u64>(wanted, 16) ^ load<u64>(there, 16);
    const fourth = load<u64>(wanted, 24) ^ load<u64>(there, 24);
    if ((set & 15) == 15) bits |= first | second | third | fourth;
    else {
      bits |= ifKnown(first, set) | ifKnown(second, set >> 1);
      bits |= ifKnown(third, set >> 2) | ifKnown(fourth, set >> 3);
    }
    wanted += 32;
    there += 32;
  }
  for (; set != 0 && left > 0; left--, set = i32(set) >> 1) {
    bits |= ifKnown(load<u64>(wanted) ^ load<u64>(there), set);
    wanted += 8;
    there += 8;
  }
  return bits;
}

function ifKnown(word: u64, known: u32): u64 {
  return word & (0 - u64(known & 1));
}

/** A place in an outcome is an offset, with this bit if 32 bits are there. */
const HALF: u32 = 0x8000;
const MOST_PLACES: u32 = 16;
/** The places that `differences` has found. */
export const differencePlaces: usize = memory.data(64, 4);

/** si_code at the stop of a system call: SIGTRAP with the bit of PTRACE_O_TRACESYSGOOD. */
const SYSCALL_STOP: i32 = 0x85;

let seen: usize = 0;
let hash: u64 = 0;
let places: u32 = 0;
/** Whether the case went another way: what differs after that does so for this reason. */
let went: bool = false;

/**
 * A hash, below 2^52, of an outcome, or of the predicted one. It leaves out what the case did not reach, and what
 * says nothing.
 */
export function hashOutcome(setup: usize, outcome: usize): f64 {
  walk(changetype<Setup>(setup), outcome);
  return f64(hash >> 12);
}

/**
 * Notes the first places, in the order of events, in which an outcome differs from its prediction, up to where the case
 * goes another way. Returns their number.
 */
export function differences(setup: usize, outcome: usize): u32 {
  walk(changetype<Setup>(setup), outcome);
  return places;
}

/** Whether the last prediction has the field at a place that `differences` has found. */
export function determines(place: u32): bool {
  const offset = place & ~HALF;
  if (offset >= u32(OUTCOME_frame)) return isIn(known.frame, offset - OUTCOME_frame);
  if (offset >= u32(OUTCOME_stopped)) return isIn(known.stopped, offset - OUTCOME_stopped);
  if (offset >= u32(OUTCOME_written)) return isIn(known.written, offset - OUTCOME_written);
  const field =
    offset == OUTCOME_address
      ? KNOWS_ADDRESS
      : offset == OUTCOME_error || offset == OUTCOME_refusedAt
        ? KNOWS_ERROR
        : offset == OUTCOME_resumed || offset == OUTCOME_status
          ? KNOWS_STATUS
          : KNOWS_INFO;
  return (known.fields & field) != 0;
}

/** The last bit of a set stands for word 31 and all after it. */
function isIn(set: u32, offset: u32): bool {
  return ((set >> min<u32>(offset / 8, 31)) & 1) != 0;
}

function walk(setup: Setup, outcome: usize): void {
  const its = changetype<Outcome>(outcome);
  seen = outcome;
  hash = 0;
  places = 0;
  went = false;
  mix((u64(known.fields) << 32) | known.written);
  mix((u64(known.stopped) << 32) | known.frame);
  half(OUTCOME_error, KNOWS_ERROR);
  if (isPoke(setup.way)) half(OUTCOME_refusedAt, KNOWS_ERROR);
  words(OUTCOME_written, known.written, WRITTEN);
  half(OUTCOME_resumed, KNOWS_STATUS);
  if (its.resumed != 0) return;
  half(OUTCOME_status, KNOWS_STATUS);
  if (!isStop(its.status)) return;
  half(OUTCOME_signal, KNOWS_INFO);
  if (its.signal != 0) {
    half(OUTCOME_code, KNOWS_INFO);
    const code = i32(its.code);
    const hasAddress = code > 0 && code != SYSCALL_STOP;
    if (hasAddress && (known.fields & KNOWS_ADDRESS) != 0) words(OUTCOME_address, 1, 1);
  }
  words(OUTCOME_stopped, known.stopped, REGISTERS);
  if (its.signal != 0 && isHandled(setup.signal) && isAtHandler(its)) {
    words(OUTCOME_frame, known.frame, SIGCONTEXT);
  }
}

/** Anywhere else than in the handler there is something else on the stack. */
function isAtHandler(its: Outcome): bool {
  return isInHandler(load<u64>(its.stopped, PC));
}

function half(offset: u32, field: u32): void {
  if ((known.fields & field) == 0) return;
  const differs = note(offset | HALF, load<u32>(seen + offset), load<u32>(predicted + offset));
  if (offset != OUTCOME_code) went = went || differs;
}

function words(offset: u32, set: u32, count: u32): void {
  const end = offset + 8 * count;
  for (; set != 0 && offset < end; set = i32(set) >> 1, offset += 8) {
    if ((set & 1) != 0) note(offset, load<u64>(seen + offset), load<u64>(predicted + offset));
  }
}

function note(place: u32, word: u64, wanted: u64): bool {
  mix(place);
  mix(word);
  if (word == wanted) return false;
  if (!went && places < MOST_PLACES) store<u32>(differencePlaces + 4 * places++, place);
  return true;
}

/** A step of MurmurHash3, 64 bits: 0xff51afd7ed558ccd. */
const MULTIPLIER: u64 = (u64(0xff51_afd7) << 32) | 0xed55_8ccd;

function mix(word: u64): void {
  hash = (hash ^ word) * MULTIPLIER;
  hash ^= hash >> 33;
}

// Whether an outcome differs from its prediction. A prediction is an outcome of which only some fields are known.

import { Outcome, REGISTERS, SIGCONTEXT, WRITTEN } from "./setup";

/**
 * The fields that may be known, in addition to registers: errno and index of the write, errno of the resume, status,
 * siginfo, and its address.
 */
export const KNOWS_ERROR: u32 = 1;
export const KNOWS_STATUS: u32 = 2;
export const KNOWS_INFO: u32 = 4;
export const KNOWS_ADDRESS: u32 = 8;

/**
 * `written`, `stopped` and `frame` are masks of the known words: bit n stands for word n, and the last bit for word 31
 * and all after it.
 */
export function differs(
  predicted: Outcome,
  seen: Outcome,
  known: u32,
  written: u32,
  stopped: u32,
  frame: u32,
): bool {
  if (seen.obstacle != 0) return false;
  return (
    headDiffers(predicted, seen, known) ||
    (difference(predicted.written, seen.written, written, WRITTEN) |
      difference(predicted.stopped, seen.stopped, stopped, REGISTERS) |
      difference(predicted.frame, seen.frame, frame, SIGCONTEXT)) !=
      0
  );
}

function headDiffers(predicted: Outcome, seen: Outcome, known: u32): bool {
  if ((known & KNOWS_ERROR) != 0) {
    if (predicted.error != seen.error || predicted.refusedAt != seen.refusedAt) return true;
  }
  if ((known & KNOWS_STATUS) != 0) {
    if (predicted.resumed != seen.resumed || predicted.status != seen.status) return true;
  }
  if ((known & KNOWS_INFO) == 0) return false;
  if (predicted.signal != seen.signal) return true;
  if (predicted.signal != 0 && predicted.code != seen.code) return true;
  return (known & KNOWS_ADDRESS) != 0 && predicted.address != seen.address;
}

/** The bits in which any known word differs, four words in a turn. */
function difference(predicted: usize, seen: usize, known: u32, count: u32): u64 {
  let bits: u64 = 0;
  let left = i32(count);
  // The last bit of `known` goes on.
  for (; known != 0 && left >= 4; left -= 4, known = i32(known) >> 4) {
    const first = load<u64>(predicted) ^ load<u64>(seen);
    const second = load<u64>(predicted, 8) ^ load<u64>(seen, 8);
    const third = load<u64>(predicted, 16) ^ load<u64>(seen, 16);
    const fourth = load<u64>(predicted, 24) ^ load<u64>(seen, 24);
    if ((known & 15) == 15) bits |= first | second | third | fourth;
    else {
      bits |= ifKnown(first, known) | ifKnown(second, known >> 1);
      bits |= ifKnown(third, known >> 2) | ifKnown(fourth, known >> 3);
    }
    predicted += 32;
    seen += 32;
  }
  for (; known != 0 && left > 0; left--, known = i32(known) >> 1) {
    bits |= ifKnown(load<u64>(predicted) ^ load<u64>(seen), known);
    predicted += 8;
    seen += 8;
  }
  return bits;
}

function ifKnown(word: u64, known: u32): u64 {
  return word & (0 - u64(known & 1));
}

// The signature of a case: two cases have the same one if they go the same way through the model, that is, if their
// predictions use the same rules in the same order. If an outcome is not as predicted, or not predicted, how it ended
// counts, too. Addresses, pids and values are not part of it, so it is the same in every run.

import { usedRule, usedRules } from "../model/rule";
import { Outcome } from "./setup";

const BEGINNING: u64 = 0x5157_0b1a;

/** The signature of the case that was predicted last: an integer below 2^53. @param agreement 0: it is as predicted */
export function signatureOf(outcome: Outcome, agreement: u32): f64 {
  let hash = mix(BEGINNING, agreement);
  const count = usedRules();
  for (let k: u32 = 0; k < count; k++) hash = mix(hash, usedRule(k));
  if (agreement != 0) {
    hash = mix(mix(hash, outcome.error), outcome.resumed);
    hash = mix(mix(mix(hash, outcome.status), outcome.signal), outcome.code);
  }
  return f64(hash & 0x1f_ffff_ffff_ffff);
}

/** Hashes a number: into the lower half of the hash first, then into the upper half. */
function mix(hash: u64, number: u32): u64 {
  let low = (u32(hash) ^ number) * 0x9e37_79b1;
  low ^= low >> 15;
  let high = (u32(hash >> 32) ^ low) * 0x85eb_ca6b + number;
  high ^= high >> 13;
  return (u64(high) << 32) | low;
}

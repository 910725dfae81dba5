// The signature of a case: two cases have the same one if they begin and are resumed alike, the same rules decide them last,
// and they end alike. It has no addresses and no values, which differ in each run.

import { usedInStep, usedRule, usedRules } from "../model/rule";
import { isStop } from "../model/stops";
import { Outcome, Setup } from "./setup";

const BEGINNING: u64 = 0x5157_0b1a;

/** How many of the last rules count: with more of them, signatures multiply and say little. */
const LAST: u32 = 2;

/** The signature of the step that was predicted last: an integer below 2^53. */
export function signatureOf(setup: Setup, outcome: Outcome, agreement: u32): f64 {
  let hash = mix(BEGINNING, load<u32>(changetype<usize>(setup)) & 0xff_ffff);
  hash = mix(hash, agreement);
  const rules = usedRules();
  const last = min(LAST, usedInStep());
  for (let k: u32 = 1; k <= last; k++) hash = mix(hash, usedRule(rules - k));
  hash = mix(hash, outcome.error);
  hash = mix(hash, outcome.resumed);
  if (outcome.error == 0 && outcome.resumed == 0) {
    hash = mix(hash, outcome.status & 0xff);
    // Without a siginfo there is that of an earlier case.
    const hasInfo = isStop(outcome.status) && outcome.signal != 0;
    if (hasInfo) hash = mix(hash, outcome.code);
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

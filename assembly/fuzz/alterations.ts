// The rules in force: those of a machine, and what is altered in them: bugs that are planted, and known deviations.

import { numberAt, selectRules, setNumber, setRule } from "../../build/rule_settings";
import { flagsOfSwitches } from "../model/instructions";
import { ignoreFlags } from "../model/machine";
import { widen } from "../model/rule";

/** What an alteration does: a rule is removed, or applies wherever it is looked at; or a number is another. */
export const ALTER_REMOVE: u32 = 0;
export const ALTER_WIDEN: u32 = 1;
export const ALTER_NUMBER: u32 = 2;

@unmanaged
class Alteration {
  kind: u32;
  /** Of the rule, from 1 on; or of the number. */
  place: u32;
  word: u64;
  /** The number without it. */
  before: u64;
}

const MOST = 64;
const alterations = memory.data(offsetof<Alteration>() * MOST, 8);
let count: u32 = 0;
let own: u64 = 0;

function alteration(k: u32): Alteration {
  return changetype<Alteration>(alterations + offsetof<Alteration>() * k);
}

/**
 * Lets the rules be those of a machine with a set of features, unaltered: a bit each (src/labs/fuzz/machine.ts). Those
 * that it implies are added to the flags that are not compared.
 */
export function selectMachine(features: u64): void {
  while (count > 0) {
    const last = alteration(--count);
    if (last.kind == ALTER_NUMBER) setNumber(last.place, last.before);
  }
  own = features;
  widen(0);
  selectRules(features);
  ignoreFlags(flagsOfSwitches());
}

/** Alters the rules. More than 64 alterations trap. */
export function alter(kind: u32, place: u32, word: u64): void {
  if (count == MOST) unreachable();
  const it = alteration(count++);
  it.kind = kind;
  it.place = place;
  it.word = word;
  it.before = kind == ALTER_NUMBER ? numberAt(place) : 0;
  apply(it);
}

function apply(it: Alteration): void {
  if (it.kind == ALTER_NUMBER) setNumber(it.place, it.word);
  else setRule(it.place, it.kind == ALTER_WIDEN ? it.place : 0);
  if (it.kind == ALTER_WIDEN) widen(it.place);
}

export function alterationCount(): u32 {
  return count;
}

/** Lets the rules be as they are in force without an alteration, by its number. */
export function withhold(number: u32): void {
  const it = alteration(number);
  selectRules(own);
  if (it.kind == ALTER_NUMBER) setNumber(it.place, it.before);
  if (it.kind == ALTER_WIDEN) widen(0);
  for (let k: u32 = 0; k < count; k++) if (k != number) apply(alteration(k));
}

/** Lets the rules be those of the machine as if a set of features were the other way round, altered as they are. */
export function flipFeatures(set: u64): void {
  selectRules(own ^ set);
  for (let k: u32 = 0; k < count; k++) apply(alteration(k));
}

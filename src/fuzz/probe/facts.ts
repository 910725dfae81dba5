/* The facts as data, for the probe (shim/probe/facts.c). */

import { BASELINE } from "../case/baseline.ts";
import { recordsOf } from "../case/case_record.ts";
import { placeOfField } from "../case/fields.ts";
import { SETUP, SETUP_SIZE } from "../case/setups.ts";
import type { Fact, SetupCheck } from "../facts/fact.ts";
import { FACTS } from "../facts/facts.ts";
import { NEED_NAMES } from "../facts/needs.ts";
import { Bytes } from "./bytes.ts";

/** A group begins, a fact with its checks, a fact that the probe cannot look at. */
export const ENTRIES = { END: 0, GROUP: 1, FACT: 2, OTHER: 3 } as const;

/** The words of a setup that its checks begin with: those of the baseline. */
function baseWords(): BigUint64Array {
  const words = new BigUint64Array(SETUP_SIZE / 8);
  words.set(BASELINE, SETUP.words / 2);
  return words;
}

/**
 *     file    number of groups (u8), entry..., END
 *     GROUP   name, number of facts
 *     FACT    name, source, rules, number of checks (u16), check...
 *     OTHER   name
 *     check   name, needs (u16: a bit each), differing words: number (u8), (index (u8), word)...;
 *             expected: number (u8), (offset (u16), with 0x8000 for a half, word)...
 */
export function factData(): Uint8Array {
  const bytes = new Bytes();
  bytes.u8(new Set(FACTS.map(({ group }) => group)).size);
  let group = "";
  for (const fact of FACTS) {
    if (fact.group !== group) {
      group = fact.group;
      bytes.u8(ENTRIES.GROUP);
      bytes.text(group);
      bytes.u16(FACTS.filter((other) => other.group === group).length);
    }
    putFact(bytes, fact);
  }
  bytes.u8(ENTRIES.END);
  return bytes.all;
}

function putFact(bytes: Bytes, fact: Fact): void {
  if ("steps" in fact) {
    bytes.u8(ENTRIES.OTHER);
    bytes.text(fact.name);
    return;
  }
  bytes.u8(ENTRIES.FACT);
  bytes.text(fact.name);
  bytes.text(fact.source);
  bytes.text(fact.rules.join(" "));
  bytes.u16(fact.checks.length);
  for (const check of fact.checks) putCheck(bytes, check);
}

function putCheck(bytes: Bytes, { name, it, expected, needs }: SetupCheck): void {
  bytes.text(name);
  bytes.u16(needs.reduce((set, need) => set | (1 << NEED_NAMES.indexOf(need)), 0));
  const base = baseWords();
  const words = new BigUint64Array(recordsOf([it]).buffer);
  const differing = [...words.entries()].filter(([i, word]) => word !== base[i]);
  bytes.u8(differing.length);
  for (const [i, word] of differing) {
    bytes.u8(i);
    bytes.word(word);
  }
  bytes.u8(expected.size);
  for (const [field, word] of expected) {
    const { offset, half } = placeOfField(it, field);
    bytes.u16(offset | (half ? 0x8000 : 0));
    bytes.word(half ? BigInt.asUintN(32, word) : word);
  }
}

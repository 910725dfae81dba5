/* The facts as data, for the probe (shim/probe/facts.c). */

import { BASELINE } from "../case/arch.ts";
import { recordsOf } from "../case/case_record.ts";
import { placeOfField } from "../case/fields.ts";
import { SETUP, SETUP_SIZE } from "../case/setups.ts";
import { FACTS } from "../facts/arch.ts";
import type { Fact, RequestField, RequestStep, SetupCheck } from "../facts/fact.ts";
import { NEED_NAMES } from "../facts/needs.ts";
import { VERBS } from "../facts/read/verbs.ts";
import { Bytes } from "./bytes.ts";

/** What the checks of a fact are: cases, or steps with requests. */
export const FACT_KINDS = ["CASES", "REQUESTS"] as const;

/** The groups, in the order of their facts, each with the number of them. */
export function factGroups(): Map<string, number> {
  const groups = new Map<string, number>();
  for (const { group } of FACTS) groups.set(group, (groups.get(group) ?? 0) + 1);
  return groups;
}

/** The words of a setup that its checks begin with: those of the baseline. */
function baseWords(): BigUint64Array {
  const words = new BigUint64Array(SETUP_SIZE / 8);
  words.set(BASELINE, SETUP.words / 2);
  return words;
}

/**
 *     file    fact...
 *     fact    index of FACT_KINDS (u8), name, bytes that follow (word); number (u16), check... or step...
 *     check   name, needs (word: a bit each), differing words: number (u8), (index (u8), word)...;
 *             expected: number (u8), (offset (u16), with 0x8000 for a half, word)...
 *     step    whether it is a check (u8), then its name; number of verbs (u8), verb...; of a check also
 *             expected: number (u8), (index of REQUEST_FIELDS (u8), word)...
 *     verb    number of VERBS (u8), number of words (u8), word...; of UNLESS also the text
 */
export function factData(): Uint8Array {
  const bytes = new Bytes();
  for (const fact of FACTS) {
    const body = factBody(fact);
    bytes.u8(FACT_KINDS.indexOf("steps" in fact ? "REQUESTS" : "CASES"));
    bytes.text(fact.name);
    bytes.word(BigInt(body.length));
    bytes.put(body);
  }
  return bytes.all;
}

function factBody(fact: Fact): Uint8Array {
  const bytes = new Bytes();
  if ("steps" in fact) {
    bytes.u16(fact.steps.length);
    for (const step of fact.steps) putStep(bytes, step);
  } else {
    bytes.u16(fact.checks.length);
    for (const check of fact.checks) putCheck(bytes, check);
  }
  return bytes.all;
}

function putCheck(bytes: Bytes, { name, it, expected, needs }: SetupCheck): void {
  bytes.text(name);
  bytes.word(needs.reduce((set, need) => set | (1n << BigInt(NEED_NAMES.indexOf(need))), 0n));
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

function putStep(bytes: Bytes, { name, verbs, expected }: RequestStep): void {
  bytes.u8(name === undefined ? 0 : 1);
  if (name !== undefined) bytes.text(name);
  bytes.u8(verbs.length);
  for (const { verb, words, text } of verbs) {
    bytes.u8(VERBS[verb]);
    bytes.u8(words.length);
    for (const word of words) bytes.word(word);
    if (text !== undefined) bytes.text(text);
  }
  if (expected === undefined) return;
  bytes.u8(expected.length);
  for (const it of expected) {
    bytes.u8(REQUEST_FIELDS.findIndex((other) => isSame(it, other)));
    bytes.word(it.word);
  }
}

/** The fields of checks of requests, each once. */
export const REQUEST_FIELDS: readonly RequestField[] = FACTS.flatMap((fact) =>
  "steps" in fact ? fact.steps.flatMap(({ expected = [] }) => expected) : [],
).filter((field, i, all) => all.findIndex((other) => isSame(field, other)) === i);

function isSame(some: RequestField, other: RequestField): boolean {
  const [{ place: a }, { place: b }] = [some, other];
  return some.field === other.field && a.kind === b.kind && a.offset === b.offset;
}

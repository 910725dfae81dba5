/*
 * What the build writes for the probe: a C file with tables, and data that is compressed. shim/probe/data.h declares
 * them.
 */

import { signalName } from "../../encoder/names.ts";
import { openEncoder } from "../../encoder/open.ts";
import { BASELINE } from "../case/amd64/baseline.ts";
import { CODES, placeOf, SCRATCH, SCRATCH_SIZE } from "../case/amd64/code.ts";
import { FRAME_REGISTERS, indexOf, REGISTERS } from "../case/amd64/registers.ts";
import { CONTENTS, type Content } from "../case/case_members.ts";
import { DISPATCH_CONFIG } from "../case/fields.ts";
import { fuzzModule } from "../case/module.ts";
import { HANDLED } from "../case/pieces.ts";
import { OBSTACLE } from "../case/records.ts";
import { FROMS, ONS, WAYS } from "../case/setups.ts";
import { PATHS } from "../draw/arch.ts";
import { REST } from "../facts/fact.ts";
import { type Condition, NEED_NAMES, NEEDS } from "../facts/needs.ts";
import { EVENTS } from "../facts/read/numbers.ts";
import { PLACES } from "../facts/read/places.ts";
import { KINDS, LATER, VERBS } from "../facts/read/verbs.ts";
import { KNOWN, LISTS } from "../known/lists.ts";
import { rules } from "../predict/rules.ts";
import { GENERATOR } from "../run/journal.ts";
import { CHUNK, ROUND } from "../run/round.ts";
import {
  FRAME_FPSTATE,
  FRAME_MAGIC2,
  FRAME_WORDS,
  OF_KERNEL,
  OF_PROCESSOR,
  type Trial,
} from "../try/amd64/machine.ts";
import { FEATURES } from "../try/machine.ts";
import { KEPT } from "../try/sigreturn/kept.ts";
import { LOOP, RECORDS } from "../try/sigreturn/place.ts";
import { FACT_KINDS, factData, factGroups, REQUEST_FIELDS } from "./facts.ts";
import { compress } from "./lz4.ts";
import { hostSettings, knownSettings, moduleMemory, ruleSettings } from "./module_state.ts";
import { loopSetUp, OPERATIONS, pagesSetUp, SHARED_FILE, targetSetUp } from "./set_up.ts";

export interface ProbeSource {
  /** Files by name. */
  readonly [file: string]: string | Uint8Array;
}

export function probeSource(): ProbeSource {
  const { areas, buffer } = fuzzModule();
  const parts = {
    memory: moduleMemory(),
    target: bytesOf(targetSetUp()),
    loop: bytesOf(loopSetUp(buffer.byteLength - areas, RECORDS)),
    pages: bytesOf(pagesSetUp()),
    facts: factData(),
  };
  const whole = concat(Object.values(parts));
  return {
    "data.c": tables(parts, whole.length),
    "data.lz4": compress(whole),
    "enums.h": enums(),
  };
}

/** Numbers that the code of the probe has names for. */
function enums(): string {
  return `/* Written by the build from src/fuzz/probe/source.ts. */
${enumOf("fact_kind", "FACT", FACT_KINDS)}
${enumOf("operation", "OPERATION", OPERATIONS)}
${enumOf("frame_base", "FRAME_BASE", FRAME_BASES)}
${enumOf("verb", "VERB", VERBS)}
${enumOf("later", "LATER", KINDS)}
${enumOf("place", "PLACE", PLACES)}
#define LATER ${word(LATER)}
#define REMAINING ${quote(REST)}
`;
}

function tables(parts: Readonly<Record<string, Uint8Array>>, size: number): string {
  let at = 0;
  const sections = Object.entries(parts).map(([name, { length }]) => {
    const line = `const struct section section_${name} = {${at}, ${length}};`;
    at += length;
    return line;
  });
  return `/* Written by the build from src/fuzz/probe/source.ts. */
#include "data.h"
${sections.join("\n")}
const struct group groups[] = {${[...factGroups()].map(([name, facts]) => `{${quote(name)}, ${facts}}`).join(", ")}, {0, 0}};
const uint32_t data_size = ${size};
const uint32_t module_areas = ${fuzzModule().areas};
const uint64_t shared_file = ${word(SHARED_FILE)};
const uint64_t records_address = ${word(RECORDS)};
const uint64_t scratch_address = ${word(SCRATCH)}, scratch_size = ${SCRATCH_SIZE};
const uint64_t loop_address = ${word(LOOP)}, kept_fs_base = ${word(KEPT.fs_base)}, kept_gs_base = ${word(KEPT.gs_base)};
const uint32_t kept_ds = ${KEPT.ds}, kept_es = ${KEPT.es};
const uint32_t round_cases = ${ROUND}, chunk_cases = ${CHUNK}, generator_version = ${GENERATOR};
const uint64_t place_syscall = ${word(placeOf("syscall"))}, place_int80 = ${word(placeOf("int80"))};
const uint64_t baseline[] = {${BASELINE.map(word).join(", ")}};
${names("path_names", PATHS)}
${names("dispatch_names", DISPATCH_CONFIG)}
${names("register_names", REGISTERS)}
${names("from_names", FROMS)}
${names("way_names", WAYS)}
${names("on_names", ONS)}
${names("feature_names", FEATURES)}
${names("processor_flags", OF_PROCESSOR)}
${names("frame_names", FRAME_REGISTERS)}
${names(
  "obstacle_texts",
  OBSTACLE.values.map(([, about]) => about),
)}
${names(
  "rule_ids",
  rules().map(({ id }) => id),
)}
${names("signal_names", signalNames())}
const struct content contents[] = {${WAYS.map((way) => contentOf(CONTENTS[way])).join(", ")}};
const struct need needs[] = {
${NEED_NAMES.map((name) => `    {${quote(name)}, ${quote(NEEDS[name].reason)}, ${needOf(NEEDS[name])}},`).join("\n")}
    {0, 0, 0, 0, 0},
};
const struct request_field request_fields[] = {
${REQUEST_FIELDS.map(({ field, place }) => `    {${quote(field)}, ${PLACES.indexOf(place.kind)}, ${place.offset}},`).join("\n")}
};
const struct event events[] = {${Object.entries(EVENTS)
    .map(([event, name]) => `{${event}, ${quote(name)}}`)
    .join(", ")}, {0, 0}};
const struct piece pieces[] = {${CODES.map(({ name, address }) => `{${quote(name)}, ${word(address)}}`).join(", ")}, {0, 0}};
const struct trial trials[] = {
${OF_KERNEL.map(([feature, trial]) => `    {${FEATURES.indexOf(feature)}, ${trialOf(trial)}},`).join("\n")}
    {-1, 0, 0, 0, 0, {0}},
};
const struct frame_word frame_words_of_trial[] = {
${FRAME_WORDS.map(([offset, value, to]) => `    {${offset}, FRAME_BASE_${(to ?? "zero").toUpperCase()}, ${word(value)}},`).join("\n")}
    {0, 0, 0},
};
const uint32_t frame_fpstate = ${FRAME_FPSTATE}, frame_magic2 = ${FRAME_MAGIC2};
${KNOWN.map((name, i) => `static void apply_known_${i}(w2c_fuzz *m) {\n${lines(knownSettings(name))}\n}`).join("\n")}
const struct known_list known_lists[] = {
${KNOWN.map((name, i) => `    {${quote(name)}, ${quote(LISTS[name].facts.map((fact) => `${fact}\n`).join(""))}, apply_known_${i}},`).join("\n")}
    {0, 0, 0},
};
uint32_t *rule_of(w2c_fuzz *m, int32_t rule) {
    static uint32_t *(*const globals[])(w2c_fuzz *) = {${rules()
      .map(({ id }) => `w2c_fuzz_${id}`)
      .join(", ")}};
    return globals[rule](m);
}
bool is_handled(uint32_t signal) {
    return ${[...HANDLED.keys()].map((signal) => `signal == ${signal}`).join(" || ")};
}
void configure_module(w2c_fuzz *m) {
${lines(hostSettings())}
}
void configure_rules(w2c_fuzz *m, uint64_t f) {
${lines(ruleSettings())}
}
`;
}

const lines = (statements: readonly string[]) => statements.map((line) => `    ${line}`).join("\n");
const word = (value: bigint) => `0x${BigInt.asUintN(64, value).toString(16)}ULL`;
const quote = (text: string) => JSON.stringify(text);
const names = (name: string, all: readonly string[]) =>
  `const char *const ${name}[] = {${all.map(quote).join(", ")}, 0};`;

/** What a word of the frame is added to: struct frame_word. */
const FRAME_BASES = ["zero", "frame", "syscall"];

function enumOf(name: string, prefix: string, members: readonly string[]): string {
  const all = members.map((member) => `${prefix}_${member.toUpperCase()}`);
  return `enum ${name} { ${all.join(", ")} };`;
}

/** What a way has, as the members of struct content. */
function contentOf({ block, frame, length, pairs = 0, words = 0 }: Content): string {
  const flags = [block, frame, length].map((it) => (it === undefined ? 0 : 1));
  return `{${[...flags, pairs, words].join(", ")}}`;
}

/** A condition as the members of struct need. */
function needOf(condition: Condition): string {
  if ("components" in condition) return `-1, 0, ${condition.components}`;
  return `${FEATURES.indexOf(condition.feature)}, ${condition.lacks ? 1 : 0}, 0`;
}

function signalNames(): string[] {
  const { constants } = openEncoder("assembly");
  return Array.from({ length: 65 }, (_, signal) => signalName(signal, constants));
}

/** A trial as its kind, a number, the expected result, and words: struct trial. */
function trialOf(trial: Trial): string {
  if ("code" in trial) return codeTrial(trial);
  if ("fpregs" in trial) {
    return `BY_FPREGS, ${trial.fpregs}, ${trial.result}, 0, {${word(trial.word)}}`;
  }
  if ("request" in trial) {
    const { request, words, result } = trial;
    return `BY_REQUEST, ${request}, ${result}, ${words.length}, {${[...words, 0n].slice(0, 4).map(word).join(", ")}}`;
  }
  const result = trial.errno === "stops" ? "RESULT_STOPS" : String(-trial.errno);
  return `BY_CALL, ${trial.call}, ${result}, 0, {0}`;
}

/** The words are the register that is seen, its bits and their word, then registers with their words. */
function codeTrial({
  code,
  start = 0,
  leavesCall,
  words,
  sees,
}: Extract<Trial, { code: unknown }>): string {
  const bytes = new BigUint64Array(Uint8Array.from({ length: 8 }, (_, i) => code[i] ?? 0).buffer);
  const registers = Object.entries(words).flatMap(([name, word]) => [BigInt(indexOf(name)), word]);
  const all = [BigInt(indexOf(sees.register)), sees.bits, sees.word, ...registers];
  const kind = leavesCall ? "BY_EXIT" : "BY_CODE";
  const number = word(bytes[0] ?? 0n);
  return `${kind}, (int64_t)${number}, ${start}, ${registers.length / 2}, {${all.map(word).join(", ")}}`;
}

function bytesOf(words: readonly bigint[]): Uint8Array {
  return new Uint8Array(BigUint64Array.from(words).buffer);
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

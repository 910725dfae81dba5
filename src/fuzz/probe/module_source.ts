/* What the build writes for the fuzzer's module: shim/probe/amd64/module_data.h declares it. */

import { BASELINE } from "../case/baseline.ts";
import { CODES, HANDLED, placeOf, SCRATCH, SCRATCH_SIZE } from "../case/code.ts";
import { DISPATCH_CONFIG } from "../case/fields.ts";
import { fuzzModule } from "../case/module.ts";
import { FRAME_REGISTERS, OBSTACLE, REGISTERS } from "../case/records.ts";
import { FROMS, indexOf, ONS, WAYS } from "../case/setups.ts";
import { KNOWN } from "../known/lists.ts";
import { rules } from "../predict/rules.ts";
import { GENERATOR } from "../run/journal.ts";
import { CHUNK, ROUND } from "../run/round.ts";
import {
  FEATURES,
  FRAME_FPSTATE,
  FRAME_MAGIC2,
  FRAME_WORDS,
  OF_KERNEL,
  OF_PROCESSOR,
  type Trial,
} from "../try/machine.ts";
import { KEPT } from "../try/sigreturn/kept.ts";
import { LOOP, RECORDS } from "../try/sigreturn/place.ts";
import { hostSettings, knownSettings, moduleMemory, ruleSettings } from "./module_state.ts";
import { loopSetUp, targetSetUp } from "./set_up.ts";
import { bytesOf, names, quote, word } from "./text.ts";

export function moduleParts(): Readonly<Record<string, Uint8Array>> {
  const { areas, buffer } = fuzzModule();
  return {
    memory: moduleMemory(),
    target: bytesOf(targetSetUp()),
    loop: bytesOf(loopSetUp(buffer.byteLength - areas, RECORDS)),
  };
}

export function moduleTables(): string {
  return `#include "module_data.h"
const uint32_t module_areas = ${fuzzModule().areas};
const uint64_t records_address = ${word(RECORDS)};
const uint64_t scratch_address = ${word(SCRATCH)}, scratch_size = ${SCRATCH_SIZE};
const uint64_t loop_address = ${word(LOOP)}, kept_fs_base = ${word(KEPT.fs_base)}, kept_gs_base = ${word(KEPT.gs_base)};
const uint32_t kept_ds = ${KEPT.ds}, kept_es = ${KEPT.es};
const uint32_t round_cases = ${ROUND}, chunk_cases = ${CHUNK}, generator_version = ${GENERATOR};
const uint64_t place_syscall = ${word(placeOf("syscall"))}, place_int80 = ${word(placeOf("int80"))};
const uint64_t baseline[] = {${BASELINE.map(word).join(", ")}};
${names("dispatch_names", DISPATCH_CONFIG)}
${names("register_names", REGISTERS)}
${names("from_names", FROMS)}
${names("way_names", WAYS)}
${names("on_names", ONS)}
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
const struct piece pieces[] = {${CODES.map(({ name, address }) => `{${quote(name)}, ${word(address)}}`).join(", ")}, {0, 0}};
const struct trial trials[] = {
${OF_KERNEL.map(([feature, trial]) => `    {${FEATURES.indexOf(feature)}, ${trialOf(trial)}},`).join("\n")}
    {-1, 0, 0, 0, 0, {0}},
};
const struct frame_word frame_words_of_trial[] = {
${FRAME_WORDS.map(([offset, value, to]) => `    {${offset}, ${to === undefined ? "AS_IT_IS" : to === "frame" ? "TO_FRAME" : "TO_SYSCALL"}, ${word(value)}},`).join("\n")}
    {0, 0, 0},
};
const uint32_t frame_fpstate = ${FRAME_FPSTATE}, frame_magic2 = ${FRAME_MAGIC2};
${KNOWN.map((name, i) => `static void apply_known_${i}(void *m) {\n${lines(knownSettings(name))}\n}`).join("\n")}
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

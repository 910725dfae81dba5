/* What the build writes for the probe of amd64 only: shim/probe/amd64/own_data.h declares it. */

import { SCRATCH, SCRATCH_SIZE } from "../../case/amd64/code.ts";
import { indexOf } from "../../case/amd64/registers.ts";
import { fuzzModule } from "../../case/module.ts";
import { OF_PROCESSOR } from "../../try/amd64/features.ts";
import { ALTSTACK, FRAME_FPSTATE, FRAME_MAGIC2, FRAME_WORDS } from "../../try/amd64/frames.ts";
import { ALL_BITS, OF_KERNEL, PLACE, SI_CODE, SIGNAL, type Trial } from "../../try/amd64/trials.ts";
import { FEATURES } from "../../try/arch.ts";
import { KEPT } from "../../try/sigreturn/kept.ts";
import { LOOP, RECORDS } from "../../try/sigreturn/place.ts";
import { loopSetUp } from "../set_up.ts";
import { bytesOf, names, word } from "../text.ts";

export function ownParts(): Readonly<Record<string, Uint8Array>> {
  const { areas, buffer } = fuzzModule();
  return { loop: bytesOf(loopSetUp(buffer.byteLength - areas, RECORDS)) };
}

export function ownTables(): string {
  return `const uint64_t records_address = ${word(RECORDS)};
const uint64_t scratch_address = ${word(SCRATCH)}, scratch_size = ${SCRATCH_SIZE};
const uint64_t loop_address = ${word(LOOP)}, kept_fs_base = ${word(KEPT.fs_base)}, kept_gs_base = ${word(KEPT.gs_base)};
const uint32_t kept_ds = ${KEPT.ds}, kept_es = ${KEPT.es};
${names("processor_flags", OF_PROCESSOR)}
const struct trial trials[] = {
${OF_KERNEL.map(([feature, trial]) => `    {${FEATURES.indexOf(feature)}, ${trialOf(trial)}},`).join("\n")}
    {-1, 0, 0, 0, 0, {0}, {0}, -1, -1, 0},
};
const uint64_t trial_place = ${word(PLACE)};
const struct frame_word frame_words_of_trial[] = {
${FRAME_WORDS.map(([offset, value, to]) => `    {${offset}, FRAME_BASE_${(to ?? "zero").toUpperCase()}, ${word(value)}},`).join("\n")}
    {0, 0, 0},
};
const uint32_t frame_fpstate = ${FRAME_FPSTATE}, frame_magic2 = ${FRAME_MAGIC2};
const uint64_t altstack_address = ${word(ALTSTACK.address)}, altstack_size = ${word(ALTSTACK.size)}, altstack_unmapped = ${word(ALTSTACK.unmapped)};
`;
}

/** A trial as the members of struct trial. */
function trialOf(trial: Trial): string {
  return "code" in trial ? codeTrial(trial) : `${otherTrial(trial)}, {0}, -1, -1, 0`;
}

/** Its kind, a number, the expected result, and words. */
function otherTrial(trial: Exclude<Trial, { code: unknown }>): string {
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

/** The number in struct trial of what is seen: SEES_SIGNAL, SEES_SI_CODE. */
const SEES: ReadonlyMap<string, bigint> = new Map([
  [SIGNAL, 64n],
  [SI_CODE, 65n],
]);

/** The words are what is seen, its bits and their word, then registers with their words. */
function codeTrial({
  code,
  offset = 0,
  start = 0,
  leavesCall,
  breakpoint = -1,
  where,
  words,
  sees,
}: Extract<Trial, { code: unknown }>): string {
  const registers = Object.entries(words).flatMap(([name, word]) => [BigInt(indexOf(name)), word]);
  const what = SEES.get(sees.register) ?? BigInt(indexOf(sees.register));
  const all = [what, sees.bits ?? ALL_BITS, sees.word, ...registers].map((it) => word(it));
  const kind = leavesCall ? "BY_EXIT" : "BY_CODE";
  const demand = `FOR_${where === undefined ? "ALL" : where.replace("!", "NO_").toUpperCase()}`;
  return `${kind}, 0, ${start}, ${registers.length / 2}, {${all.join(", ")}}, {${code.join(", ")}}, ${breakpoint}, ${demand}, ${offset}`;
}

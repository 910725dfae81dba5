/*
 * What the build writes for the probe: a C file with tables, and data that is compressed. shim/probe/data.h and its like
 * declare them.
 */

import { openAssemblyEncoder } from "../../../core/encoder/assembly.ts";
import { HOST_ARCH, type ProbedArch } from "../../../core/machine/index.ts";
import { parseSyscall } from "../../../lib/names.ts";
import {
  BASELINE,
  CALL_32,
  CALL_CODE,
  CODE,
  CODES,
  CONSTANT,
  CONSTANTS,
  CONTENTS,
  DEFAULT_ARCH,
  FIRST_DEBUG_REGISTER,
  FRAME_REGISTERS,
  HOLE,
  placeOf,
  REGISTERS,
  SCRATCH,
  SCRATCH_SIZE,
  type Way,
} from "../case/arch.ts";
import { BY_PAIRS, writtenNames } from "../case/fields.ts";
import { fuzzModule } from "../case/module.ts";
import { HANDLED, HARMLESS } from "../case/pieces.ts";
import { OBSTACLE, SETUP_SIZE, WAYS } from "../case/records.ts";
import { nameOfSignal } from "../case/signals.ts";
import { PATHS } from "../draw/arch.ts";
import { CHUNK, GENERATOR } from "../draw/generate.ts";
import { FEATURE_TRIALS } from "../facts/arch.ts";
import { NEEDS, type Need } from "../facts/needs.ts";
import { permissionBlocks } from "../facts/permission.ts";
import { toolNeeds } from "../facts/profiles.ts";
import { requestFacts } from "../facts/requests.ts";
import { FEATURE_CODE, featureCode } from "../facts/setups.ts";
import { KNOWN, type KnownName, LISTS } from "../known/arch.ts";
import { FEATURES } from "../machine.ts";
import { rules, ruleText } from "../predict/rules.ts";
import { Bytes, factData, featureData } from "./facts.ts";
import { hostSettings, moduleMemory } from "./module_state.ts";

// Values as C.
const word = (value: bigint) => `0x${BigInt.asUintN(64, value).toString(16)}ULL`;
const quote = (text: string) => JSON.stringify(text);
/** A list that 0 ends. */
const ended = (all: readonly string[]) => `{${[...all.map(quote), "0"].join(", ")}}`;
const names = (name: string, all: readonly string[]) =>
  `const char *const ${name}[] = ${ended(all)};`;
/** The same without a name. */
const unnamed = (all: readonly string[] = []) => `(const char *const[])${ended(all)}`;

/** Files by name. */
export type ProbeSource = Readonly<Record<string, string | Uint8Array>>;

export function probeSource(): ProbeSource {
  const parts = {
    ...{ memory: moduleMemory(), rules: ruleSentences(), facts: factData() },
    ...{ features: featureData(), feature_code: featureCode(FEATURE_TRIALS) },
  };
  const whole = Buffer.concat(Object.values(parts));
  return {
    "data.c": tables(parts, whole.length),
    "data.packed": pack(whole),
  };
}

/** That of a probe without a model, which checks facts about requests only: shim/probe/riscv64/requests.c has the rest. */
export function requestsSource(arch: ProbedArch): ProbeSource {
  const parts = ['#include "data.h"', signalNames(), factTables(arch)];
  return { "data.c": `/* Written by the build. */\n${parts.join("\n")}\n` };
}

/** What there is on every architecture. */
const factTables = (arch: ProbedArch) =>
  [needsOfTools(arch), requestTables(arch), permissionTables()].join("\n");

function needsOfTools(arch: ProbedArch): string {
  const rows = toolNeeds(arch).map(({ tool, need, when, optional, facts, limits }) =>
    [
      ...[quote(tool), need === undefined ? "0" : quote(need)],
      ...[when, optional, facts, limits].map((list) => unnamed(list)),
    ].join(", "),
  );
  return `const struct tool_need tool_needs[] = {${[...rows, "0"].map((row) => `\n    {${row}},`).join("")}\n};`;
}

function requestTables(arch: ProbedArch): string {
  const facts = requestFacts(arch).map(({ fact, group, source, rows }) => {
    const lines = rows.map(({ check = "-", each: [one = "", other = ""] = [], do: script }) =>
      [check, one, other, `${script}\n`].join("\t"),
    );
    return `    {${[fact, group, source, lines.join("")].map(quote).join(", ")}},\n`;
  });
  return `const struct request_fact request_facts[] = {\n${facts.join("")}    {0},\n};`;
}

/** The facts about permission, each with the scenes of its block. */
function permissionTables(): string {
  const blocks = permissionBlocks();
  const scenes = blocks.map(({ scenes }, i) => {
    const rows = scenes.map(({ name, tracer = "", tracee, marks, ways }) => {
      const texts = [name, marks, tracer, tracee].map(quote);
      return `    {${[...texts, ways === undefined ? "0" : unnamed(ways)].join(", ")}},\n`;
    });
    return `static const struct scene scenes_${i}[] = {\n${rows.join("")}    {0},\n};\n`;
  });
  const facts = blocks.flatMap(({ facts }, i) =>
    facts.map(({ fact, group, source, root = false, control, value, byValue = false, ...its }) => {
      const tracers = its.tracers === undefined ? "0" : unnamed(its.tracers.flat());
      const flags = [root, control === undefined ? "0" : quote(control), value ?? "0", byValue];
      const texts = [fact, group, source].map(quote);
      return `    {${[...texts, ...flags, unnamed(its.ways), tracers, `scenes_${i}`].join(", ")}},\n`;
    }),
  );
  return `${scenes.join("")}const struct permission permissions[] = {\n${facts.join("")}    {0},\n};`;
}

const signalNames = () =>
  names(
    "signal_names",
    Array.from({ length: 65 }, (_, signal) => nameOfSignal(signal)),
  );

/**
 * Packs words, most of which are those of the setup before: how many are the same, how many follow that are not (u32 each),
 * these, and so on. shim/probe/unpack.c reads it.
 */
function pack(data: Uint8Array): Uint8Array {
  const words = new BigUint64Array(Math.ceil(data.length / 8));
  new Uint8Array(words.buffer).set(data);
  const isSame = (i: number) => words[i] === (words[i - SETUP_SIZE / 8] ?? 0n);
  const packed: bigint[] = [];
  for (let at = 0; at < words.length; ) {
    const start = at;
    while (at < words.length && isSame(at)) at++;
    const end = at;
    while (at < words.length && !isSame(at)) at++;
    packed.push(BigInt(end - start) | (BigInt(at - end) << 32n), ...words.subarray(end, at));
  }
  return new Uint8Array(BigUint64Array.from(packed).buffer);
}

/** The sentence and the source of each rule, which findings name. */
function ruleSentences(): Uint8Array {
  const bytes = new Bytes();
  for (const rule of rules()) bytes.text(`${ruleText(rule)} (${rule.source})`);
  return bytes.all;
}

function tables(parts: Readonly<Record<string, Uint8Array>>, size: number): string {
  let at = 0;
  const sections = Object.entries(parts).map(([name, { length }]) => {
    const line = `const struct section section_${name} = {${at}, ${length}};`;
    at += length;
    return line;
  });
  return `/* Written by the build from src/labs/fuzz/probe/source.ts. */
#include "module_data.h"
${sections.join("\n")}
const uint32_t data_size = ${Math.ceil(size / 8) * 8};
${names("path_names", PATHS)}
${names("feature_names", FEATURES)}
${signalNames()}
const struct need needs[] = {
${NEEDS.map(needRow).join("\n")}
    {0, 0, 0, 0, 0},
};
${factTables(HOST_ARCH)}
const uint32_t module_areas = ${fuzzModule().areas};
const uint32_t chunk_cases = ${CHUNK}, generator_version = ${GENERATOR};
const struct memory memory = {${[CODE, HOLE, CONSTANTS, CONSTANT, SCRATCH, BigInt(SCRATCH_SIZE), FEATURE_CODE].map(word).join(", ")}};
const uint64_t place_call = ${word(placeOf(CALL_CODE))}, place_call32 = ${word(CALL_32)};
const uint64_t place_handler = ${word(placeOf("handler"))};
const int32_t harmless_calls[] = {${HARMLESS.map((name) => parseSyscall(name, openAssemblyEncoder().constants)).join(", ")}, 0};
const struct handled handled[] = {${[...HANDLED].map(([signal, [, restarts]]) => `{${signal}, ${restarts}}`).join(", ")}, {0, 0}};
const uint64_t baseline[] = {${BASELINE.map(word).join(", ")}};
${names("register_names", REGISTERS)}
${names("way_names", WAYS)}
${names("frame_names", FRAME_REGISTERS)}
const char *const case_arch = ${quote(HOST_ARCH)}, *const usual_case_arch = ${quote(DEFAULT_ARCH)};
const struct content contents[] = {
${WAYS.map((way) => `    {${contentOf(way)}},`).join("\n")}
};
${names(
  "obstacle_texts",
  OBSTACLE.values.map(([, about]) => about),
)}
${names(
  "rule_ids",
  rules().map(({ id }) => id),
)}
const struct piece pieces[] = {${CODES.map(({ name, address }) => `{${quote(name)}, ${word(address)}}`).join(", ")}, {0, 0}};
${names(
  "rule_values",
  rules().flatMap(({ id, values }) => Object.keys(values).map((name) => `${id}.${name}`)),
)}
void configure_module(w2c_fuzz *m) {
${lines(hostSettings())}
}
const struct known_list known_lists[] = {
${KNOWN.map(knownRow).join("\n")}
    {0},
};
`;
}

function knownRow(name: KnownName): string {
  const { facts, changes, ignoredFlags, avoidsWatchpoints } = LISTS[name];
  const texts = [quote(name), quote(facts.map((fact) => `${fact}\n`).join(""))];
  return `    {${[...texts, unnamed(changes), ignoredFlags, avoidsWatchpoints].join(", ")}},`;
}

/** What setups of a way have as the members of struct content. */
function contentOf(way: Way): string {
  const { block, frame, words = 0 } = CONTENTS[way];
  const flags = [block, frame].map((it) => Number(it ?? false));
  return [...flags, words, BY_PAIRS.has(way) ? 0 : writtenList(way)].join(", ");
}

/** The names of what is read back. */
function writtenList(way: Way): string {
  const pairs = way === "POKEUSER" ? [{ offset: FIRST_DEBUG_REGISTER, word: 0n }] : [];
  const list = writtenNames({ way, pairs }).map((name) => name.replace("written.", ""));
  if (list.length === REGISTERS.length) return "register_names";
  return unnamed(list);
}

function needRow({ need, feature, lacks = false, components = 0, reason }: Need): string {
  const index = feature === undefined ? -1 : FEATURES.indexOf(feature);
  return `    {${quote(need)}, ${quote(reason)}, ${index}, ${lacks}, ${components}},`;
}

const lines = (statements: readonly string[]) => statements.map((line) => `    ${line}`).join("\n");

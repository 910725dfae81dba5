/*
 * What the build writes for the probe: a C file with tables, and data that is compressed. shim/probe/data.h declares
 * them.
 */

import { signalName } from "../../encoder/names.ts";
import { openEncoder } from "../../encoder/open.ts";
import { HOST_ARCH } from "../../shim/host_arch.ts";
import { PATHS } from "../draw/generate.ts";
import { type Condition, NEED_NAMES, NEEDS } from "../facts/needs.ts";
import { EVENTS } from "../facts/read/numbers.ts";
import { PLACES } from "../facts/read/places.ts";
import { KNOWN, LISTS } from "../known/lists.ts";
import { FEATURES } from "../try/machine.ts";
import { factData, REQUEST_FIELDS } from "./facts.ts";
import { compress } from "./lz4.ts";
import { moduleParts, moduleTables } from "./module_source.ts";
import { pagesSetUp, SHARED_FILE } from "./set_up.ts";
import { bytesOf, names, quote, word } from "./text.ts";

export interface ProbeSource {
  /** Files by name. */
  readonly [file: string]: string | Uint8Array;
}

/** Only amd64 has a model: a module. */
const HAS_MODULE = HOST_ARCH === "amd64";

export function probeSource(): ProbeSource {
  const parts = {
    ...(HAS_MODULE ? moduleParts() : {}),
    pages: bytesOf(pagesSetUp()),
    facts: factData(),
  };
  const whole = concat(Object.values(parts));
  return { "data.c": tables(parts, whole.length), "data.lz4": compress(whole) };
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
const uint32_t data_size = ${size};
const uint64_t shared_file = ${word(SHARED_FILE)};
${names("path_names", PATHS)}
${names("feature_names", FEATURES)}
${names("signal_names", signalNames())}
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
${HAS_MODULE ? moduleTables() : names("rule_ids", [])}
const struct known_list known_lists[] = {
${KNOWN.map((name, i) => `    {${quote(name)}, ${quote(LISTS[name].facts.map((fact) => `${fact}\n`).join(""))}, ${HAS_MODULE ? `apply_known_${i}` : 0}},`).join("\n")}
    {0, 0, 0},
};
`;
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

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

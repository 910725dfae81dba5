/*
 * What the host puts into the fuzzer's module before its first use, as data, and the rules by what they depend on, as C.
 * The probe has the module as C (wasm2c), in which each exported global is a function that returns its address.
 */

import { loadWasm } from "../../../core/encoder/assembly.ts";
import { MODULE } from "../case/arch.ts";
import { fuzzModule } from "../case/module.ts";
import { deviationsOf, type KnownName, LISTS } from "../known/arch.ts";
import { FEATURES } from "../machine.ts";
import { rules } from "../predict/rules.ts";

/** The bytes in the module's memory that the host has written, from `heap` on. */
export function moduleMemory(): Uint8Array {
  const { buffer, globals, areas } = fuzzModule();
  const heap = Number(globals.get("heap")?.value);
  return new Uint8Array(buffer.slice(heap, areas));
}

/** Statements that set what the host has set, in the module `m`. */
export function hostSettings(): string[] {
  const fresh = loadWasm(MODULE);
  return [...fuzzModule().globals].flatMap(([name, global]) => {
    const other = fresh[name];
    if (!(other instanceof WebAssembly.Global) || other.value === global.value) return [];
    return [`*w2c_fuzz_${name}(m) = ${literal(global.value)};`];
  });
}

/** Statements that make the rules those of a machine with the set of features `f`: a bit each, in the order of FEATURES. */
export function ruleSettings(): string[] {
  return rules().flatMap(({ id, feature, values, valuesWith }, index) => {
    const number = `${index + 1}`;
    const lines = [`*w2c_fuzz_${id}(m) = ${holdsIf(feature, number)};`];
    const place = (name: string) => `*w2c_fuzz_${id}_${name}(m)`;
    const others = FEATURES.flatMap((need) =>
      Object.entries(valuesWith[need] ?? {}).map(([name, value]) => ({ need, name, value })),
    );
    for (const name of new Set(others.map((other) => other.name)))
      lines.push(`${place(name)} = ${literal(values[name] ?? 0n)};`);
    for (const { need, name, value } of others)
      lines.push(`if (${has(need)} != 0) ${place(name)} = ${literal(value)};`);
    return lines;
  });
}

/** Statements that make the rules those of a list of known deviations, after `ruleSettings`. */
export function knownSettings(name: KnownName): string[] {
  const { changes, ignoredFlags } = deviationsOf(name);
  const statements = changes.map((change) => {
    if ("to" in change) return `*w2c_fuzz_${change.id}_${change.value}(m) = ${literal(change.to)};`;
    const isWide = "widen" in change;
    const index = rules().findIndex(({ id }) => id === change.id) + 1;
    const wide = isWide ? ` *w2c_fuzz_wide(m) = ${index};` : "";
    return `*w2c_fuzz_${change.id}(m) = ${isWide ? index : 0};${wide}`;
  });
  const avoids = Number(LISTS[name].avoidsWatchpoints);
  return [
    ...statements,
    `*w2c_fuzz_avoidsWatchpoints(m) = ${avoids};`,
    `*w2c_fuzz_ignoredFlags(m) = ${ignoredFlags};`,
  ];
}

function holdsIf(feature: string | undefined, number: string): string {
  if (feature === undefined) return number;
  return feature.startsWith("!")
    ? `${has(feature.slice(1))} ? 0 : ${number}`
    : `${has(feature)} ? ${number} : 0`;
}

function has(feature: string): string {
  const bit = (FEATURES as readonly string[]).indexOf(feature);
  if (bit < 0) throw new RangeError(`unknown feature ${feature}`);
  return `(f >> ${bit} & 1)`;
}

function literal(value: number | bigint): string {
  return `${BigInt.asUintN(typeof value === "bigint" ? 64 : 32, BigInt(value))}ULL`;
}

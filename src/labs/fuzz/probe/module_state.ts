/*
 * What the host puts into the fuzzer's module before its first use, as data and as C.
 * The probe has the module as C (wasm2c), in which each exported global is a function that returns its address.
 */

import { loadWasm } from "../../../core/encoder/assembly.ts";
import { MODULE } from "../case/arch.ts";
import { fuzzModule } from "../case/module.ts";

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

function literal(value: number | bigint): string {
  return `${BigInt.asUintN(typeof value === "bigint" ? 64 : 32, BigInt(value))}ULL`;
}

// The modules of assembly/: an encoder and a fuzzer's module for each architecture.

import { existsSync, readFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import { inlineMore } from "./inlining.mjs";
import { RECORDS } from "./records.mjs";
import { files, makeFrom } from "./sources.mjs";

/** The encoders, by architecture. */
export const ENCODERS = { amd64: "dist/encoder.wasm", arm64: "dist/encoder-arm64.wasm" };

/** The fuzzer's modules: as the compiler writes them, and with more inlined. */
export const FUZZERS = {
  amd64: { compiled: "build/fuzz.wasm", fast: "dist/fuzz.wasm" },
  arm64: { compiled: "build/fuzz-arm64.wasm", fast: "dist/fuzz-arm64.wasm" },
};

/** All that users get. */
export const MODULES = [
  ...Object.values(ENCODERS),
  ...Object.values(FUZZERS).map(({ fast }) => fast),
];

export async function buildModules() {
  const { targets } = JSON.parse(readFileSync("asconfig.json", "utf8"));
  const records = RECORDS.map(([name]) => name).filter((name) => name.endsWith(".ts"));
  const sources = [...files("assembly", ".ts"), ...records, "asconfig.json"];
  for (const [name, { outFile }] of Object.entries(targets)) {
    await makeFrom(outFile, sources, () => compileModule(name));
  }
  for (const { compiled, fast } of Object.values(FUZZERS)) {
    await makeFrom(fast, [compiled], () => inlineMore(compiled, fast));
  }
}

/** Compiles assembly/NAME/index.ts. The last part of a name is an architecture. */
async function compileModule(name) {
  const { default: asc } = await import("assemblyscript/asc");
  const config = ["--config", "asconfig.json", "--target", name];
  const arch = basename(name);
  const readFile = (path) => readSource(path, arch);
  const { error, stderr } = await asc.main([`assembly/${name}/index.ts`, ...config], { readFile });
  process.stderr.write(stderr.toString());
  if (error) throw new Error(`assembly/${name} does not compile`);
}

/**
 * Reads a source file. Returns null if it does not exist. A file that both architectures use may import a name that each of
 * them defines: "./task" then stands for "./amd64/task" or "./arm64/task".
 *
 * @param read reads a file that exists
 */
export function readSource(path, arch, read = (file) => readFileSync(file, "utf8")) {
  const [folder, file] = [dirname(path), basename(path, ".ts")];
  if (existsSync(`${folder}/${arch}/${file}.ts`)) return `export * from "./${arch}/${file}";`;
  return existsSync(path) ? read(path) : null;
}

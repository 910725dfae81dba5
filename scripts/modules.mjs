// The modules of assembly/: an encoder and a fuzzer's module for each architecture.

import { existsSync, readFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import { setFlagsFromString } from "node:v8";
import { CALL_CONSTANTS } from "./calls.mjs";
import { HOST, MACHINES } from "./compilers.mjs";
import { EXPLAIN_TEXTS } from "./explain.mjs";
import { RECORD_CLASSES } from "./records.mjs";
import { RULE_EXPORTS } from "./rules.mjs";
import { files, IS_COMPLETE, makerOf } from "./sources.mjs";

const makeFrom = makerOf(import.meta.url);

/** The encoders, by architecture. */
export const ENCODERS = {
  ...{ amd64: "dist/encoder.wasm", arm64: "dist/encoder-arm64.wasm" },
  // The probe's only.
  riscv64: "build/encoder-riscv64.wasm",
};

/** The fuzzer's modules, by architecture. */
export const FUZZERS = { amd64: "dist/fuzz.wasm", arm64: "dist/fuzz-arm64.wasm" };

/** The model of tasks, which is the same on all. */
export const TASKS = "dist/tasks.wasm";

/** What explains processes, by architecture. */
export const EXPLAINERS = {
  ...{ amd64: "dist/explain.wasm", arm64: "dist/explain-arm64.wasm" },
  riscv64: "build/explain-riscv64.wasm",
};

/** Those of an architecture. */
export async function buildModules(arch) {
  // The compiler runs too shortly to be worth V8's optimization of Binaryen.
  setFlagsFromString("--liftoff-only");
  const { targets } = JSON.parse(readFileSync("asconfig.json", "utf8"));
  const sources = [
    ...files("assembly", ".ts"),
    ...RECORD_CLASSES,
    ...RULE_EXPORTS,
    ...EXPLAIN_TEXTS,
    ...CALL_CONSTANTS,
    "asconfig.json",
  ];
  // Node.js has those of both architectures with a model.
  const isWanted = MACHINES.includes(arch) || IS_COMPLETE;
  const names = [arch, `fuzz/${arch}`, `explain/${arch}`, ...(arch === HOST ? ["tasks"] : [])];
  for (const name of names.filter((it) => it in targets)) {
    const make = () => compileModule(name, arch);
    await makeFrom(targets[name].outFile, sources, make, { isWanted });
  }
}

/** Compiles assembly/NAME/index.ts; of NAME/ARCH assembly/NAME/index.ts, if that has all. */
async function compileModule(name, arch) {
  const { default: asc } = await import("assemblyscript/asc");
  const config = ["--config", "asconfig.json", "--target", name];
  const readFile = (path) => readSource(path, arch);
  const entry = ["assembly", ...name.split("/")];
  if (!existsSync(entry.join("/"))) entry.pop();
  const { error, stderr } = await asc.main([`${entry.join("/")}/index.ts`, ...config], {
    readFile,
  });
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

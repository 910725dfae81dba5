// Builds the probe of a machine, a static executable of the Wasm modules (translated to C by wasm2c), the shim and
// shim/probe/. The same compiler makes the same bytes.

import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { compileAll, HOST, headerFlags, link, MACHINES, missingFor } from "./compilers.mjs";
import { SHIM_FLAGS, shimOf, shimSources } from "./libraries.mjs";
import { ENCODERS, FUZZERS, MODULES } from "./modules.mjs";
import { RECORD_HEADERS } from "./records.mjs";
import { files, makeUnless } from "./sources.mjs";

/** The names of machines in Node.js. */
const NODE_ARCHES = { amd64: "x64", arm64: "arm64" };

const FLAGS = [
  ...["-std=c11", "-Os", "-ffreestanding", "-fno-stack-protector", "-fno-pic"],
  ...["-fno-asynchronous-unwind-tables", "-ffunction-sections", "-fdata-sections", "-DNDEBUG"],
];
const WARNINGS = ["-Wall", "-Wextra"];
/** The flags that link a static program without a C library. */
export const STATIC_FLAGS = [
  ...["-static", "-nostdlib", "-s"],
  ...["-Wl,--gc-sections", "-Wl,--build-id=none", "-Wl,-z,noexecstack", "-Wl,-z,noseparate-code"],
];

/** Why no probe of a machine can be built; undefined if it can. */
function missingForProbe(machine) {
  if (machine === "amd64" && HOST !== "amd64")
    return `it takes code from ${shimOf("amd64", "fuzz")}, on amd64 only`;
  if (spawnSync("wasm2c", ["--version"]).status === 0) return undefined;
  return "wasm2c is missing (Debian: apt-get install wabt)";
}

/** The probe is made of all layers, so nearly each change makes it anew. */
export async function buildProbes() {
  for (const machine of MACHINES) {
    const tables = ["src/labs/fuzz", "src/core/encoder", "src/core/stub", "src/core/shim"].flatMap(
      (path) => files(path, ".ts"),
    );
    const code = files("shim", ".c", ".h", ".S");
    const sources = [...MODULES, shimOf(HOST, "fuzz"), ...tables, ...RECORD_HEADERS, ...code];
    const target = `dist/probe-${machine}`;
    const missing = missingFor(machine) ?? missingForProbe(machine);
    await makeUnless(missing, target, sources, () => buildProbe(target, machine));
  }
}

async function buildProbe(target, machine) {
  const folder = `build/probe/${machine}`;
  const objects = `${folder}/objects`;
  rmSync(objects, { recursive: true, force: true });
  mkdirSync(objects, { recursive: true });
  await writeData(machine, folder);
  // Without what was inlined for speed.
  const modules = { encoder: ENCODERS[machine], fuzz: FUZZERS[machine].compiled };
  const translated = Object.entries(modules).map(([name, path]) => {
    const file = `${folder}/${name}.c`;
    execFileSync("wasm2c", [path, `--module-name=${name}`, "-o", file]);
    return file;
  });
  const own = [...sources("shim/probe"), ...sources(`shim/probe/${machine}`)];
  const shim = shimSources(machine, "fuzz");
  const jobs = [
    // What the translator writes is not for readers.
    ...translated.map((path) => [path, "-w"]),
    ...[...own, `${folder}/data.c`].map((path) => [path, ...WARNINGS]),
    ...shim.sources.map((path) => [path, ...WARNINGS, ...SHIM_FLAGS]),
  ];
  const quoted = ["shim/probe", `shim/probe/${machine}`].flatMap((path) => ["-iquote", path]);
  const includes = [...shim.includes, ...quoted];
  // Also for the assembler.
  includes.push("-I", folder, "-isystem", "shim/probe/libc", ...headerFlags(machine));
  const compiled = await compileAll(jobs, machine, [...FLAGS, ...includes], objects);
  link(machine, target, compiled, STATIC_FLAGS);
}

/**
 * The tables of src/ as C and as data: src/labs/fuzz/probe/source.ts, run beside the files that it loads as if this machine
 * were another.
 */
async function writeData(machine, folder) {
  const { default: esbuild } = await import("esbuild");
  const bundle = `${folder}/source.js`;
  await esbuild.build({
    entryPoints: ["src/labs/fuzz/probe/source.ts"],
    outfile: bundle,
    bundle: true,
    format: "esm",
    platform: "node",
    external: ["koffi"],
    define: { "process.arch": JSON.stringify(NODE_ARCHES[machine]) },
    logLevel: "warning",
  });
  for (const file of [...MODULES, ...(machine === "amd64" ? [shimOf("amd64", "fuzz")] : [])]) {
    copyFileSync(file, `${folder}/${basename(file)}`);
  }
  const { probeSource } = await import(pathToFileURL(resolve(bundle)).href);
  for (const [file, content] of Object.entries(probeSource())) {
    writeFileSync(`${folder}/${file}`, content);
  }
}

function sources(folder) {
  return readdirSync(folder)
    .filter((name) => /\.[cS]$/.test(name))
    .sort()
    .map((name) => `${folder}/${name}`);
}

// Builds the probe of a machine, a static executable of the Wasm modules (translated to C by wasm2c), the shim and
// shim/probe/. The same compiler makes the same bytes.

import { execFile, execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { basename, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { compilerFor, HOST, headerFlags, link } from "./compilers.mjs";

/** The modules of each machine's probe, and the names of their C files. */
const MODULE_FILES = {
  amd64: { encoder: "dist/encoder.wasm", fuzz: "dist/fuzz.wasm" },
  arm64: { encoder: "dist/encoder-arm64.wasm", fuzz: "dist/fuzz-arm64.wasm" },
};
export const MODULES = Object.values(MODULE_FILES).flatMap((files) => Object.values(files));
/** What is translated instead: without what was inlined for speed. */
const SMALLER = { "dist/fuzz.wasm": "build/fuzz-compiled.wasm" };
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

/** The shim, from which the probe of amd64 takes the code of a loop. */
const SHIM = "dist/shim.so";

/** Why no probe of a machine can be built; undefined if it can. */
export function missingForProbe(machine) {
  if (machine === "amd64" && HOST !== "amd64") return `it takes code from ${SHIM}, on amd64 only`;
  if (spawnSync("wasm2c", ["--version"]).status === 0) return undefined;
  return "wasm2c is missing (Debian: apt-get install wabt)";
}

/**
 * @param shim the sources of the shim
 * @param flags those of the shim
 */
export async function buildProbe(target, machine, shim, flags) {
  const folder = `build/probe/${machine}`;
  const objects = `${folder}/objects`;
  rmSync(objects, { recursive: true, force: true });
  mkdirSync(objects, { recursive: true });
  await writeData(machine, folder);
  const translated = Object.entries(MODULE_FILES[machine]).map(([name, path]) => {
    const file = `${folder}/${name}.c`;
    execFileSync("wasm2c", [SMALLER[path] ?? path, `--module-name=${name}`, "-o", file]);
    return file;
  });
  const own = [...sources("shim/probe"), ...sources(`shim/probe/${machine}`)];
  const jobs = [
    // What the translator writes is not for readers.
    ...translated.map((path) => [path, "-w"]),
    ...[...own, `${folder}/data.c`].map((path) => [path, ...WARNINGS]),
    ...shim.map((path) => [path, ...WARNINGS, ...flags]),
  ];
  const quoted = ["shim", `shim/${machine}`, "shim/probe", `shim/probe/${machine}`];
  const includes = [...quoted, `build/${machine}`].flatMap((path) => ["-iquote", path]);
  // Also for the assembler.
  includes.push("-I", folder, "-isystem", "shim/probe/libc", ...headerFlags(machine));
  const compiled = await compileAll(jobs, machine, [...FLAGS, ...includes], objects);
  link(machine, target, compiled, STATIC_FLAGS);
}

/**
 * The tables of src/ as C and as data: src/fuzz/probe/source.ts, run beside the files that it loads as if this machine
 * were another.
 */
async function writeData(machine, folder) {
  const { default: esbuild } = await import("esbuild");
  const bundle = `${folder}/source.js`;
  await esbuild.build({
    entryPoints: ["src/fuzz/probe/source.ts"],
    outfile: bundle,
    bundle: true,
    format: "esm",
    platform: "node",
    external: ["koffi"],
    define: { "process.arch": JSON.stringify(NODE_ARCHES[machine]) },
    logLevel: "warning",
  });
  for (const file of [...MODULES, ...(machine === "amd64" ? [SHIM] : [])]) {
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

/** Compiles files, as many at a time as there are processors. Returns the objects in the order of the files. */
async function compileAll(jobs, machine, flags, folder) {
  const { command, flags: own } = compilerFor(machine);
  const objects = jobs.map(([path]) => `${folder}/${path.replaceAll("/", "-")}.o`);
  let next = 0;
  const work = async () => {
    for (let i = next++; i < jobs.length; i = next++) {
      const [path, ...further] = jobs[i];
      const args = [...own, ...flags, ...further, "-c", path, "-o", objects[i]];
      await new Promise((done, fail) => {
        execFile(command, args, (error, _, stderr) => {
          process.stderr.write(stderr);
          if (error) fail(new Error(`${command} failed on ${path}`));
          else done();
        });
      });
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  return objects;
}

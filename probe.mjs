// Builds the probe, dist/probe-amd64: a static executable of the Wasm modules (translated to C by wasm2c), the shim and
// shim/probe/. The same compiler makes the same bytes.

import { execFile, execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { basename, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const FOLDER = "build/probe";
const OBJECTS = `${FOLDER}/objects`;
/** The modules, and the names of their C files. */
const MODULES = { encoder: "dist/encoder.wasm", fuzz: "build/fuzz-compiled.wasm" };

const FLAGS = [
  ...["-std=c11", "-Os", "-ffreestanding", "-fno-stack-protector", "-fno-pic"],
  ...["-fno-asynchronous-unwind-tables", "-ffunction-sections", "-fdata-sections", "-DNDEBUG"],
  ...["shim", "shim/amd64", "shim/probe", "build/amd64"].flatMap((path) => ["-iquote", path]),
  // Also for the assembler.
  ...["-I", FOLDER],
];
const WARNINGS = ["-Wall", "-Wextra"];
/** The flags that link a static program without a C library. */
export const STATIC_FLAGS = [
  ...["-static", "-nostdlib", "-no-pie", "-s"],
  ...["-Wl,--gc-sections", "-Wl,--build-id=none", "-Wl,-z,noexecstack"],
];

/** Whether the translator is there. */
export function hasTranslator() {
  return spawnSync("wasm2c", ["--version"]).status === 0;
}

/**
 * @param cc the compiler
 * @param flags those of the compiler that keep it from calling functions of a C library
 * @param shimFlags those of the shim
 */
export async function buildProbe(target, cc, flags, shimFlags) {
  rmSync(OBJECTS, { recursive: true, force: true });
  mkdirSync(OBJECTS, { recursive: true });
  await writeData();
  for (const [name, path] of Object.entries(MODULES)) {
    execFileSync("wasm2c", [path, `--module-name=${name}`, "-o", `${FOLDER}/${name}.c`]);
  }
  const own = sources("shim/probe");
  const shim = [...sources("shim"), ...sources("shim/amd64")];
  const translated = Object.keys(MODULES).map((name) => `${FOLDER}/${name}.c`);
  const jobs = [
    // What the translator writes is not for readers.
    ...translated.map((path) => [path, "-w"]),
    ...[...own, `${FOLDER}/data.c`].map((path) => [path, ...WARNINGS]),
    ...shim.map((path) => [path, ...WARNINGS, ...shimFlags]),
  ];
  const objects = await compileAll(jobs, cc, [...FLAGS, ...flags]);
  const temporary = `${target}.${process.pid}`;
  execFileSync(cc, [...STATIC_FLAGS, "-o", temporary, ...objects], { stdio: "inherit" });
  renameSync(temporary, target);
}

/** The tables of src/ as C and as data: src/fuzz/probe/source.ts, run beside the files that it loads. */
async function writeData() {
  const { default: esbuild } = await import("esbuild");
  const bundle = `${FOLDER}/source.js`;
  await esbuild.build({
    entryPoints: ["src/fuzz/probe/source.ts"],
    outfile: bundle,
    bundle: true,
    format: "esm",
    platform: "node",
    external: ["koffi"],
    logLevel: "warning",
  });
  for (const file of [...Object.values(MODULES), "dist/shim.so"]) {
    copyFileSync(file, `${FOLDER}/${basename(file)}`);
  }
  const { probeSource } = await import(pathToFileURL(resolve(bundle)).href);
  for (const [file, content] of Object.entries(probeSource())) {
    writeFileSync(`${FOLDER}/${file}`, content);
  }
}

function sources(folder) {
  return readdirSync(folder)
    .filter((name) => /\.[cS]$/.test(name))
    .sort()
    .map((name) => `${folder}/${name}`);
}

/** Compiles files, as many at a time as there are processors. Returns the objects in the order of the files. */
async function compileAll(jobs, cc, flags) {
  const objects = jobs.map(([path]) => `${OBJECTS}/${path.replaceAll("/", "-")}.o`);
  let next = 0;
  const work = async () => {
    for (let i = next++; i < jobs.length; i = next++) {
      const [path, ...own] = jobs[i];
      const args = [...flags, ...own, "-c", path, "-o", objects[i]];
      await new Promise((done, fail) => {
        execFile(cc, args, (error, _, stderr) => {
          process.stderr.write(stderr);
          if (error) fail(new Error(`${cc} failed on ${path}`));
          else done();
        });
      });
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  return objects;
}

// Bundles test files into build/test, with the scripts that they start. As a program: those that its arguments select.

import { cpSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { basename, dirname } from "node:path";
import { fileURLToPath } from "node:url";
import esbuild from "esbuild";
import { MACHINES } from "../scripts/compilers.mjs";
import { compileProgram } from "../scripts/libraries.mjs";
import { bundlePage, PROGRAMS } from "../scripts/package.mjs";
import { LOADER, WITH_REQUIRE } from "../scripts/sources.mjs";
import { prelude } from "./prelude.mjs";

const OUT = "build/test";

process.chdir(dirname(dirname(fileURLToPath(import.meta.url))));

/** The sources of the tests that are wanted and whose names contain one of the words, or whose paths contain one with a slash. */
function testFiles(isWanted, words) {
  const matches = (path) =>
    words.length === 0 ||
    words.some((word) => (word.includes("/") ? path : basename(path)).includes(word));
  return readdirSync("test", { recursive: true })
    .map((path) => `test/${path}`)
    .filter((path) => path.endsWith(".test.ts") && isWanted(basename(path)) && matches(path));
}

export async function bundle(isWanted, words) {
  rmSync(OUT, { recursive: true, force: true });
  mkdirSync(OUT, { recursive: true });
  await bundleCode(testFiles(isWanted, words));
  await buildPrograms();
  // The libraries are looked for next to the code.
  for (const file of readdirSync("dist").filter((name) =>
    /\.(so|wasm|json|html|c|sh)$|^(bench-amd64|guard-\w+|probe-\w+|c_program)$/.test(name),
  )) {
    cpSync(`dist/${file}`, `${OUT}/${file}`, { recursive: true });
  }
}

async function bundleCode(tests) {
  // The library looks for them in its own folder.
  const { cli: _, ...programs } = PROGRAMS;
  const scripts = readdirSync("test/hosts").map((name) => `test/hosts/${name}`);
  await esbuild.build({
    entryPoints: [...tests, ...scripts, ...Object.values(programs)],
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node20.4",
    external: [
      "koffi",
      "uvu",
      "uvu/assert",
      "esbuild",
      "typescript-5.9",
      "assemblyscript/asc",
      "binaryen",
      "puppeteer-core",
      "axe-core",
    ],
    loader: LOADER,
    plugins: [prelude],
    banner: WITH_REQUIRE,
    sourcemap: "inline",
    outdir: OUT,
    entryNames: "[name]",
    define: { STUBLAB_VERSION: '"test"' },
    logLevel: "warning",
  });
  await bundlePage(esbuild, OUT);
  await esbuild.stop();
}

/** The machine on which they are run may have no compiler. */
async function buildPrograms() {
  for (const machine of MACHINES)
    await compileProgram(machine, `${OUT}/deny-${machine}`, "test/support/deny.c", "-static");
  const arm64 = ["-mbranch-protection=standard", "-ftls-model=local-exec"];
  for (const kind of ["static", "static-pie"])
    await compileProgram(
      "arm64",
      `${OUT}/start-${kind}.elf`,
      "test/arm64/start.c",
      ...arm64,
      `-${kind}`,
    );
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  await bundle(() => true, process.argv.slice(2));

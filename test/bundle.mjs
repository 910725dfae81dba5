// Bundles the test files whose names contain an argument, or are it, or all, into build/test, with the scripts that they start.

import { copyFileSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { basename, dirname } from "node:path";
import { fileURLToPath } from "node:url";
import esbuild from "esbuild";
import { MACHINES } from "../scripts/compilers.mjs";
import { compileProgram } from "../scripts/libraries.mjs";
import { bundlePage } from "../scripts/package.mjs";

const OUT = "build/test";
/** The programs that the library runs in separate processes and threads. */
const PROCESSES = [
  "src/compare/foreign_child.ts",
  "src/fuzz/run/fuzz_worker.ts",
  "src/record/sandboxed.ts",
  "src/record/tasks/tried.ts",
  "src/bench/bench_side.ts",
];

function testFiles() {
  const wanted = process.argv.slice(2);
  return readdirSync("test", { recursive: true })
    .filter((path) => path.endsWith(".test.ts"))
    .filter((path) => wanted.length === 0 || wanted.some((word) => matches(basename(path), word)))
    .map((path) => `test/${path}`);
}

/** A whole name selects one file. */
function matches(name, word) {
  return word.endsWith(".test.ts") ? name === word : name.includes(word);
}

process.chdir(dirname(dirname(fileURLToPath(import.meta.url))));
rmSync(OUT, { recursive: true, force: true });
mkdirSync(OUT, { recursive: true });
const scripts = readdirSync("test/hosts").map((name) => `test/hosts/${name}`);
// A script that the library starts; it looks for it in its own folder.
scripts.push("src/record/sandboxed.ts");
await esbuild.build({
  entryPoints: [...testFiles(), ...scripts, ...PROCESSES],
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
    "mermaid",
    "dompurify",
  ],
  sourcemap: "inline",
  outdir: OUT,
  entryNames: "[name]",
  define: { STUBLAB_VERSION: '"test"' },
  logLevel: "warning",
});
await bundlePage(esbuild, OUT);
await esbuild.stop();
// The machine on which they are run may have no compiler.
for (const machine of MACHINES)
  compileProgram(machine, `${OUT}/deny-${machine}`, "test/support/deny.c", "-static");
const arm64 = ["-mbranch-protection=standard", "-ftls-model=local-exec"];
for (const kind of ["static", "static-pie"])
  compileProgram("arm64", `${OUT}/start-${kind}.elf`, "test/arm64/start.c", ...arm64, `-${kind}`);
// The libraries are looked for next to the code.
for (const file of readdirSync("dist").filter((name) =>
  /\.(so|wasm|json|c|sh)$|^bench-amd64$/.test(name),
)) {
  copyFileSync(`dist/${file}`, `${OUT}/${file}`);
}

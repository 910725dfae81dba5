// `npm run bench`: bundles bench/bounds.ts and the programs that it starts, and runs it.

import { copyFileSync, mkdirSync, readdirSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import esbuild from "esbuild";
import { link } from "../scripts/probe.mjs";
import { LOADER, WITH_REQUIRE } from "../scripts/sources.mjs";

const FOLDER = "build/bench";

process.chdir(dirname(dirname(fileURLToPath(import.meta.url))));
mkdirSync(FOLDER, { recursive: true });
await esbuild.build({
  entryPoints: ["bench/bounds.ts", "src/labs/bench/bench_side.ts"],
  outdir: FOLDER,
  entryNames: "[name]",
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node20.4",
  external: ["koffi"],
  loader: LOADER,
  banner: WITH_REQUIRE,
  logLevel: "warning",
});
// Each library is looked for beside its module.
for (const file of readdirSync("dist").filter((name) =>
  /\.(so|wasm)$|^(bench|guard|probe)-amd64$/.test(name),
)) {
  copyFileSync(`dist/${file}`, `${FOLDER}/${file}`);
}
await link("amd64", { file: `${FOLDER}/probe-bench`, more: ["bench/probe/cases.c"] });
await import(`../${FOLDER}/bounds.js`);

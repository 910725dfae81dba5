// What the build reads, and when it makes something anew.

import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";

/** Paths of the files in a folder with one of the suffixes. */
export function files(folder, ...endings) {
  return readdirSync(folder, { recursive: true })
    .map(String)
    .filter((name) => endings.some((ending) => name.endsWith(ending)))
    .map((name) => `${folder}/${name}`)
    .sort();
}

/**
 * Runs `make` unless `target` was made from these sources, by these scripts. Contents are compared, not times, as a copy or
 * a checkout changes times.
 */
export async function makeFrom(target, sources, make) {
  const hash = createHash("sha256");
  for (const source of [...sources, ...files("scripts", ".mjs")])
    hash.update(source).update(readFileSync(source));
  const digest = hash.digest("hex");
  const record = `build/${target.replaceAll("/", "_")}.sha256`;
  if (existsSync(target) && existsSync(record) && readFileSync(record, "utf8") === digest) return;
  await make();
  writeFileSync(record, digest);
}

/** Makes a target from its sources, or leaves it out and says why; a package must have all: `build.mjs --complete`. */
export async function makeUnless(missing, target, sources, make) {
  if (missing === undefined) return makeFrom(target, sources, make);
  if (process.argv.includes("--complete"))
    throw new Error(`a package without ${target} is refused: ${missing}`);
  rmSync(target, { force: true });
  console.error(`${target} is left out: ${missing}`);
}

/** Imports tables of src/. */
export async function loadTables(...paths) {
  const { default: esbuild } = await import("esbuild");
  const contents = paths.map((path) => `export * from "./${path}";`).join("");
  const { outputFiles } = await esbuild.build({
    stdin: { contents, resolveDir: "." },
    bundle: true,
    format: "esm",
    platform: "node",
    write: false,
  });
  return import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`);
}

// What the build reads, and when it makes something anew.

import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename } from "node:path";

/** Paths of the files in a folder and below it with one of the suffixes. */
export function files(folder, ...endings) {
  return readdirSync(folder, { recursive: true })
    .filter((name) => endings.some((ending) => name.endsWith(ending)))
    .map((name) => `${folder}/${name}`)
    .sort();
}

/** The documents of a file with one on each line. */
export const jsonLines = (path) =>
  readFileSync(path, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));

/** How each bundle reads a table of src/: as its text. */
export const LOADER = { ".jsonl": "text" };

/** commander is CommonJS, which requires modules of Node.js. The other name cannot clash with an import of a bundle. */
export const WITH_REQUIRE = {
  js: 'import { createRequire as makeRequire } from "node:module"; const require = makeRequire(import.meta.url);',
};

/** Whether all is made that a package must have: `build.mjs --complete`. */
export const IS_COMPLETE = process.argv.includes("--complete");

/** A script, and those of this folder that it imports, directly or not. */
function scriptsOf(path, known = new Set()) {
  if (known.has(path)) return known;
  known.add(path);
  const imports = readFileSync(path, "utf8").matchAll(/^(?:import|\}) .*"\.\/(\w+\.mjs)";$/gm);
  for (const [, name] of imports) scriptsOf(`scripts/${name}`, known);
  return known;
}

/** The `makeFrom` of a script: what that script makes, it makes anew only if itself or one that it imports changes. */
export const makerOf = (url) => (target, sources, make, limits) => {
  const scripts = [...scriptsOf(`scripts/${basename(url)}`)].sort();
  return makeFrom(target, [...sources, ...scripts], make, limits);
};

/**
 * Runs `make` unless `target` was made from these sources. Contents are compared, not times, as a copy or a checkout changes
 * times.
 *
 * @param missing why it cannot be made here, if so. It is left out then.
 * @param isWanted whether this build makes it. Another removes it if it is out of date.
 */
async function makeFrom(target, sources, make, { missing, isWanted = true } = {}) {
  if (IS_COMPLETE && missing !== undefined)
    throw new Error(`a package without ${target} is refused: ${missing}`);
  const hash = createHash("sha256");
  for (const source of sources)
    hash.update(source).update(existsSync(source) ? readFileSync(source) : "");
  const digest = hash.digest("hex");
  const record = `build/${target.replaceAll("/", "_")}.sha256`;
  if (existsSync(target) && existsSync(record) && readFileSync(record, "utf8") === digest) return;
  if (missing === undefined && isWanted) {
    await make();
    writeFileSync(record, digest);
    return;
  }
  rmSync(target, { force: true });
  if (isWanted) console.error(`${target} is left out: ${missing}`);
}

let loads = 0;

/** Imports tables of src/ as if this machine were another. The libraries and modules that they read are in dist/. */
export async function loadTables(paths, arch = process.arch) {
  const { default: esbuild } = await import("esbuild");
  const contents = paths.map((path) => `export * from "./${path}";`).join("");
  const outfile = `dist/tables-${process.pid}-${++loads}.mjs`;
  await esbuild.build({
    stdin: { contents, resolveDir: "." },
    ...{ bundle: true, format: "esm", platform: "node", external: ["koffi"], outfile },
    loader: LOADER,
    define: { "process.arch": JSON.stringify(arch) },
    logLevel: "warning",
  });
  try {
    return await import(`../${outfile}`);
  } finally {
    rmSync(outfile);
  }
}

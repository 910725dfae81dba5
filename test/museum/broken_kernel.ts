/*
 * A copy of dist/ whose model, in the probe and beside it, behaves as a broken kernel did. The command in it finds the bug as it would find that of a
 * kernel: only the side on which the bug is differs.
 */

import { execFile } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { main } from "assemblyscript/asc";
import { type Exhibit, withBug } from "./exhibit.ts";

/** Inside of the repository, where Node.js finds koffi. */
const FOLDER = "build/museum";
/** Cases in a round: findings are examined after each. */
const ROUND = 16_384;

const SOURCE = "assembly/fuzz/amd64/index.ts";
const CONFIGURATION = ["--config", "asconfig.json", "--target", "fuzz/amd64"];

/** What of a document `stublab.fuzz/1` is looked at. */
interface Report {
  readonly findings: readonly {
    readonly index: number;
    readonly case: unknown;
    readonly differences: readonly { readonly field: string }[];
  }[];
}

/** The first finding of a run. */
export interface Found {
  /** The number of its case. */
  readonly index: number;
  /** Minimized: `stublab.case/1`. */
  readonly case: unknown;
  /** The fields that differ. */
  readonly fields: readonly string[];
  /** From the start of the command to its report. */
  readonly seconds: number;
}

/** Compiles the module with the bug. Without a file the compiler only checks it. */
export async function compileBroken(exhibit: Exhibit, file?: string): Promise<void> {
  const output = file === undefined ? ["--noEmit", "--optimizeLevel", "0"] : ["--outFile", file];
  const { readSource } = await import(pathToFileURL("scripts/modules.mjs").href);
  const { error, stderr } = await main([SOURCE, ...CONFIGURATION, ...output], {
    readFile: (name: string, base: string) =>
      readSource(join(base, name), "amd64", (path: string) =>
        withBug(exhibit, path, readFileSync(path, "utf8")),
      ),
  });
  if (error) throw new Error(`${exhibit.name} does not compile:\n${stderr.toString()}`);
}

/** Runs `stublab fuzz`, a round at a time, until it finds something or the seconds are over. */
export async function findBug(exhibit: Exhibit, limit: number): Promise<Found | undefined> {
  const folder = join(FOLDER, exhibit.name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  cpSync("dist", folder, { recursive: true });
  await compileBroken(exhibit, join(folder, "fuzz.wasm"));
  const { link, translateModule } = await import(pathToFileURL("scripts/probe.mjs").href);
  await translateModule("amd64", "fuzz", join(folder, "fuzz.wasm"), folder);
  await link("amd64", { file: join(folder, "probe-amd64"), fuzz: join(folder, "fuzz.o") });
  const begin = performance.now();
  let found: Found | undefined;
  let seconds = 0;
  for (let cases = ROUND; found === undefined && seconds <= limit; cases += ROUND) {
    const options = ["--cases", `${cases}`, "--corpus", join(folder, "corpus"), "--json"];
    const { findings }: Report = JSON.parse(
      await run([join(folder, "cli.js"), "fuzz", ...options]),
    );
    seconds = (performance.now() - begin) / 1000;
    // A processor that contradicts the model has others, too.
    const first = findings
      .toSorted((a, b) => a.index - b.index)
      .find(({ differences }) => differences.some(({ field }) => exhibit.differs.includes(field)));
    if (first === undefined) continue;
    const fields = first.differences.map(({ field }) => field);
    found = { index: first.index, case: first.case, fields, seconds };
  }
  rmSync(folder, { recursive: true });
  return found;
}

/** Runs a program of Node.js that exits with 0, or with 1 if it finds something. */
function run(args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { maxBuffer: 2 ** 26 }, (error, stdout, stderr) => {
      if (error === null || error.code === 1) resolve(stdout);
      else reject(new Error(`${error.message}\n${stderr}`));
    });
  });
}

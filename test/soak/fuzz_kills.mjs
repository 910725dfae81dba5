// Kills a fuzzer repeatedly at random moments, and resumes its run each time: `npm run soak:fuzz`, or
// `npm run soak:fuzz -- KILLS`. Each run must end with the same corpus, findings and merged log as an uninterrupted run.
// A rule is planted as a bug, so that there are findings.

import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const KILLS = Number(process.argv[2] ?? 200);
const CASES = 200_000;
/** A session is killed within this fraction of the time of a whole run: while it opens, in a round, or between two. */
const SPAN = 0.5;

/** Runs a session; resolves to whether it ended by itself. */
function session(seed, corpus, milliseconds) {
  const run = ["--seed", String(seed), "--cases", String(CASES), "--corpus", corpus];
  const args = ["dist/cli.js", "fuzz", ...run, "--plant", "R12", "--json"];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "inherit"] });
  const timer =
    milliseconds === undefined ? undefined : setTimeout(() => child.kill("SIGKILL"), milliseconds);
  return new Promise((resolve, reject) => {
    child.on("exit", (code, signal) => {
      clearTimeout(timer);
      if (signal === null && code !== 1) reject(new Error(`a session ended with status ${code}`));
      else resolve(signal === null);
    });
  });
}

/** The part of a finding's document that is the same in every run: addresses of the vDSO, for example, are not. */
function lasting(name, content) {
  if (!name.endsWith("finding.json")) return content;
  const { outcome: _, differences, ...rest } = JSON.parse(content);
  return JSON.stringify({ ...rest, fields: differences.map(({ field }) => field) });
}

/** The contents of every file below a folder, with the log merged, and without the folder's own path. */
function contents(folder) {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, path, name }) => join(parentPath ?? path, name));
  return new Map(
    names
      .sort()
      .map((name) => [
        name.slice(folder.length),
        lasting(name, readFileSync(name, "utf8").replaceAll(folder, "")),
      ]),
  );
}

/** The same with the lines of its log in order. */
function merged(folder) {
  const to = `${folder}-merged`;
  execFileSync(process.execPath, ["dist/cli.js", "fuzz", "merge", folder, "-o", to]);
  const all = contents(to);
  rmSync(to, { recursive: true });
  return all;
}

function compare(whole, killed) {
  const [expected, seen] = [merged(whole), merged(killed)];
  const names = new Set([...expected.keys(), ...seen.keys()]);
  return [...names].filter((name) => expected.get(name) !== seen.get(name));
}

const folder = mkdtempSync(join(tmpdir(), "stublab-kills-"));
let [kills, differing, runs] = [0, 0, 0];
try {
  for (let seed = 1; kills < KILLS; seed++, runs++) {
    const [whole, killed] = [join(folder, `whole${seed}`), join(folder, `killed${seed}`)];
    const start = performance.now();
    await session(seed, whole);
    const span = SPAN * (performance.now() - start);
    while (kills < KILLS && !(await session(seed, killed, Math.random() * span))) kills++;
    await session(seed, killed);
    const wrong = compare(whole, killed);
    differing += wrong.length;
    const findings = existsSync(join(whole, "findings"))
      ? readdirSync(join(whole, "findings"))
      : [];
    console.log(
      `seed ${seed}: ${kills} kills so far, ${contents(whole).size} files, ${findings.length} findings, ` +
        (wrong.length === 0 ? "all equal" : `different: ${wrong.slice(0, 5).join(", ")}`),
    );
    if (wrong.length > 0) continue;
    for (const each of [whole, killed]) rmSync(each, { recursive: true });
  }
} finally {
  if (differing === 0) rmSync(folder, { recursive: true, force: true });
  else console.log(`the runs that differ are in ${folder}`);
}
console.log(`${kills} kills in ${runs} runs: ${differing === 0 ? "held" : "MISSED"}`);
process.exitCode = differing === 0 ? 0 : 1;

// Runs test files, each in a process of its own with a time limit, under a supervisor that knows what it leaves behind.
//
//   node test/run.mjs           the fast tier: x.test.ts
//   node test/run.mjs --all     also x.slow.test.ts, and x.alone.test.ts, beside which nothing else runs
//   node test/run.mjs NAME…     the files of all tiers whose names contain a NAME; a NAME with a slash is of a path
//
// A file that needs longer than its tier has a line "// Time limit: 120 s". Limits scale with the load of the machine.
// With REQUIRE_ALL in the environment a skipped test is a failure. With ON_MACHINE this is a machine of `npm run kernels`,
// which may be emulated: the tests have been bundled elsewhere, and may take ten times as long. RUN_BUNDLED=FOLDER
// runs what is in that folder, RUN_LANES files at a time, each RUN_LIMIT seconds at most: for the tests of this file.

import { spawn } from "node:child_process";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** In seconds of a quiet machine, which needs a tenth of it. */
const LIMITS = { fast: 120, slow: 600, alone: 600 };
/** With SOAK in the environment some files test everything instead of a sample. */
const SOAK_LIMIT = 7200;
const SLOWNESS = 10;
/** Files that are run at a time: as many as processors. With more, sessions of real tools meet their limits. */
const MOST_LANES = 4;
const LANES = Math.min(availableParallelism(), MOST_LANES);
/** Seconds that processors ran for each file the last time, by name. */
const TIMES = "build/test_times.json";

process.chdir(dirname(dirname(fileURLToPath(import.meta.url))));
const { env } = process;
const bundled = env.RUN_BUNDLED ?? "build/test";
const words = process.argv.slice(2).filter((word) => word !== "--all");
const isGiven = env.ON_MACHINE !== undefined || env.RUN_BUNDLED !== undefined;
const isAll = process.argv.includes("--all") || words.length > 0 || isGiven;

/** The tests of the other architecture. */
const OTHERS = process.arch === "arm64" ? /_amd64\./ : /_arm64\./;

const tierOf = (name) => /\.(slow|alone)\.test/.exec(name)?.[1] ?? "fast";

/** The files to run, of those that have been bundled, as their sources are named: the longest first. */
function testFiles() {
  const times = readTimes();
  const timeOf = (name) => times[name] ?? LIMITS[tierOf(name)] / 10;
  return readdirSync(bundled)
    .filter((name) => name.endsWith(".test.js"))
    .map((name) => name.replace(/\.js$/, ".ts"))
    .filter((name) => !OTHERS.test(name) && (isAll || tierOf(name) === "fast"))
    .sort((a, b) => timeOf(b) - timeOf(a) || (a < b ? -1 : 1));
}

function readTimes() {
  try {
    return JSON.parse(readFileSync(TIMES, "utf8"));
  } catch {
    return {};
  }
}

/** The limit of a file, in seconds. */
function limitOf(name, source) {
  const [, own] =
    /^\/\/ Time limit: (\d+) s/m.exec(source ? readFileSync(source, "utf8") : "") ?? [];
  const usual = env.SOAK ? SOAK_LIMIT : Number(env.RUN_LIMIT ?? own ?? LIMITS[tierOf(name)]);
  return env.ON_MACHINE ? usual * SLOWNESS : usual;
}

const supervisors = new Set();
let interrupted = false;

/** Runs one file; returns the supervisor's answer. */
function supervise(name, limit) {
  const file = join(bundled, name.replace(/\.ts$/, ".js"));
  const args = ["test/supervise.mjs", file, `${limit}`];
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
    supervisors.add(child);
    let answer = { output: "", ending: "its supervisor ended", strays: [], busy: 0 };
    child.on("message", (message) => {
      answer = message;
    });
    child.on("exit", () => {
      supervisors.delete(child);
      resolve(answer);
    });
  });
}

/** What became of a file: counts, and faults of the file itself. */
function judge({ output, ending, strays }) {
  const count = (word) => Number(new RegExp(`^\\s*${word}:\\s+(\\d+)`, "m").exec(output)?.[1] ?? 0);
  const [passed, skipped] = [count("Passed"), count("Skipped")];
  // uvu's total does not count skipped tests.
  const failed = count("Total") - passed;
  const faults = [];
  if (ending !== "exit 0" && failed === 0) faults.push(ending);
  else if (passed + failed + skipped === 0) faults.push("ran no test");
  const reasons = output.match(/^skipped: /gm)?.length ?? 0;
  if (reasons < skipped) faults.push(`skips ${skipped} tests, and says of ${reasons} why`);
  if (strays.length > 0) faults.push(`left processes behind: ${strays.join(", ")}`);
  return { passed, failed: failed + faults.length, skipped, faults };
}

const sum = { passed: 0, failed: 0, skipped: 0 };
const broken = [];
const times = readTimes();

async function runFile(name) {
  const source = sources.get(name);
  const start = performance.now();
  const answer = await supervise(name, limitOf(name, source));
  if (interrupted) return;
  const seconds = (performance.now() - start) / 1000;
  const { passed, failed, skipped, faults } = judge(answer);
  // Not the time that passed, which depends on what else runs.
  times[name] = Number(answer.busy.toFixed(1));
  sum.passed += passed;
  sum.failed += failed;
  sum.skipped += skipped;
  const counts = [`${passed} passed`];
  if (failed > 0) counts.push(`${failed} failed`);
  if (skipped > 0) counts.push(`${skipped} skipped`);
  const line = `${source ?? name}: ${counts.join(", ")} (${seconds.toFixed(1)} s, processors ${answer.busy.toFixed(1)} s)`;
  const told = failed > 0 ? answer.output : reports(answer.output);
  console.log([line, ...told.split("\n").filter((text) => text !== "")].join("\n"));
  if (failed > 0) broken.push(faults.length > 0 ? `${line}: ${faults.join("; ")}` : line);
}

/** Of the output of a file that passed: what is not uvu's. */
function reports(output) {
  return output
    .split("\n")
    .filter((text) => /^(skipped|note):? /.test(text))
    .map((text) => `  ${text}`)
    .join("\n");
}

/** Runs files, some at a time. */
async function runFiles(names, lanes) {
  const waiting = [...names];
  const lane = async () => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      if (!interrupted) await runFile(name);
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => {
    interrupted = true;
    for (const child of supervisors) child.kill("SIGTERM");
  });
}

if (!isGiven) {
  const { bundle } = await import("./bundle.mjs");
  await bundle((name) => isAll || tierOf(name) === "fast", words);
}
const sources = new Map(
  readdirSync("test", { recursive: true })
    .filter((path) => path.endsWith(".test.ts") && statSync(`test/${path}`).isFile())
    .map((path) => [basename(path), `test/${path}`]),
);
const files = testFiles();
const alone = files.filter((name) => tierOf(name) === "alone");
const beside = files.filter((name) => tierOf(name) !== "alone");
await runFiles(beside, Number(env.RUN_LANES ?? LANES));
await runFiles(alone, 1);
if (!isGiven) writeFileSync(TIMES, JSON.stringify(times));

if (env.REQUIRE_ALL && sum.skipped > 0) {
  broken.push(`${sum.skipped} tests were skipped, which REQUIRE_ALL forbids`);
  sum.failed += sum.skipped;
}
if (sum.passed + sum.failed === 0) {
  broken.push("no test ran");
  sum.failed = 1;
}
for (const line of broken) console.log(`FAILED ${line}`);
console.log(`${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped`);
process.exitCode = interrupted ? 130 : sum.failed === 0 ? 0 : 1;

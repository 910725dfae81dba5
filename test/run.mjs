// Runs the tests: each file test/**/*.test.ts in its own process, with a time limit, and with a check for
// processes left behind. `npm test` runs all; `npm test -- NAME…` those whose names contain a NAME.
//
// A file that needs longer than the default has a line "// Time limit: 120 s".
// With REQUIRE_ALL in the environment a skipped test is a failure. With ON_MACHINE this is a machine of `npm run kernels`,
// which may be emulated: the tests have been bundled elsewhere, and may take ten times as long.

import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import { fileURLToPath } from "node:url";
import koffi from "koffi";

const DEFAULT_LIMIT = 60;
/** With SOAK in the environment some files test everything instead of a sample. */
const SOAK_LIMIT = 7200;
const SLOWNESS = 10;
const PR_SET_CHILD_SUBREAPER = 36;
const WNOHANG = 1;

process.chdir(dirname(dirname(fileURLToPath(import.meta.url))));

const libc = koffi.load(null);
const waitpid = libc.func("int waitpid(int, void *, int)");

/** The tests of the other architecture. */
const OTHERS = process.arch === "arm64" ? "_amd64.test.ts" : "_arm64.test.ts";

/** The sources of the files that have been bundled. */
function testFiles() {
  const built = readdirSync("build/test").filter((name) => name.endsWith(".test.js"));
  return readdirSync("test", { recursive: true })
    .map((path) => `test/${path}`)
    .filter((path) => built.includes(`${basename(path, ".ts")}.js`))
    .filter((path) => !path.endsWith(OTHERS))
    .sort();
}

/** Runs one file; returns its counts, and faults of the file itself. */
async function runFile(source) {
  const name = basename(source, ".ts");
  const [, own] = /^\/\/ Time limit: (\d+) s/m.exec(readFileSync(source, "utf8")) ?? [];
  const usual = process.env.SOAK ? SOAK_LIMIT : Number(own ?? DEFAULT_LIMIT);
  const limit = process.env.ON_MACHINE ? usual * SLOWNESS : usual;
  const { output, ending } = await runProcess(name, limit);
  const count = (word) => Number(new RegExp(`^\\s*${word}:\\s+(\\d+)`, "m").exec(output)?.[1] ?? 0);
  const [passed, skipped] = [count("Passed"), count("Skipped")];
  // uvu's total does not count skipped tests.
  const counts = { total: count("Total") + skipped, passed, skipped };
  const faults = [];
  if (ending !== "exit 0" && counts.passed + counts.skipped === counts.total) faults.push(ending);
  if (counts.total === 0) faults.push("ran no test");
  const strays = await endStrays();
  if (strays.length > 0) faults.push(`left processes behind: ${strays.join(", ")}`);
  return { ...counts, faults };
}

function runProcess(name, limit) {
  return new Promise((resolve) => {
    const args = ["--enable-source-maps", `build/test/${name}.js`];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      child.kill("SIGKILL");
    }, limit * 1000);
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk) => {
        output += chunk;
        process.stdout.write(chunk);
      });
    }
    // Not "close": a process left behind may hold the pipe.
    child.on("exit", (code, signal) => {
      clearTimeout(timer);
      setImmediate(() => {
        const how = signal === null ? `exit ${code}` : `killed by ${signal}`;
        resolve({ output, ending: late ? `took more than ${limit} s` : how });
      });
    });
  });
}

/** Orphans of a test become children of this process: reaps the dead, gives the dying 1 s, kills the rest. */
async function endStrays() {
  for (let i = 0; i < 100 && reapOrphans().length > 0; i++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const strays = reapOrphans();
  const names = strays.map((pid) => `${pid} (${commOf(pid)})`);
  for (const pid of strays) process.kill(pid, "SIGKILL");
  return names;
}

/** Reaps dead children; returns the living ones. */
function reapOrphans() {
  const children = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => parentOf(pid) === process.pid && !commOf(pid).startsWith("esbuild"));
  return children.filter((pid) => waitpid(pid, null, WNOHANG) === 0);
}

function statOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    return "";
  }
}

function parentOf(pid) {
  const stat = statOf(pid);
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
}

function commOf(pid) {
  return /\((.*)\)/.exec(statOf(pid))?.[1] ?? "";
}

libc.func("int prctl(int, long, long, long, long)")(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
if (!process.env.ON_MACHINE) await import("./bundle.mjs");

const sum = { passed: 0, failed: 0, skipped: 0 };
const broken = [];
for (const source of testFiles()) {
  console.log(`\n${source}`);
  const { total, passed, skipped, faults } = await runFile(source);
  sum.passed += passed;
  sum.skipped += skipped;
  sum.failed += total - passed - skipped + faults.length;
  if (faults.length > 0) broken.push(`${source}: ${faults.join("; ")}`);
  else if (passed + skipped < total) broken.push(`${source}: ${total - passed - skipped} failed`);
}
if (process.env.REQUIRE_ALL && sum.skipped > 0) {
  broken.push(`${sum.skipped} tests were skipped, which REQUIRE_ALL forbids`);
  sum.failed += sum.skipped;
}
if (sum.passed + sum.failed === 0) {
  broken.push("no test ran");
  sum.failed = 1;
}
for (const line of broken) console.log(`FAILED ${line}`);
console.log(`${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped`);
process.exitCode = sum.failed === 0 ? 0 : 1;

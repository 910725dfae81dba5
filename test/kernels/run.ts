/*
 * Tries stublab on other kernels: `npm run kernels` on all, `npm run kernels -- NAME…` on some, `npm run kernels -- --short`
 * on those of continuous integration; `npm run kernels -- --against [NAME…]` compares kernels with each other. What was
 * seen is written to results.json; the short form writes nothing, and fails if a fact fails that held when they were
 * written. `npm run kernels -- run MACHINE [COMMAND]` and `npm run kernels -- test MACHINE [NAME…]` run a command, a
 * shell, or test files on one machine; `npm run kernels -- suite [MACHINE…]` runs those of suite.ts. With `--kernel FILE`
 * these three use a kernel of yours under QEMU. Images and logs are kept in build/kernels.
 */

import { execFileSync, spawn, spawnSync } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import type { ProbedArch } from "../../src/core/machine/index.ts";
import { complaintsOf } from "./answers.ts";
import { runCommand, scriptOf, suiteOf, type Task } from "./command.ts";
import { readLog } from "./log.ts";
import { CHECKS, MACHINES, type Machine, machinesOf, type Places, SHORT } from "./machines.ts";
import {
  complaintsAbout,
  isProbe,
  newFailures,
  type Result,
  readResults,
  writeResults,
} from "./results.ts";
import {
  type Contents,
  makeDenyingInitramfs,
  makeInitramfs,
  makeProbeInitramfs,
  makeProbeRoot,
  makeRoot,
} from "./root.ts";
import { SUITE, SUITE_MACHINES } from "./suite.ts";
import { makeTrivialRoot, reasonOf } from "./trivial.ts";
import type { UserlandName } from "./userland.ts";

const FOLDER = resolve("build/kernels");
/** How long a machine may run, in milliseconds: more than ten times as long as on a machine that does nothing else. */
const LIMIT = 900_000;
/** How long it may then take to terminate. */
const GRACE = 5000;
const CASES = "10000";
const SHORT_CASES = "1000";
/** The run in which kernels are compared, and how long it may take. */
const AGAINST = { seed: "2026", cases: "200000", limit: 1_800_000 };

/** What a command printed, and why it was ended. */
interface Output {
  readonly text: string;
  readonly fault?: string;
}

/** How machines are tried. */
interface Run {
  readonly cases: string;
  /** Whether facts that failed before, too, are no complaint, and others are. */
  readonly compares: boolean;
}

const running = new Set<number>();

/** Kills what a machine started, too: each is the leader of its process group. */
function end(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}

function outputOf(
  [command = "", ...args]: readonly string[],
  file: string,
  limit: number,
): Promise<Output> {
  return new Promise((done, fail) => {
    // A pipe is not read while the files of another machine are fetched, and QEMU's serial port drops what is not taken.
    const log = openSync(file, "w");
    const child = spawn(command, args, { stdio: ["ignore", log, log], detached: true });
    closeSync(log);
    child.on("error", fail);
    const { pid } = child;
    if (pid === undefined) return;
    running.add(pid);
    let isLate = false;
    const timers = [
      setTimeout(() => {
        isLate = true;
        end(pid, "SIGTERM");
      }, limit),
      setTimeout(() => end(pid, "SIGKILL"), limit + GRACE),
    ];
    child.on("close", () => {
      for (const timer of timers) clearTimeout(timer);
      running.delete(pid);
      const fault = isLate ? { fault: `no end after ${limit / 1000} s` } : {};
      done({ text: readFileSync(file, "utf8").replaceAll("\r", ""), ...fault });
    });
  });
}

/** The command that installs the missing tools of some machines; undefined if none is missing. */
function missingTools(machines: readonly Machine[]): string | undefined {
  const needs: Record<string, string> = Object.assign({}, ...machines.map((it) => it.needs));
  const isThere = (tool: string) => spawnSync("sh", ["-c", `command -v ${tool}`]).status === 0;
  const packages = Object.entries(needs).flatMap(([tool, name]) => (isThere(tool) ? [] : [name]));
  return packages.length === 0 ? undefined : `apt-get install ${packages.join(" ")}`;
}

/** Makes what a key names when it is asked for first. */
function once<Key>(make: (key: Key) => string): (key: Key) => string {
  const made = new Map<Key, string>();
  return (key) => {
    const it = made.get(key) ?? make(key);
    made.set(key, it);
    return it;
  };
}

function makePlaces(contents: Contents, kernel?: string): Places {
  const root = once((name: UserlandName) => makeRoot(FOLDER, name, contents));
  const probeRoot = once(() => makeProbeRoot(FOLDER));
  const trivialRoot = once(() => makeTrivialRoot(FOLDER));
  const denyingInitramfs = once(() => makeDenyingInitramfs(FOLDER));
  return {
    folder: FOLDER,
    kernel,
    root,
    initramfs: once((name: UserlandName) => makeInitramfs(root(name))),
    probeRoot: () => probeRoot("probe"),
    denyingInitramfs: () => denyingInitramfs("denying"),
    probeInitramfs: once((arch: ProbedArch) => makeProbeInitramfs(FOLDER, arch)),
    trivialRoot: () => trivialRoot("trivial"),
  };
}

/** Runs a machine. One that does not start, as on a busy machine, is started again. */
async function runMachine(command: readonly string[], log: string, limit = LIMIT): Promise<Output> {
  const output = await outputOf(command, log, limit);
  return /KTAP|@@kernel/.test(output.text) ? output : outputOf(command, log, limit);
}

const fileOf = ({ name }: Machine, end: string) =>
  resolve(FOLDER, `${name.replaceAll("/", "_")}.${end}`);
const knownOf = ({ known }: Machine) => (known === undefined ? [] : ["--known", known]);

async function tryMachine(machine: Machine, places: Places, cases: string): Promise<Result> {
  const log = fileOf(machine, "log");
  const release = machine.release(FOLDER);
  const checks = [...CHECKS, ...(machine.checks ?? [])];
  const words = machine.host === "node" ? checks : probeWords(machine, cases);
  const command = machine.command(places, words);
  const started = performance.now();
  const output = await runMachine(command, log);
  const seconds = Math.round((performance.now() - started) / 1000);
  const head = { machine: machine.name, release, seconds };
  const { text, ...fault } = output;
  if (machine.host === "probe") return { ...head, ...readLog(text), ...fault };
  return { ...head, ...complaintsOf(text, checks, machine) };
}

function probeWords(machine: Machine, cases: string): string[] {
  if (machine.isTraceless) return ["conformance"];
  const known = knownOf(machine);
  return machine.crashesBy === undefined
    ? ["bootstrap", "conformance", ...known, "fuzz", "--cases", cases, ...known]
    : ["bootstrap", "conformance", ...machine.crashesBy.flatMap((it) => ["--except", `"${it}"`])];
}

/** Tries the same random cases on each machine, and compares the outcomes with those on the one before it of its kind. */
async function compareMachines(
  machines: readonly Machine[],
  places: Places,
  cases: string,
): Promise<void> {
  const run = ["fuzz", "--outcomes", "--seed", AGAINST.seed, "--cases", cases];
  const logs = new Map<ProbedArch, string>();
  for (const machine of machines) {
    const log = fileOf(machine, "outcomes");
    const command = machine.command(places, [...run, ...knownOf(machine)]);
    const { fault } = await runMachine(command, log, AGAINST.limit);
    if (fault !== undefined) throw new Error(`${machine.name}: ${fault}`);
    const before = logs.get(machine.arch);
    if (before !== undefined && !isSame(before, log)) process.exitCode = 1;
    logs.set(machine.arch, log);
  }
}

/** Prints how two logs of outcomes differ. */
function isSame(a: string, b: string): boolean {
  const args = ["dist/cli.js", "fuzz", "diff", a, b];
  const { status } = spawnSync(process.execPath, args, { stdio: ["ignore", "inherit", "inherit"] });
  process.stdout.write("\n");
  return status === 0;
}

/** The result in a few words. */
function titleOf(result: Result): string {
  if (!isProbe(result)) return result.bootstrap;
  const { bootstrap, conformance, fuzz } = result;
  return [
    bootstrap && `${bootstrap.held} of ${bootstrap.held + bootstrap.failed.length} steps`,
    conformance &&
      `${conformance.held} of ${conformance.held + conformance.failed.length} facts hold`,
    fuzz && (fuzz.skipped ?? `${fuzz.findings.length} findings`),
  ]
    .filter(Boolean)
    .join(", ");
}

/** The facts that fail now, and failed neither in the kept results nor in a second attempt. */
async function failuresOf(machine: Machine, first: Result, again: () => Promise<Result>) {
  const kept = readResults().results.find((it) => it.machine === machine.name);
  const failures = newFailures(kept, first);
  if (failures.length === 0) return [];
  const second = new Set(newFailures(kept, await again()).map(({ fact }) => fact));
  return failures.filter(({ fact }) => second.has(fact)).map((it) => `${it.fact}: ${it.seen}`);
}

/** Why a machine that fails cannot be tried here; undefined if it can, or if that is not known. */
async function unableBecause(machine: Machine, places: Places): Promise<string | undefined> {
  if (machine.trivial === undefined) return undefined;
  const log = fileOf(machine, "trivial.log");
  const { text, fault } = await outputOf(machine.trivial(places), log, LIMIT);
  return fault === undefined ? reasonOf(text) : undefined;
}

/** Tries one; prints a line for it, and a line for each complaint. */
async function report(machine: Machine, places: Places, run: Run): Promise<Result | undefined> {
  let result: Result | undefined;
  let complaints: string[];
  try {
    const attempt = () => tryMachine(machine, places, run.cases);
    result = await attempt();
    complaints = complaintsAbout(result, machine);
    if (run.compares && !machine.varies)
      complaints.push(...(await failuresOf(machine, result, attempt)));
  } catch (error) {
    complaints = [error instanceof Error ? error.message : String(error)];
  }
  const unable = complaints.length === 0 ? undefined : await unableBecause(machine, places);
  if (unable !== undefined) {
    process.stdout.write(`skipped ${machine.name}: ${unable}\n`);
    return undefined;
  }
  const title = result === undefined ? "" : ` ${result.release}: ${titleOf(result)}`;
  const mark = complaints.length === 0 ? "ok     " : "FAILED ";
  const lines = complaints.map((line) => `        ${line}\n`).join("");
  process.stdout.write(`${mark} ${machine.name}${title} (${result?.seconds ?? 0} s)\n${lines}`);
  if (complaints.length > 0) process.exitCode = 1;
  return result;
}

function emulatorVersion(): string {
  const { stdout } = spawnSync("qemu-system-x86_64", ["--version"], { encoding: "utf8" });
  return `QEMU ${/version (\S+)/.exec(stdout ?? "")?.[1] ?? "unknown"}`;
}

/** Kernels are compared on one processor unless others are named. */
function selected(words: readonly string[], short: boolean, against: boolean): readonly Machine[] {
  if (!against) return machinesOf(short ? [...SHORT, ...words] : words);
  const named = machinesOf(words.length === 0 ? ["probe/max"] : words);
  return named.filter(
    ({ host, crashesBy, isTraceless }) =>
      host === "probe" && crashesBy === undefined && !isTraceless,
  );
}

/** Refuses machines that cannot be started here. */
function demand(machines: readonly Machine[]): void {
  const needRoot = machines.filter(({ asRoot }) => asRoot).map(({ name }) => name);
  if (process.getuid?.() !== 0 && needRoot.length > 0)
    throw new Error(
      `${needRoot.join(", ")}: root privileges are needed, for device files and containers; others: npm run kernels -- probe/linux-6.12`,
    );
  const missing = missingTools(machines);
  if (missing !== undefined) throw new Error(`tools are missing: ${missing}`);
  mkdirSync(FOLDER, { recursive: true });
}

/** Runs a command, or test files, on one machine. */
async function runOn(name: string, { command, added }: Task, kernel?: string): Promise<void> {
  const [machine, ...others] = machinesOf([name]).filter(({ host }) => host === "node");
  if (machine === undefined || others.length > 0)
    throw new Error(`expected one machine with Node.js, got ${name}`);
  demand([machine]);
  const places = makePlaces({ check: scriptOf(command), added }, kernel);
  process.exitCode = (await runCommand(machine, places)) || process.exitCode;
}

/** Runs the tests of the core on each machine. */
async function runSuite(names: readonly string[], kernel?: string): Promise<void> {
  const task = suiteOf(SUITE.map((name) => `/${name}.`));
  for (const name of names.length === 0 ? SUITE_MACHINES : names) {
    process.stdout.write(`\n${name}\n`);
    await runOn(name, task, kernel);
  }
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      short: { type: "boolean" },
      against: { type: "boolean" },
      cases: { type: "string" },
      add: { type: "string", multiple: true },
      kernel: { type: "string" },
      jobs: { type: "string", default: String(Math.min(2, availableParallelism())) },
    },
  });
  const [verb, name = "", ...words] = positionals;
  const { kernel, add: added = [] } = values;
  if (verb === "run") return runOn(name, { command: words.join(" "), added }, kernel);
  if (verb === "test") return runOn(name, suiteOf(words), kernel);
  if (verb === "suite") return runSuite(positionals.slice(1), kernel);
  const { short = false, against = false } = values;
  const few = short ? SHORT_CASES : CASES;
  const { cases = against ? AGAINST.cases : few } = values;
  const machines = selected(positionals, short, against);
  demand(machines);
  const made = "build/kernels/situations";
  execFileSync("cc", ["-O1", "-static", "-o", made, "test/support/situations.c"]);
  const scripts = ["test/kernels/lessons.mjs", "test/kernels/explain.mjs"];
  const places = makePlaces({
    check: readFileSync("test/kernels/check", "utf8"),
    added: [...scripts, "test/labs/explain/situations.jsonl", made],
  });
  if (against) return compareMachines(machines, places, cases);
  const tried: Result[] = [];
  await eachOf(machines, jobsOf(values.jobs), async (machine) => {
    const result = await report(machine, places, { cases, compares: short });
    if (result === undefined) return;
    tried.push(result);
    if (!short) keep(tried);
  });
  process.stdout.write(`${tried.length} of ${machines.length} machines were tried\n`);
}

/** How many machines run at the same time. */
function jobsOf(text: string): number {
  const jobs = Number(text);
  if (Number.isInteger(jobs) && jobs > 0) return jobs;
  throw new Error(`invalid --jobs "${text}": expected a number from 1 on`);
}

async function eachOf<It>(list: readonly It[], jobs: number, act: (it: It) => Promise<void>) {
  const rest = [...list];
  const work = async () => {
    for (let it = rest.shift(); it !== undefined; it = rest.shift()) await act(it);
  };
  await Promise.all(Array.from({ length: jobs }, work));
}

function keep(tried: readonly Result[]): void {
  const names = MACHINES.map(({ name }) => name);
  writeResults(tried, emulatorVersion(), names);
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    for (const pid of running) end(pid, "SIGKILL");
    process.exit(1);
  });
}

main().catch((error) => {
  process.stderr.write(`kernels: ${error.message}\n`);
  process.exitCode = 2;
});

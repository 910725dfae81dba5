// Runs examples/fuzz-slurm.sh as an array of jobs in a real Slurm: `npm run slurm`, or `npm run slurm -- --cases N`. Munge
// and Slurm's two daemons run on this machine, with configuration, state and ports of their own. They and the jobs are in
// a pid namespace, so that the kernel ends them with this program, however it ends. The merge of the parts must be what one
// machine finds.

import { execFile, execFileSync, spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { cpus, hostname, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs, promisify } from "node:util";

const EXAMPLE = "examples/fuzz-slurm.sh";
/** The number of cases in the example, for a whole cluster. */
const EXAMPLE_CASES = "1000000000";
const TASKS = 4;
const TOOLS = {
  munged: "munge",
  slurmctld: "slurmctld",
  slurmd: "slurmd",
  sbatch: "slurm-client",
  unshare: "util-linux",
};
/** How long each daemon may take to start. */
const START = 60_000;
const INTERVAL = 200;

/** Debian has the daemons where only root looks for them. */
process.env.PATH = `${process.env.PATH}:/usr/sbin:/sbin`;

/** Signals that end the program. */
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"];

/** The daemons, in the order of their start. */
const daemons = [];
/** The configuration, logs and results. */
let folder;

function missingTools() {
  const isThere = (tool) => spawnSync("sh", ["-c", `command -v ${tool}`]).status === 0;
  const packages = Object.entries(TOOLS).flatMap(([tool, name]) => (isThere(tool) ? [] : [name]));
  return packages.length === 0 ? undefined : `apt-get install ${packages.join(" ")}`;
}

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((done) => server.once("listening", done));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
}

/** Writes the configuration of a cluster of one machine: no accounting, no cgroups. */
async function configure() {
  writeFileSync(join(folder, "munge.key"), randomBytes(1024), { mode: 0o400 });
  for (const name of ["state", "spool", "bin"]) mkdirSync(join(folder, name));
  const host = hostname().split(".")[0];
  const settings = {
    ClusterName: "stublab",
    SlurmctldHost: `${host}(127.0.0.1)`,
    SlurmUser: "root",
    AuthType: "auth/munge",
    AuthInfo: `socket=${join(folder, "munge.socket")}`,
    CredType: "cred/munge",
    SlurmctldPort: await freePort(),
    SlurmdPort: await freePort(),
    SlurmctldPidFile: join(folder, "slurmctld.pid"),
    SlurmdPidFile: join(folder, "slurmd.pid"),
    StateSaveLocation: join(folder, "state"),
    SlurmdSpoolDir: join(folder, "spool"),
    ProctrackType: "proctrack/pgid",
    TaskPlugin: "task/none",
    JobAcctGatherType: "jobacct_gather/none",
    MpiDefault: "none",
    SelectType: "select/cons_tres",
    SelectTypeParameters: "CR_CPU",
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
  lines.push(`NodeName=${host} NodeAddr=127.0.0.1 CPUs=${cpus().length} State=UNKNOWN`);
  lines.push("PartitionName=all Nodes=ALL Default=YES State=UP");
  writeFileSync(join(folder, "slurm.conf"), `${lines.join("\n")}\n`);
  writeFileSync(join(folder, "cgroup.conf"), "CgroupPlugin=disabled\n");
  process.env.SLURM_CONF = join(folder, "slurm.conf");
  writeFileSync(
    join(folder, "bin/stublab"),
    `#!/bin/sh\nexec ${process.execPath} ${resolve("dist/cli.js")} "$@"\n`,
    { mode: 0o755 },
  );
}

/** Starts a daemon in the foreground; its output goes to a log in the folder. */
function start(command, ...args) {
  const log = openSync(join(folder, `${command}.log`), "w");
  const child = spawn(command, args, { stdio: ["ignore", log, log] });
  const daemon = { command, hasEnded: false };
  for (const event of ["error", "exit"])
    child.once(event, () => {
      daemon.hasEnded = true;
    });
  daemons.push(daemon);
}

function logOf(command) {
  const lines = readFileSync(join(folder, `${command}.log`), "utf8")
    .trim()
    .split("\n");
  return lines.slice(-5).join("\n  ");
}

/** Waits until a command prints what is wanted. */
async function waitFor(wanted, command, ...args) {
  for (let waited = 0; waited < START; waited += INTERVAL) {
    for (const { command: name, hasEnded } of daemons)
      if (hasEnded) throw new Error(`${name} has ended:\n  ${logOf(name)}`);
    const { stdout } = spawnSync(command, args, { encoding: "utf8" });
    if (wanted.test(stdout)) return;
    await pause(INTERVAL);
  }
  const last = daemons.at(-1)?.command;
  throw new Error(`${last} is not ready after ${START / 1000} s:\n  ${logOf(last)}`);
}

async function startDaemons() {
  const file = (name) => join(folder, name);
  start(
    "munged",
    ...["--foreground", `--key-file=${file("munge.key")}`, `--socket=${file("munge.socket")}`],
    ...[`--pid-file=${file("munged.pid")}`, `--seed-file=${file("munge.seed")}`],
  );
  await waitFor(/^MUNGE:/, "munge", "-n", "-S", file("munge.socket"));
  start("slurmctld", "-D", "-f", process.env.SLURM_CONF);
  await waitFor(/is UP/, "scontrol", "ping");
  start("slurmd", "-D", "-f", process.env.SLURM_CONF);
  await waitFor(/^idle$/m, "sinfo", "-h", "-o", "%T");
}

/** Runs the example as an array, as its first line says; waits for its end. */
async function runArray(cases) {
  const example = readFileSync(EXAMPLE, "utf8");
  if (!example.includes(EXAMPLE_CASES)) throw new Error(`${EXAMPLE} does not try ${EXAMPLE_CASES}`);
  const script = join(folder, "fuzz-slurm.sh");
  writeFileSync(script, example.replace(EXAMPLE_CASES, cases));
  const env = { ...process.env, PATH: `${join(folder, "bin")}:${process.env.PATH}` };
  const options = ["--wait", `--array=1-${TASKS}`, `--chdir=${folder}`, script];
  try {
    await promisify(execFile)("sbatch", options, { env });
  } catch (error) {
    // The highest status of the jobs. 1: one has findings, which are merged.
    if (error.code !== 1)
      throw new Error(`the jobs failed:\n  ${outputOfJobs()}`, { cause: error });
  }
}

function outputOfJobs() {
  const names = readdirSync(folder).filter((name) => /^slurm-.*\.out$/.test(name));
  const texts = names.map((name) => readFileSync(join(folder, name), "utf8").trim());
  return [...new Set(texts)].join("\n").replaceAll("\n", "\n  ");
}

function stublab(...args) {
  const { stdout, stderr, status } = spawnSync(process.execPath, ["dist/cli.js", ...args], {
    encoding: "utf8",
    maxBuffer: 1 << 26,
  });
  // 1: there are findings, in which the runs are compared, too.
  if (status !== 0 && status !== 1) throw new Error(`stublab ${args.join(" ")}: ${stderr}`);
  return stdout;
}

/** Merges parts, and looks at the merged run. */
function merged(parts, name, cases) {
  const result = join(folder, name);
  const { complete } = JSON.parse(stublab("fuzz", "merge", ...parts, "-o", result, "--json"));
  const { digest, signatures, findings } = JSON.parse(
    stublab("fuzz", "--corpus", result, "--cases", cases, "--json"),
  );
  const log = readFileSync(join(result, "log.jsonl"), "utf8");
  return { complete, digest, signatures, findings: findings.length, log };
}

/** Compares the parts with a run of all cases on one machine. */
function compare(cases) {
  const parts = Array.from({ length: TASKS }, (_, i) => join(folder, `fuzz/part${i + 1}`));
  const cluster = merged(parts, "fuzz/merged", cases);
  const single = join(folder, "single");
  stublab("fuzz", "--shard", "1/1", "--cases", cases, "--corpus", single);
  const machine = merged([single], "single-merged", cases);
  const tell = (name, { digest, signatures, findings, complete }) =>
    `${name.padEnd(12)} digest ${digest}, ${signatures} signatures, ${findings} findings${complete ? "" : ", incomplete"}\n`;
  process.stdout.write(tell(`${TASKS} jobs`, cluster) + tell("one machine", machine));
  const isSame = JSON.stringify(cluster) === JSON.stringify(machine);
  process.stdout.write(isSame ? "the same, and so are the logs\n" : "they differ\n");
  return isSame && cluster.complete;
}

/** What is done inside of the namespace. */
async function runSlurm(cases) {
  await configure();
  await startDaemons();
  const version = execFileSync("sinfo", ["--version"], { encoding: "utf8" }).trim();
  process.stdout.write(`${version}: an array of ${TASKS} jobs, ${cases} cases\n`);
  await runArray(cases);
  return compare(cases) ? 0 : 1;
}

/** Runs this program in a pid namespace, as its process 1; returns its exit status. */
function runInside(cases) {
  // Short, as the path of a socket is limited. Munge's clients, of any user, go through it.
  folder = mkdtempSync(join(tmpdir(), "stublab-slurm-"));
  chmodSync(folder, 0o755);
  const program = [process.execPath, process.argv[1], "--cases", cases, folder];
  const inside = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc", ...program];
  // Out of reach of the terminal's Ctrl-C, which this process handles.
  const options = { stdio: "inherit", detached: true };
  const child = spawn("setpriv", ["--pdeathsig=KILL", ...inside], options);
  for (const signal of SIGNALS) process.on(signal, () => child.kill("SIGKILL"));
  return new Promise((done, fail) => {
    child.once("error", fail);
    child.once("exit", (status) => {
      // The last processes may still be ending.
      rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
      done(status ?? 1);
    });
  });
}

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { cases: { type: "string", default: "100000" } },
  });
  if (process.getuid() !== 0) throw new Error("root privileges are needed to run Slurm's daemons");
  const missing = missingTools();
  if (missing !== undefined) throw new Error(`tools are missing: ${missing}`);
  [folder] = positionals;
  const run = folder === undefined ? runInside : runSlurm;
  process.exitCode = await run(values.cases);
  if (run === runSlurm) process.exit();
}

main().catch((error) => {
  process.stderr.write(`slurm: ${error.message}\n`);
  process.exit(2);
});

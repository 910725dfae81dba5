// Sends signals to hosts while they work: `npm run soak:outside`, or `-- --rounds N --births N`. Each round has other lanes. Each signal from 1 to 64 is sent
// as kill, tgkill and sigqueue would send it, at random moments, to a host, its master and its stubs. Meanwhile the pids
// of ended processes are reused by bystanders. A wrong result, an untyped error, a bystander that is signalled or a
// process that is left behind is a failure. Needs root: it runs in a pid namespace of its own.

import { spawn, spawnSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const HOST = fileURLToPath(new URL("outside_host.mjs", import.meta.url));
const SENDER = fileURLToPath(new URL("outside_sender.mjs", import.meta.url));
const NAMESPACE = "STUBLAB_SOAK_NAMESPACE";
/** The kernel is made to assign pids from here repeatedly. */
const FIRST_PID = 500;
const BYSTANDERS = 20;
const BYSTANDER_SECONDS = "0.05";

/** The lanes of each round. */
const LANES = [{}, { lane: "fast" }, { lane: "fast", pinned: true }];

const numberOf = (option, usual) =>
  Number(new RegExp(`--${option} (\\d+)`).exec(process.argv.join(" "))?.[1] ?? usual);
const rounds = numberOf("rounds", LANES.length);
const births = numberOf("births", 400);

if (process.env[NAMESPACE] === undefined) {
  const args = ["--pid", "--fork", "--mount-proc", "--kill-child", process.execPath];
  const { status, error } = spawnSync("unshare", [...args, ...process.argv.slice(1)], {
    stdio: "inherit",
    env: { ...process.env, [NAMESPACE]: "1" },
  });
  if (error) console.error(`unshare of util-linux is needed: ${error.message}`);
  process.exit(status ?? 1);
}

const sums = {
  injections: 0,
  births: 0,
  switches: 0,
  releases: 0,
  closes: 0,
  signals: 0,
  deaths: 0,
  late: 0,
};
const failures = [];
let bystanders = 0;
let attacking = true;

/** Starts a process that exits by itself after a moment, unless a signal reaches it. */
function standBy() {
  bystanders++;
  const started = performance.now();
  const child = spawn("sleep", [BYSTANDER_SECONDS], { stdio: "ignore" });
  child.on("exit", (code, signal) => {
    if (code !== 0) failures.push(`bystander ${child.pid} ended by ${signal ?? code}`);
    const late = performance.now() - started > 5000;
    if (late) failures.push(`bystander ${child.pid} was stopped for seconds`);
    if (attacking) standBy();
  });
}

/** Makes the kernel assign used pids to the next processes. */
function reusePids() {
  writeFileSync("/proc/sys/kernel/ns_last_pid", `${FIRST_PID}`);
}

/** Starts a script. `ready` resolves at its first output, `ended` to its last line and how it ended. */
function start(script, ...args) {
  const stdio = ["ignore", "pipe", "inherit"];
  const child = spawn(process.execPath, [script, ...args], { stdio });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text) => {
    output += text;
  });
  const ready = new Promise((resolve) => child.stdout.once("data", resolve));
  const ended = new Promise((resolve) => {
    child.on("close", (code, signal) => {
      resolve({ report: output.trim().split("\n").pop() ?? "", how: signal ?? code });
    });
  });
  return { pid: child.pid, ready, ended };
}

/** All processes except this one, its bystanders and zombies. */
function strays() {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => Number(pid) !== process.pid && Number(pid) !== 1)
    .filter((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
        return !/^\d+ \((sleep|esbuild)\) /.test(stat) && !/\) Z /.test(stat);
      } catch {
        return false;
      }
    });
}

/** Runs one host, with one exit signal, and its sender. */
async function round(seed, exitSignal, lethal) {
  const lanes = JSON.stringify(LANES[(seed - 1) % LANES.length]);
  const began = performance.now();
  const host = start(HOST, `${seed}`, exitSignal, lanes, `${births}`);
  await host.ready;
  const sender = start(SENDER, `${host.pid}`, `${seed}`, lethal ? "lethal" : "gentle");
  const { report, how } = await host.ended;
  const { signals } = JSON.parse((await sender.ended).report);
  sums.signals += signals;
  if (how !== 0) failures.push(`host ${seed} (${exitSignal}, ${lanes}) ended by ${how}: ${report}`);
  else for (const [name, count] of Object.entries(JSON.parse(report))) sums[name] += count;
  for (let i = 0; i < 100 && strays().length > 0; i++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  if (strays().length > 0) failures.push(`host ${seed} left ${strays()} behind`);
  const seconds = ((performance.now() - began) / 1000).toFixed(0);
  const line = `round ${seed}: ${exitSignal}, ${lanes}, ${signals} signals, ${seconds} s: ${report}`;
  console.log(`${line}${failures.length > 0 ? `, ${failures.length} failures` : ""}`);
}

for (let i = 0; i < BYSTANDERS; i++) standBy();
const timer = setInterval(reusePids, 20);
for (let seed = 1; seed <= rounds; seed++) {
  // With SIGKILL as exit signal the death of a stub kills the host: no stub is killed there.
  // A stub that is traced from its birth would be a child of the host.
  const lethal = seed % 3 !== 0 || LANES[(seed - 1) % LANES.length].lane === "fast";
  await round(seed, lethal ? "SIGCHLD" : "SIGKILL", lethal);
}
attacking = false;
clearInterval(timer);

for (const [name, count] of Object.entries({ ...sums, bystanders })) {
  console.log(`  ${name.padEnd(12)} ${count.toLocaleString("en")}`);
}
for (const failure of failures.slice(0, 20)) console.log(`FAILED ${failure}`);
console.log(failures.length === 0 ? "every round held" : `${failures.length} failures`);
process.exit(failures.length === 0 ? 0 : 1);

// Runs one file of tests to its end: `node test/supervise.mjs FILE SECONDS`, started by run.mjs with a channel.
// It is the subreaper of whatever the file starts: orphans become its children, so it can end them, and knows that none is left.
// It answers { output, ending, strays, busy }, and ends everything if run.mjs ends or says so with SIGTERM. The limit is in
// seconds of a quiet machine: a second in which tasks wait for processors counts less, by their number.

import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import koffi from "koffi";

const PR_SET_CHILD_SUBREAPER = 36;
const WNOHANG = 1;
/** USER_HZ */
const TICKS = 100;
/** How long the dying may take, in milliseconds: a busy machine runs them late. */
const DYING = 5000;
/** How often the load is read, in milliseconds. */
const SAMPLE = 200;
/** Overridden by tests. */
const LOAD = process.env.RUN_LOADAVG ?? "/proc/loadavg";
/** How long a pipe may stay open once all processes that could hold it are gone. */
const CLOSING = 1000;

const libc = koffi.load(null);
const waitpid = libc.func("int waitpid(int, void *, int)");
libc.func("int prctl(int, long, long, long, long)")(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

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
  return /\((.*)\)/s.exec(statOf(pid))?.[1] ?? "";
}

/** Seconds that processors have run for children that were reaped: proc(5). */
function processorSeconds() {
  const [, user, system] = /\) (?:\S+ ){13}(\d+) (\d+)/.exec(statOf("self")) ?? [];
  return (Number(user) + Number(system)) / TICKS;
}

/** How many times as long everything takes as on a quiet machine: tasks that run or want to, a processor. */
function slowness() {
  const running = Number(/ (\d+)\//.exec(readFileSync(LOAD, "utf8"))?.[1] ?? 1);
  return Math.max(1, running / availableParallelism());
}

/** Reaps dead children; returns the living ones. Node.js must have no child of its own. */
function reapOrphans() {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => parentOf(pid) === process.pid && waitpid(pid, null, WNOHANG) === 0);
}

/** Gives orphans time to die, kills the rest and their descendants; returns the names of the rest. */
async function endStrays(patience = DYING) {
  const end = performance.now() + patience;
  while (reapOrphans().length > 0 && performance.now() < end) await pause(10);
  const names = new Map();
  for (let strays = reapOrphans(); strays.length > 0; strays = reapOrphans()) {
    for (const pid of strays) {
      if (!names.has(pid)) names.set(pid, `${pid} (${commOf(pid)})`);
      process.kill(pid, "SIGKILL");
    }
    await pause(1);
  }
  return [...names.values()];
}

const [file, seconds] = process.argv.slice(2);
const child = spawn(process.execPath, ["--enable-source-maps", file], {
  stdio: ["ignore", "pipe", "pipe"],
});
let output = "";
for (const stream of [child.stdout, child.stderr]) {
  stream.setEncoding("utf8").on("data", (text) => {
    output += text;
  });
}
const exited = new Promise((resolve) => child.on("exit", (...how) => resolve(how)));
const closed = new Promise((resolve) => child.on("close", resolve));

async function endAll() {
  child.kill("SIGKILL");
  await exited;
  await endStrays(0);
  process.exit(1);
}
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, endAll);
process.on("disconnect", endAll);

const start = performance.now();
let late = false;
let [used, sampled] = [0, start];
const timer = setInterval(() => {
  const now = performance.now();
  used += (now - sampled) / slowness();
  sampled = now;
  if (used < seconds * 1000) return;
  late = true;
  child.kill("SIGKILL");
}, SAMPLE);
const [code, signal] = await exited;
clearInterval(timer);
const elapsed = ((performance.now() - start) / 1000).toFixed(0);
// The children of a file that was killed are no strays.
const strays = await endStrays(late ? 0 : undefined);
// A process that is left behind holds the pipe, so only now.
await Promise.race([closed, pause(CLOSING)]);
const how = signal === null ? `exit ${code}` : `killed by ${signal}`;
const ending = late ? `took more than ${seconds} s of a quiet machine, in ${elapsed} s` : how;
const answer = { output, ending, strays: late ? [] : strays, busy: processorSeconds() };
process.send(answer, () => process.exit());

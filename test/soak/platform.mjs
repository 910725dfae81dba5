// Long runs of the platform, measured against bounds: `npm run soak`, or `npm run soak -- NAME…` with names from
// reuse, switches, many. Needs --expose-gc. The exit status is 1 if a bound is exceeded.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { Platform } from "../../dist/index.js";
import { SYS_getpid, startGuest } from "./guest.mjs";

const MANY = 10_000;
const SAMPLE = 1000;
const CYCLES = 1_000_000;
const WARM_UP = 50_000;
const MEGABYTE = 2 ** 20;

/** Collects garbage; undefined without --expose-gc. */
const { gc } = globalThis;

let missed = 0;

/** Checks a bound, and reports it: `measured` must be at most `wanted`. */
function bound(what, measured, wanted, digits = 0) {
  const held = measured <= wanted;
  if (!held) missed++;
  const verdict = held ? "held" : "MISSED";
  line(what, `${measured.toFixed(digits)}   wanted ≤ ${wanted}   ${verdict}`);
}

function line(what, text) {
  console.log(`  ${what.padEnd(46)} ${text}`);
}

/** Runs `step` `count` times. Shows progress if stderr is a terminal. */
function repeat(what, count, step) {
  const every = Math.ceil(count / 100);
  for (let i = 0; i < count; i++) {
    step(i);
    if (process.stderr.isTTY && i % every === 0) {
      process.stderr.write(`\r\x1b[K${what}: ${Math.round((i / count) * 100)} %`);
    }
  }
  if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");
}

/** Runs `step` many times; after a warm-up, reports the time of one and by how much this process grew. */
function steady(what, step) {
  repeat(`${what}, warming up`, WARM_UP, step);
  const before = resident();
  const start = performance.now();
  repeat(what, CYCLES, step);
  const microseconds = ((performance.now() - start) * 1000) / CYCLES;
  line(`µs per operation, ${CYCLES} of them`, microseconds.toFixed(2));
  bound("growth of the host's resident memory, MB", (resident() - before) / MEGABYTE, 10, 1);
}

/** The resident bytes of this process after a garbage collection. */
function resident() {
  gc();
  return statusOf("self").VmRSS * 1024;
}

/** The numbers of /proc/PID/status: kilobytes, mostly. */
function statusOf(pid) {
  const text = readFileSync(`/proc/${pid}/status`, "utf8");
  return Object.fromEntries(
    [...text.matchAll(/^(\w+):\s+(\d+)/gm)].map(([, name, number]) => [name, Number(number)]),
  );
}

/** Distinguishes a process from a later one with the same pid. */
function identity(pid) {
  if (!existsSync(`/proc/${pid}`)) return undefined;
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  return `${pid} since ${stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]}`;
}

function countOf(folder) {
  return readdirSync(folder).length;
}

function quantile(values, q) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.round(q * (sorted.length - 1))];
}

function median(values) {
  return quantile(values, 0.5);
}

/** Opens a platform with many subprocesses; returns also the microseconds that each took. */
function openMany(what) {
  const platform = Platform.open();
  const spaces = [];
  const times = [];
  repeat(what, MANY, () => {
    const start = performance.now();
    spaces.push(platform.newAddressSpace());
    times.push((performance.now() - start) * 1000);
  });
  return { platform, spaces, times };
}

const runs = {
  reuse() {
    console.log("reuse: a subprocess, released and taken from the pool");
    const platform = Platform.open();
    let space = platform.newAddressSpace();
    const counted = {
      "file descriptors": "/proc/self/fd",
      "tasks of the host": "/proc/self/task",
      "tasks of the stub": `/proc/${space.pid}/task`,
    };
    const counts = () => Object.values(counted).map(countOf);
    const { pid } = space;
    const before = counts();
    steady("reuse", () => {
      space.release();
      space = platform.newAddressSpace();
      if (space.pid !== pid) throw new Error(`the pool gave ${space.pid} instead of ${pid}`);
    });
    const after = counts();
    Object.keys(counted).forEach((what, i) => {
      bound(`${what}, ${before[i]} before`, after[i], before[i]);
    });
    platform.close();
  },

  switches() {
    console.log("switches: one guest that makes system calls");
    const platform = Platform.open();
    const space = platform.newAddressSpace();
    const context = startGuest(platform, space);
    steady("switches", (i) => {
      const event = context.switch(space);
      if (event.kind !== "syscall" || event.number !== SYS_getpid) {
        throw new Error("the guest stopped by something other than getpid");
      }
      context.setResult(BigInt(i));
    });
    platform.close();
  },

  many() {
    console.log(`many: ${MANY} live subprocesses`);
    const before = resident();
    // On a virtual machine the first access to a page of memory costs more than everything timed here. Only the
    // second run counts: it reuses the memory of the first.
    openMany("many, rehearsing").platform.close();
    const kernelBefore = kernelMemory();
    const { platform, spaces, times } = openMany("many");
    const kernel = (kernelMemory() - kernelBefore) / MANY;
    const [first, last] = [times.slice(0, SAMPLE), times.slice(-SAMPLE)].map(median);
    line("median µs of newAddressSpace, first and last", `${first.toFixed(1)}, ${last.toFixed(1)}`);
    bound(`last ${SAMPLE} to first ${SAMPLE}`, last / first, 1.3, 3);

    const statuses = spaces.map(({ pid }) => statusOf(pid));
    for (const [name, what] of [
      ["VmRSS", "kB resident of a stub"],
      ["VmPTE", "kB of page tables of a stub"],
    ]) {
      const values = statuses.map((status) => status[name]);
      const figures = [0, 0.5, 1].map((q) => quantile(values, q)).join(", ");
      line(`${what}: least, median, most`, figures);
    }
    line("kB of the kernel's memory for each", kernel.toFixed(1));
    line("MB resident of the host", `${inMegabytes(before)}, then ${inMegabytes(resident())}`);

    const identities = [platform.master, ...spaces].map(({ pid }) => [pid, identity(pid)]);
    const start = performance.now();
    platform.close();
    line("ms to close", (performance.now() - start).toFixed(0));
    const left = identities.filter(([pid, of]) => identity(pid) === of);
    bound("processes left behind", left.length, 0);
  },
};

/** Kilobytes of kernel memory: a process takes more of it than of its own memory. */
function kernelMemory() {
  const text = readFileSync("/proc/meminfo", "utf8");
  const rows = text.matchAll(/^(?:Slab|KernelStack|PageTables|Percpu): +(\d+)/gm);
  return [...rows].reduce((sum, [, kilobytes]) => sum + Number(kilobytes), 0);
}

function inMegabytes(bytes) {
  return (bytes / MEGABYTE).toFixed(1);
}

const wanted = process.argv.slice(2);
const unknown = wanted.find((name) => !Object.hasOwn(runs, name));
if (unknown !== undefined) {
  console.error(`unknown run "${unknown}"; runs: ${Object.keys(runs).join(", ")}`);
  process.exit(2);
}
if (typeof gc !== "function") {
  console.error("growth is measured after a garbage collection: run node with --expose-gc");
  process.exit(2);
}
for (const [name, run] of Object.entries(runs)) {
  if (wanted.length === 0 || wanted.includes(name)) run();
}
process.exitCode = missed > 0 ? 1 : 0;

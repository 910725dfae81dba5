// Benchmarks against plain C that does the same work: `npm run bench`, or `npm run bench -- NAME…` for some of them.
// Both sides run at the same time, pinned to one processor, and take turns, batch by batch. Each pair of neighbouring
// batches gives a ratio; the median ratio is the result. Absolute times describe the machine, ratios the code.

import { execFileSync, spawn, spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, readdirSync } from "node:fs";
import { cpus } from "node:os";
import { dirname } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

process.chdir(dirname(dirname(fileURLToPath(import.meta.url))));

const CPU = String(cpus().length - 1);
const BASELINE = "build/baseline";
const SOURCES = ["bench/baseline.c", "bench/stub.c", "bench/setups.c"];
/** bench/setups.ts, bundled; the libraries that it loads are copied next to it. */
const SETUPS = "build/bench/setups.js";

/**
 * The benchmarks. `goal` is the upper bound of the ratio of TypeScript to C, or of the command to an empty Node.js; `more`
 * is the upper bound of the difference, in microseconds.
 */
const BENCHMARKS = {
  getpid: {
    title: "injected getpid",
    goal: 1.05,
    pairs: () => compare("getpid", "getpid", 5000, 40),
  },
  grandchild: {
    title: "grandchild",
    goal: 1.1,
    pairs: () => compare("grandchild", "grandchild", 100, 60),
  },
  switch: {
    title: "switch with XSAVE",
    goal: 1.05,
    pairs: () => compare("switch", "switch", 5000, 40),
  },
  // One injected munmap empties a subprocess.
  pool: {
    title: "subprocess from the pool",
    goal: 1.1,
    pairs: () => compare("munmap", "pool", 5000, 40),
  },
  // A case as in a run of the fuzzer: generated, tried, predicted, compared and signed.
  setup: {
    title: "setup by ptrace",
    goal: 1 / 0.9,
    pairs: () => compare("setup", "fuzz-setup", 5120, 60, SETUPS),
  },
  // Beside C that makes the fifth request, too.
  siginfo: {
    title: "setup, C with siginfo",
    goal: 1.02,
    pairs: () => compare("siginfo", "fuzz-setup", 5120, 60, SETUPS),
  },
  write: {
    title: "setup written, read back",
    goal: 1 / 0.8,
    pairs: () => compare("write", "fuzz-write", 10_240, 60, SETUPS),
  },
  sigreturn: {
    title: "setup by rt_sigreturn",
    goal: 2,
    pairs: () => compare("sigreturn", "fuzz-sigreturn", 10_240, 60, SETUPS),
  },
  // The same without what JavaScript does.
  "setup-alone": {
    title: "  by ptrace, tried only",
    goal: 1.05,
    pairs: () => compare("setup", "setup", 5120, 60, SETUPS),
  },
  "write-alone": {
    title: "  written, tried only",
    goal: 1.05,
    pairs: () => compare("write", "write", 10_240, 60, SETUPS),
  },
  "sigreturn-alone": {
    title: "  by rt_sigreturn, tried only",
    goal: 1.2,
    pairs: () => compare("sigreturn", "sigreturn", 10_240, 60, SETUPS),
  },
  paths: {
    title: "rt_sigreturn and ptrace",
    goal: 1 / 4,
    baseline: "ptrace",
    pairs: () => compareSides(setups("setup", 5120), setups("sigreturn", 10_240), 60),
  },
  "fuzz-paths": {
    title: "  both as in the fuzzer",
    goal: 1 / 4,
    baseline: "ptrace",
    pairs: () => compareSides(setups("fuzz-setup", 5120), setups("fuzz-sigreturn", 10_240), 60),
  },
  version: {
    title: "stublab --version",
    goal: 1.5,
    baseline: "node -e 0",
    pairs: () => compareStart(20, ["dist/cli.js", "--version"], ["-e", "0"]),
  },
  load: {
    title: 'import "stublab"',
    more: 25_000,
    baseline: "koffi",
    pairs: () => compareStart(31, importing("stublab"), importing("koffi")),
  },
};

/** Rounds that do not count: Node.js compiles functions that run often; those of a birth, after some thousand runs. */
const WARM_UP = 40;

/** One side of a benchmark: a program that runs a batch for each line it reads. */
class Side {
  #child;
  #lines;

  constructor(command, ...args) {
    this.#child = spawn("taskset", ["-c", CPU, command, ...args], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  async next() {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error("a benchmark program ended early");
    return value;
  }

  async batch() {
    // Gives the kernel time to free the resources of the last batch.
    await new Promise((resolve) => setTimeout(resolve, 20));
    this.#child.stdin.write("\n");
    return Number(await this.next());
  }

  end() {
    this.#child.stdin.end();
    return new Promise((resolve) => this.#child.on("close", resolve));
  }
}

function compare(theirs, ours, size, rounds, program = "bench/stubs.mjs") {
  const c = new Side(BASELINE, theirs, String(size));
  return compareSides(c, new Side(process.execPath, program, ours, String(size)), rounds);
}

function setups(what, size) {
  return new Side(process.execPath, SETUPS, what, String(size));
}

async function compareSides(c, script, rounds) {
  await Promise.all([c.next(), script.next()]);
  const pairs = [];
  for (let round = -WARM_UP; round < rounds; round++) {
    // The sides take turns in going first.
    const [first, second] = round % 2 === 0 ? [c, script] : [script, c];
    const times = new Map([[first, await first.batch()]]);
    times.set(second, await second.batch());
    if (round >= 0) pairs.push([times.get(script), times.get(c)]);
  }
  await Promise.all([c.end(), script.end()]);
  return pairs;
}

/** Node.js's arguments to import a package, and to do nothing else. */
function importing(name) {
  return ["--input-type=module", "-e", `import "${name}"`];
}

function compareStart(rounds, ours, theirs) {
  const time = (args) => {
    const start = performance.now();
    const { status } = spawnSync("taskset", ["-c", CPU, process.execPath, ...args]);
    if (status !== 0) throw new Error(`node ${args.join(" ")} failed`);
    return (performance.now() - start) * 1000;
  };
  const pairs = Array.from({ length: rounds + 2 }, () => [time(ours), time(theirs)]);
  return pairs.slice(2);
}

function quantile(values, q) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.round(q * (sorted.length - 1))];
}

function report({ title, goal, more, baseline = "C" }, pairs) {
  const ratios = pairs.map(([ours, theirs]) => ours / theirs);
  const [ours, theirs] = [0, 1].map((i) =>
    quantile(
      pairs.map((pair) => pair[i]),
      0.5,
    ),
  );
  const [low, ratio, high] = [0.25, 0.5, 0.75].map((q) => quantile(ratios, q).toFixed(3));
  const held = goal === undefined ? ours - theirs <= more : Number(ratio) <= goal;
  console.log(
    `${title.padEnd(27)} ${ours.toFixed(2).padStart(9)} µs   ${baseline.padEnd(9)} ${theirs.toFixed(2).padStart(9)} µs   ` +
      `ratio ${ratio} (quartiles ${low}, ${high}; ${pairs.length} pairs)   ` +
      `${held ? "within" : "ABOVE"} ${goal === undefined ? `${more} µs more` : Number(goal.toFixed(3))}`,
  );
}

async function bundleSetups() {
  const { default: esbuild } = await import("esbuild");
  await esbuild.build({
    entryPoints: ["bench/setups.ts"],
    outfile: SETUPS,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20.4",
    external: ["koffi"],
    logLevel: "warning",
  });
  for (const file of readdirSync("dist").filter((name) => /\.(so|wasm|json)$/.test(name))) {
    copyFileSync(`dist/${file}`, `${dirname(SETUPS)}/${file}`);
  }
}

const wanted = process.argv.slice(2);
const unknown = wanted.find((name) => !Object.hasOwn(BENCHMARKS, name));
if (unknown !== undefined) {
  console.error(
    `unknown benchmark "${unknown}"; benchmarks: ${Object.keys(BENCHMARKS).join(", ")}`,
  );
  process.exit(2);
}
if (spawnSync("taskset", ["--version"]).status !== 0) {
  console.error("benchmarks pin both sides to one processor: install taskset (util-linux)");
  process.exit(3);
}
mkdirSync("build", { recursive: true });
execFileSync(process.env.CC || "cc", ["-O2", "-Wall", "-Wextra", "-o", BASELINE, ...SOURCES]);

await bundleSetups();

console.log(`medians; both sides pinned to processor ${CPU}, taking turns`);
for (const [name, benchmark] of Object.entries(BENCHMARKS)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  report(benchmark, await benchmark.pairs());
}

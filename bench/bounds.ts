// `npm run bench [-- NAME…] [--rounds N]`: what developers of stublab keep within bounds: its figures beside plain C's,
// the fuzzer's, and how long the command takes to start. `stublab bench` measures the rest.

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { benchText } from "../src/cli/bench.ts";
import { finishing } from "../src/cli/interruption.ts";
import { Progress } from "../src/cli/progress.ts";
import { pathOf } from "../src/core/shim/shim.ts";
import { choose } from "../src/labs/bench/choose.ts";
import { measure } from "../src/labs/bench/measure.ts";
import type { Group, Mechanism } from "../src/labs/bench/mechanism.ts";
import { GROUPS, MECHANISMS } from "../src/labs/bench/mechanisms.ts";
import type { Result } from "../src/labs/bench/report.ts";
import {
  openProgram,
  openSide,
  type Processors,
  Refusal,
  type Side,
} from "../src/labs/bench/side.ts";
import { boundsFor, familyOf } from "./families.ts";

/** Two processors that hand over to each other and back by a cache line: the unit of bounds in hops. */
const HOP = "spin";

const family = familyOf(readFileSync("/proc/cpuinfo", "utf8"));
const { bounds: BOUNDS, known } = boundsFor(family);

/** The groups of the fuzzer and of the start: their reference, what they measure, and why. */
const OWN_GROUPS: readonly Group[] = [
  ["setup", "setup-c", "a case of the fuzzer by ptrace", "Its requests are what takes time."],
  ["write", "write-c", "the same, not resumed", "Two requests are left."],
  ["sigreturn", "sigreturn-c", "the same by rt_sigreturn", "No stop is left."],
  ["start", "node", "the start of the command", "What it loads it pays for."],
  ["load", "koffi", "the import of the library", "It contains koffi's."],
].map(([name = "", against = "", title = "", why = ""]) => ({ name, title, why, against }));

type Opener = (processors: Processors) => Promise<Side>;

/** Setups in C, and cases of the fuzzer in a probe that measures them (bench/probe/cases.c). */
const inC = (name: string): Opener => {
  return ({ own }) => openProgram(`${own}`, [`${name}-c`]);
};
const cases = (name: string): Opener => {
  return ({ own }) => openProgram(`${own}`, ["--", pathOf("probe-bench"), "bench", name]);
};

/** A start of Node.js. */
const start = (...args: readonly string[]): Opener => {
  return async ({ own }) => ({
    batch: async () => {
      const before = performance.now();
      const command = [`${own}`, "--", process.execPath, ...args];
      const { status } = spawnSync(pathOf("bench-amd64"), command);
      if (status !== 0) throw new Refusal(`node ${args.join(" ")} failed`);
      return { microseconds: (performance.now() - before) * 1000, involuntary: 0 };
    },
    end: async () => undefined,
  });
};

const importing = (name: string) => start("--input-type=module", "-e", `import "${name}"`);

const OWN: readonly (Mechanism & { readonly opener: Opener })[] = [
  ...["setup", "write", "sigreturn"].flatMap((name) => [
    { name: `${name}-c`, group: name, title: "in C", opener: inC(name) },
    { name: `${name}-fuzz`, group: name, title: "the fuzzer", opener: cases(name) },
  ]),
  { name: "node", group: "start", title: "node -e 0", opener: start("-e", "0") },
  { name: "version", group: "start", title: "version", opener: start("dist/cli.js", "--version") },
  { name: "koffi", group: "load", title: "koffi alone", opener: importing("koffi") },
  { name: "load-stublab", group: "load", title: "stublab", opener: importing("stublab") },
].map((each) => (["start", "load"].includes(each.group) ? { ...each, most: 1 } : each));

function open(mechanism: Mechanism, processors: Processors): Promise<Side> {
  const own = OWN.find(({ name }) => name === mechanism.name);
  return own?.opener(processors) ?? openSide(mechanism, processors);
}

/** Whether a result is within its bound; undefined if it has none. */
function verdict({ mechanism, microseconds, ratio, reason }: Result, results: readonly Result[]) {
  const bound = BOUNDS[mechanism.name];
  if (bound === undefined) return undefined;
  if (microseconds === undefined || ratio === undefined)
    return `  ${mechanism.name.padEnd(16)}    NOT MEASURED: ${reason ?? "its reference was not"}`;
  const median = (name: string) =>
    results.find((each) => each.mechanism.name === name)?.microseconds?.median ?? Number.NaN;
  const line = (seen: number, limit: number, digits: number, unit: string) => {
    const [told, most] = [seen, limit].map((each) => `${each.toFixed(digits)}${unit}`);
    const held = seen <= limit ? "within" : "ABOVE";
    return `  ${mechanism.name.padEnd(16)} ${told?.padStart(15)}  ${held} ${most}`;
  };
  if ("hops" in bound) return line(microseconds.median / median(HOP), bound.hops, 1, " hops");
  if ("ratio" in bound) return line(ratio.median, bound.ratio, 3, "");
  return line(
    microseconds.median - median(ratio.against),
    bound.more,
    bound.more < 10 ? 2 : 0,
    " µs more",
  );
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: "string", default: "60" } },
});
const groups = [...GROUPS, ...OWN_GROUPS];
const names = positionals.length > 0 ? [...positionals, HOP] : [...Object.keys(BOUNDS), HOP];
const progress = new Progress();
const report = await finishing((interrupted) =>
  measure({
    groups,
    mechanisms: choose(names, groups, [...MECHANISMS, ...OWN]),
    open,
    rounds: Number(values.rounds),
    warmUp: 40,
    duration: 30,
    interrupted,
    progress: (share, text) => progress.show(share, text),
  }),
);
progress.clear();
const verdicts = report.results.flatMap((each) => verdict(each, report.results) ?? []);
console.log(benchText(report));
const whose = known ? `bounds for ${family}` : `bounds, the loosest: ${family} has none of its own`;
console.log(`${whose}${report.noise.length > 0 ? ", of a noisy run" : ""}:`);
console.log(verdicts.join("\n"));
if (verdicts.some((each) => !each.includes(" within "))) process.exitCode = 1;

// `npm run bench [-- NAME…] [--rounds N]`: what developers of stublab keep within bounds: its figures beside plain C's,
// the fuzzer's, and how long the command takes to start. `stublab bench` measures the rest.

import { spawnSync } from "node:child_process";
import { parseArgs } from "node:util";
import { benchText } from "../src/cli/bench_text.ts";
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

/** The largest ratio of each mechanism, or how many microseconds more than its reference it may take. */
const BOUNDS: Readonly<Record<string, { readonly ratio: number } | { readonly more: number }>> = {
  "call-faithful": { ratio: 1.09 },
  "call-fast": { ratio: 0.55 },
  "call-apart": { ratio: 0.05 },
  "batch-64": { ratio: 0.03 },
  "birth-faithful": { ratio: 1.1 },
  "birth-fast": { ratio: 0.6 },
  births: { ratio: 0.4 },
  "switch-faithful": { ratio: 1.09 },
  "switch-fast": { ratio: 0.5 },
  "switch-apart": { ratio: 0.25 },
  "switch-patched": { ratio: 0.3 },
  "patched-apart": { ratio: 0.15 },
  "pool-faithful": { ratio: 1.15 },
  "setup-fuzz": { ratio: 1.09 },
  "setup-alone": { ratio: 1.05 },
  "siginfo-fuzz": { ratio: 1.02 },
  "write-fuzz": { ratio: 1.17 },
  "write-alone": { ratio: 1.05 },
  "sigreturn-fuzz": { ratio: 1.27 },
  "sigreturn-alone": { ratio: 1.14 },
  "paths-alone": { ratio: 1 / 4 },
  "paths-fuzz": { ratio: 1 / 4 },
  version: { ratio: 1.5 },
  "load-stublab": { more: 25_000 },
};

const FUZZ = "a case as in a run of the fuzzer: drawn, tried, predicted, compared, signed";
const ALONE = "tried only";

/** The groups of the fuzzer and of the start: their reference, what they measure, and why. */
const OWN_GROUPS: readonly Group[] = [
  ["setup", "setup-c", "a register setup by ptrace", "It is an injection without a call."],
  ["siginfo", "siginfo-c", "the same, C with siginfo", "The fuzzer needs the fifth request."],
  ["write", "write-c", "a setup written and read back", "Nothing runs."],
  ["sigreturn", "sigreturn-c", "a setup by rt_sigreturn", "The stub tries setups by itself."],
  ["paths", "setup-alone", "rt_sigreturn beside ptrace", "No stop is left."],
  ["fuzz-paths", "setup-fuzz", "the same as in the fuzzer", "No stop is left."],
  ["start", "node", "the start of the command", "What it loads it pays for."],
  ["load", "koffi", "the import of the library", "It contains koffi's."],
].map(([name = "", against = "", title = "", why = ""]) => ({ name, title, why, against }));

type Opener = (processors: Processors) => Promise<Side>;

/** A batch of register setups in JavaScript: `what` is a request of bench/setups.ts. */
const setups = (what: string): Opener => {
  return ({ own }) => openProgram(`${own}`, ["--", process.execPath, pathOf("setups.js"), what]);
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

/** A mechanism of the C side has no opener. */
const OWN: readonly (Mechanism & { readonly opener?: Opener })[] = [
  { name: "setup-c", group: "setup", title: "in C" },
  { name: "setup-fuzz", group: "setup", title: FUZZ, opener: setups("fuzz-setup") },
  { name: "setup-alone", group: "setup", title: ALONE, opener: setups("setup") },
  { name: "siginfo-c", group: "siginfo", title: "in C" },
  { name: "siginfo-fuzz", group: "siginfo", title: FUZZ, opener: setups("fuzz-setup") },
  { name: "write-c", group: "write", title: "in C" },
  { name: "write-fuzz", group: "write", title: FUZZ, opener: setups("fuzz-write") },
  { name: "write-alone", group: "write", title: ALONE, opener: setups("write") },
  { name: "sigreturn-c", group: "sigreturn", title: "in C" },
  { name: "sigreturn-fuzz", group: "sigreturn", title: FUZZ, opener: setups("fuzz-sigreturn") },
  { name: "sigreturn-alone", group: "sigreturn", title: ALONE, opener: setups("sigreturn") },
  { name: "paths-alone", group: "paths", title: ALONE, opener: setups("sigreturn") },
  { name: "paths-fuzz", group: "fuzz-paths", title: FUZZ, opener: setups("fuzz-sigreturn") },
  { name: "node", group: "start", title: "node -e 0", most: 1, opener: start("-e", "0") },
  {
    name: "version",
    group: "start",
    title: "stublab --version",
    most: 1,
    opener: start("dist/cli.js", "--version"),
  },
  { name: "koffi", group: "load", title: "koffi alone", most: 1, opener: importing("koffi") },
  { name: "load-stublab", group: "load", title: "stublab", most: 1, opener: importing("stublab") },
];

function open(mechanism: Mechanism, processors: Processors): Promise<Side> {
  const { opener } = OWN.find(({ name }) => name === mechanism.name) ?? {};
  return opener?.(processors) ?? openSide(mechanism, processors);
}

/** Whether a result is within its bound; undefined if it has none. */
function verdict({ mechanism, microseconds, ratio }: Result, results: readonly Result[]) {
  const bound = BOUNDS[mechanism.name];
  if (bound === undefined || microseconds === undefined || ratio === undefined) return undefined;
  const reference = results.find((each) => each.mechanism.name === ratio.against);
  const more = microseconds.median - (reference?.microseconds?.median ?? Number.NaN);
  const isRatio = "ratio" in bound;
  const held = isRatio ? ratio.median <= bound.ratio : more <= bound.more;
  const limit = isRatio ? bound.ratio.toFixed(3) : `${bound.more} µs more`;
  const seen = isRatio ? ratio.median.toFixed(3) : `${more.toFixed(0)} µs more`;
  return `  ${mechanism.name.padEnd(16)} ${seen.padStart(15)}  ${held ? "within" : "ABOVE"} ${limit}`;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: "string", default: "60" } },
});
const groups = [...GROUPS, ...OWN_GROUPS];
const names = positionals.length > 0 ? positionals : Object.keys(BOUNDS);
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
const verdicts = report.results.map((each) => verdict(each, report.results));
console.log(benchText(report));
console.log(`bounds${report.noise.length > 0 ? ", of a noisy run" : ""}:`);
console.log(verdicts.filter((each) => each !== undefined).join("\n"));

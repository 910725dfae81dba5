// Records every scenario many times: each recording must hold, and no process may be left behind. Reports how many
// different sequences of steps occurred. `npm run soak:scenarios [-- NAME…]`; RUNS is the number of runs (50).

import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

const RUNS = Number(process.env.RUNS ?? 50);

function stublab(...args) {
  return spawnSync(process.execPath, ["dist/cli.js", ...args], {
    encoding: "utf8",
    maxBuffer: 64 << 20,
  });
}

/** Processes of this checkout's stublab: a stub has its host's command line and working directory. */
function strays() {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, "utf8");
        return (
          command.includes("dist/cli.js") && readlinkSync(`/proc/${pid}/cwd`) === process.cwd()
        );
      } catch {
        return false;
      }
    });
}

/** The steps without pids, addresses and times: which lane does what. */
function shapeOf({ steps }) {
  return steps
    .map(({ lane, kind, instruction }) => `${lane} ${kind} ${instruction?.offset ?? ""}`)
    .join("\n");
}

const wanted = process.argv.slice(2);
const { scenarios } = JSON.parse(stublab("lesson", "--json").stdout);
let failed = 0;
for (const { name } of scenarios) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const shapes = new Map();
  const milliseconds = [];
  let broken = 0;
  for (let run = 0; run < RUNS; run++) {
    const start = performance.now();
    const { status, stdout, stderr } = stublab("lesson", name, "--json");
    milliseconds.push(performance.now() - start);
    if (status !== 0) {
      broken++;
      console.log(`${name}, run ${run}: status ${status}: ${stderr.trim().split("\n")[0]}`);
      continue;
    }
    const shape = shapeOf(JSON.parse(stdout));
    shapes.set(shape, (shapes.get(shape) ?? 0) + 1);
  }
  const left = strays();
  milliseconds.sort((a, b) => a - b);
  const median = milliseconds[RUNS >> 1]?.toFixed(0);
  const worst = milliseconds.at(-1)?.toFixed(0);
  console.log(
    `${name.padEnd(16)} ${RUNS - broken} of ${RUNS} held, ${shapes.size} sequences of steps, ` +
      `${median} ms (worst ${worst}), ${left.length} left behind`,
  );
  failed += broken + left.length;
}
console.log(failed === 0 ? "held" : `${failed} failures`);
process.exitCode = failed === 0 ? 0 : 1;

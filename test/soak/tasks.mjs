// Walks of tasks: 10^6 that must be as predicted, and a run for each rule of this kernel that is left out of the model, which
// must find it within 10^5 walks.

import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

const PROBE = `dist/probe-${process.arch === "arm64" ? "arm64" : "amd64"}`;
const FOLDER = "assembly/tasks";
const [WALKS, MOST] = [1_000_000, 100_000];

const walk = (...words) => {
  const { stdout } = spawnSync(PROBE, ["fuzz", "--path", "tasks", ...words], { encoding: "utf8" });
  return stdout;
};

const rules = readdirSync(FOLDER)
  .flatMap((name) => [
    ...readFileSync(`${FOLDER}/${name}`, "utf8").matchAll(/^export const (T\d+): u32/gm),
  ])
  .map(([, id]) => id)
  .sort((a, b) => Number(a.slice(1)) - Number(b.slice(1)));

const lacking = [...walk("--cases", "1").matchAll(/^# this kernel lacks (T\d+):/gm)].map(
  ([, id]) => id,
);
console.log(`this kernel lacks: ${lacking.join(" ") || "no rule"}`);
const there = rules.filter((id) => !lacking.includes(id));
const missed = [];
for (const id of there) {
  const [, number] =
    /^# finding 1: walk (\d+)/m.exec(walk("--cases", `${MOST}`, "--plant", id)) ?? [];
  console.log(`${id}: ${number === undefined ? "not found" : `found at walk ${number}`}`);
  if (number === undefined) missed.push(id);
}
console.log(
  `${there.length - missed.length} of ${there.length} rules found; not: ${missed.join(" ")}`,
);

const output = walk("--cases", `${WALKS}`, "--seed", "7");
console.log(output.trim());
process.exitCode = missed.length > 0 || !/^ok 1 fuzz$/m.test(output) ? 1 : 0;

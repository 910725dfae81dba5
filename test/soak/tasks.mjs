// Walks of tasks: 10^6 that must be as predicted, then a run for each rule that is left out of the model, which must find it
// within 10^5 walks.

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

const missed = [];
for (const id of rules) {
  const [, number] =
    /^# finding 1: walk (\d+)/m.exec(walk("--cases", `${MOST}`, "--plant", id)) ?? [];
  console.log(`${id}: ${number === undefined ? "not found" : `found at walk ${number}`}`);
  if (number === undefined) missed.push(id);
}
console.log(
  `${rules.length - missed.length} of ${rules.length} rules found; not: ${missed.join(" ")}`,
);

const output = walk("--cases", `${WALKS}`, "--seed", "7");
console.log(output.trim());
process.exitCode = missed.length > 0 || !/^ok 1 fuzz$/m.test(output) ? 1 : 0;

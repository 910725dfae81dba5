// `npm run docs:performance`: measures, and writes the figures of this machine into docs/performance.md.

import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";

const PAGE = "docs/performance.md";
const [BEGIN, END] = ["<!-- figures: npm run docs:performance -->", "<!-- end of figures -->"];

const command = ["dist/cli.js", "bench", "--json", ...process.argv.slice(2)];
const { stdout, status } = spawnSync(process.execPath, command, {
  encoding: "utf8",
  stdio: ["ignore", "pipe", "inherit"],
});
if (status !== 0) process.exit(status ?? 1);
const { noisy, noise, machine, rounds, groups, results } = JSON.parse(stdout);

const figure = (number) => Number(number.toPrecision(3)).toLocaleString("en-US");
const columns = (name, µs, ratio, what) =>
  `${name.padEnd(16)}${µs.padStart(7)}${ratio.padStart(8)}  ${what}`.trimEnd();

function row({ name, title, reason, microseconds, ratio }) {
  if (microseconds === null) return columns(name, "", "", `skipped: ${reason}`);
  const of = ratio === null ? "" : `${noisy ? "~" : ""}${figure(ratio.median)}`;
  return columns(name, figure(microseconds.median), of, title);
}

const tables = groups.map(({ name, title, against }) =>
  [
    `${name}: ${title}; ratio to ${against}`,
    ...results.filter(({ group }) => group === name).map(row),
  ].join("\n"),
);
const run = noisy
  ? `**A noisy run (${noise.join("; ")}): its figures and ratios are not to be relied on.**`
  : `A quiet run of ${rounds} rounds.`;
const { kernel, processor, processors, virtualization, governor, autogroup, node } = machine;
const where =
  `Linux ${kernel} on ${processor}, ${processors} processors, hypervisor: ${virtualization}, ` +
  `governor: ${governor}, autogroup: ${autogroup}, Node.js ${node}.`;

const page = readFileSync(PAGE, "utf8");
const [before, after] = [page.split(BEGIN)[0], page.split(END)[1]];
if (after === undefined) throw new Error(`${PAGE} lacks "${BEGIN}" and "${END}"`);
const heading = columns("", "µs", "ratio", "");
const block = ["```", heading, tables.join("\n\n"), "```"].join("\n");
const figures = [BEGIN, [where, run].join("\n"), block, END].join("\n\n");
writeFileSync(PAGE, `${before}${figures}${after}`);

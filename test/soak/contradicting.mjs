// Runs the tests on a machine about which the model is wrong: two trials find what this processor does not do, or miss what
// it does. Nothing but the trials' own test and agreement.test.ts may notice. Arguments are those of test/run.mjs.

import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";

const WRONG = [
  [/(?<="stack_wraps".*)"stopped by SIGSEGV"/, '"stopped by SIGBUS"'],
  [/(?<="data_wraps".*)"SEGV_MAPERR"/, '"SI_KERNEL"'],
];
const OWN = /\/(features_amd64|agreement)\.test/;

const words = process.argv.slice(2);
const root = mkdtempSync(join(tmpdir(), "stublab-contradicting-"));
const run = (command, ...args) =>
  spawnSync(command, args, { cwd: root, encoding: "utf8", maxBuffer: 1 << 28 });
try {
  const isOwn = (path) => !["node_modules", ".git"].includes(basename(path));
  cpSync(".", root, { recursive: true, filter: isOwn });
  symlinkSync(resolve("node_modules"), join(root, "node_modules"));
  const trials = join(root, "src/labs/fuzz/facts/amd64/features.jsonl");
  const text = readFileSync(trials, "utf8");
  writeFileSync(
    trials,
    WRONG.reduce((all, [from, to]) => all.replace(from, to), text),
  );
  const built = run("node", "scripts/build.mjs");
  if (built.status !== 0) throw new Error(built.stderr);
  const { stdout } = run("node", "test/run.mjs", ...(words.length > 0 ? words : ["--all"]));
  const failed = stdout.split("\n").filter((line) => /^FAILED /.test(line) && !OWN.test(line));
  console.log([...failed, stdout.trimEnd().split("\n").at(-1)].join("\n"));
  process.exitCode = failed.length === 0 ? 0 : 1;
} finally {
  rmSync(root, { recursive: true, force: true });
}

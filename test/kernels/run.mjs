// Tests stublab on other kernels: `npm run kernels` on all, `npm run kernels -- NAME…` on some, `npm run kernels --
// --short` on those of continuous integration. Needs root and Debian. Images and logs are kept in build/kernels.

import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { complaintsOf } from "./answers.mjs";
import { MACHINES, SHORT } from "./machines.mjs";
import { makeInitramfs, makeRoot } from "./root.mjs";

const FOLDER = resolve("build/kernels");
/** How long a machine may run, in milliseconds: QEMU on a loaded machine takes minutes. */
const LIMIT = 300_000;
/** How long it may then take to terminate. */
const GRACE = 5000;

function namesOf(words) {
  if (words.length === 0) return Object.keys(MACHINES);
  const names = words.flatMap((word) => (word === "--short" ? SHORT : [word]));
  const unknown = names.find((name) => !(name in MACHINES));
  if (unknown === undefined) return names;
  throw new Error(
    `unknown kernel "${unknown}": expected one of ${Object.keys(MACHINES).join(", ")}`,
  );
}

/** The command that installs the missing tools of some machines; undefined if none is missing. */
function missingTools(names) {
  const needs = { busybox: "busybox-static" };
  for (const name of names) Object.assign(needs, MACHINES[name].needs);
  const isThere = (tool) => spawnSync("sh", ["-c", `command -v ${tool}`]).status === 0;
  const packages = Object.entries(needs).flatMap(([tool, name]) => (isThere(tool) ? [] : [name]));
  return packages.length === 0 ? undefined : `apt-get install ${packages.join(" ")}`;
}

/** Runs a command; returns its output. */
function output([command, ...args], file) {
  return new Promise((done, fail) => {
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
    const timers = [
      setTimeout(() => child.kill(), LIMIT),
      setTimeout(() => child.kill("SIGKILL"), LIMIT + GRACE),
    ];
    let text = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (part) => {
        text += part;
      });
    }
    child.on("error", fail);
    child.on("close", () => {
      for (const timer of timers) clearTimeout(timer);
      writeFileSync(file, text);
      done(text.replaceAll("\r", ""));
    });
  });
}

/** Tests a machine; prints a line for it, and a line for each complaint. */
async function tryMachine(name, places) {
  const started = performance.now();
  const { command, warns } = MACHINES[name];
  const log = resolve(FOLDER, `${name}.log`);
  let complaints;
  let title = "";
  try {
    const text = await output(command(places), log);
    ({ complaints, title } = complaintsOf(text, warns));
    if (complaints.length > 0) complaints.push(`complete output: ${log}`);
  } catch (error) {
    complaints = [error.message];
  }
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  const mark = complaints.length === 0 ? "ok     " : "FAILED ";
  const lines = complaints.map((line) => `        ${line}\n`).join("");
  process.stdout.write(`${mark} ${name.padEnd(15)} ${title} (${seconds} s)\n${lines}`);
  return complaints.length === 0;
}

async function main() {
  const names = namesOf(process.argv.slice(2));
  if (process.getuid() !== 0)
    throw new Error("root privileges are needed to make the device files of a root file system");
  const missing = missingTools(names);
  if (missing !== undefined) throw new Error(`tools are missing: ${missing}`);
  mkdirSync(FOLDER, { recursive: true });
  const root = makeRoot(FOLDER);
  let initramfs;
  const places = {
    folder: FOLDER,
    root,
    initramfs: () => {
      initramfs ??= makeInitramfs(root);
      return initramfs;
    },
  };
  let held = 0;
  for (const name of names) if (await tryMachine(name, places)) held++;
  process.stdout.write(`${held} of ${names.length} kernels passed\n`);
  process.exitCode = held === names.length ? 0 : 1;
}

main().catch((error) => {
  process.stderr.write(`kernels: ${error.message}\n`);
  process.exitCode = 2;
});

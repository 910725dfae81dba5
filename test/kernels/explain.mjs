// Makes each situation of test/labs/explain/situations.jsonl, and prints whether `stublab explain` finds its causes, and
// whether `probe explain` says the same:
//
//   node test/kernels/explain.mjs SITUATIONS DENY STUBLAB...
//
// SITUATIONS and DENY are programs of test/support. In place of the latter `vm` stands on a machine that ends with the run:
// its kernel.yama.ptrace_scope is changed.

import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { release } from "node:os";
import { fileURLToPath } from "node:url";

process.chdir(fileURLToPath(new URL("../..", import.meta.url)));
const [situations, deny, ...stublab] = process.argv.slice(2);
/** How long an explanation may take, in milliseconds. */
const LIMIT = 60_000;
const USER = { uid: 54321, gid: 54321 };
const PROBE = ["dist", "node_modules/stublab/dist"]
  .map((folder) => `${folder}/probe-${process.arch === "arm64" ? "arm64" : "amd64"}`)
  .find((path) => existsSync(path));
const SYS_PTRACE = process.arch === "arm64" ? "117" : "101";
/** How a process is started that another one makes or explains. */
const AS = {
  root: [[], {}],
  user: [[], USER],
  namespace: [["unshare", "-U"], USER],
  filter: [[deny, SYS_PTRACE, "1", "--"], {}],
};
const YAMA = "/proc/sys/kernel/yama/ptrace_scope";
const [major, minor] = release().split(".").map(Number);
const isEarly = major < 5 || (major === 5 && minor < 17);

for (const line of readFileSync("test/labs/explain/situations.jsonl", "utf8").trim().split("\n")) {
  const row = JSON.parse(line);
  const { make, as = "root", by = "root", yama } = row;
  // No row follows those of Yama: 3 stays.
  if ((deny === "vm" && by === "filter") || (yama !== undefined && !setYama(yama))) continue;
  console.log(`${make} as ${as} by ${by}: ${await judge(row, AS[as], AS[by])}`);
}

/** Whether this machine has Yama, and may be changed. */
function setYama(value) {
  if (deny !== "vm") return false;
  try {
    writeFileSync(YAMA, value);
    return true;
  } catch {
    return false;
  }
}

async function judge(
  { make, attach, says = "", kinds = [], ...row },
  [prefix, options],
  [before, own],
) {
  const [command, ...words] = [...prefix, situations, ...make.split(" ")];
  const maker = spawn(command, words, { ...options, stdio: ["pipe", "pipe", "inherit"] });
  const ended = new Promise((resolve) => maker.on("exit", resolve));
  const pid = await new Promise((resolve) => {
    maker.stdout.once("data", (text) => resolve(`${text}`.trim()));
    // Its end, not that of its output, which its processes share.
    maker.once("exit", () => resolve("0"));
  });
  const [stdout, probed] = [stublab, [PROBE]].map((program) => {
    const [explain, ...args] = [...before, ...program, "explain", pid, "--json"];
    const { stdout } = spawnSync(explain, args, { ...own, encoding: "utf8", timeout: LIMIT });
    // Each has a namespace of its own.
    return stdout.replace(/this process in user:\[\d+\]/, "");
  });
  maker.stdin.end();
  await ended;
  const { stop, attach: seen, ...its } = JSON.parse(stdout || "{}");
  const expected = (isEarly && row["before 5.17"]) || row.stop;
  const all = [...(its.kinds ?? []), stop, ...(seen?.causes ?? [])];
  const found = all.map((cause) => cause?.id).join(" ");
  const isSaid = isEarly || stop?.text.includes(says);
  if (probed !== stdout) return `the probe says otherwise: ${probed}`;
  if (found === [...kinds, expected, ...attach].join(" ") && isSaid) return "right";
  // A kernel that cannot make it, or does not show it: Linux 7.3 shows no side of a system call.
  if (pid === "0" || seen.may === null || /not show|ptrace stop$|entry or the exit/.test(stop.text))
    return "unknown";
  return `expected ${expected} ${attach} ${says}, got ${found} ${stop.text}`;
}

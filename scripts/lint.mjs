// Checks the C code: `npm run check:lint:c`.

import { execFile, execFileSync } from "node:child_process";
import { promisify } from "node:util";
import { HOST, headerFlags, MACHINES, missingHeaders } from "./compilers.mjs";
import { foldersOf, quoted, shimFolders } from "./libraries.mjs";

/** Files that one process checks. */
const MOST = 16;

const list = execFileSync("git", [
  "ls-files",
  "*.c",
  ":!examples",
  ":!test/arm64",
  ":!*template.c",
]);
const paths = `${list}`.trim().split("\n");
const machineOf = (path) => (path.includes("/arm64/") ? "arm64" : "amd64");

/** The flags with which files are compiled. */
function flagsOf(machine, isNative) {
  const headers = ["-std=c11", ...headerFlags(machine)];
  const native = [...foldersOf(machine, "shim/native"), `build/${machine}`];
  if (isNative) return [...headers, ...quoted(native)];
  const folders = [...shimFolders(machine), ...foldersOf(machine, "shim/probe")];
  const target = ["--target=aarch64-linux-gnu", "-ffreestanding", "-isystem", "shim/probe/libc"];
  const cross = machine === HOST ? [] : target;
  return [...cross, ...headers, ...quoted(folders), "-I", `build/probe/${machine}`];
}

async function lint(files, flags) {
  try {
    await promisify(execFile)("clang-tidy", ["--quiet", ...files, "--", ...flags]);
  } catch ({ stdout, stderr, message }) {
    console.error(`${stdout}${stderr}` || message);
    process.exitCode = 1;
  }
}

const runs = [];
for (const machine of MACHINES.filter((each) => missingHeaders(each) === undefined))
  for (const isNative of [true, false]) {
    const isOf = (path) =>
      machineOf(path) === machine && path.startsWith("shim/native/") === isNative;
    const files = paths.filter(isOf);
    while (files.length > 0) runs.push(lint(files.splice(0, MOST), flagsOf(machine, isNative)));
  }
await Promise.all(runs);

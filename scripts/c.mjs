// Formats and checks the C code: node scripts/c.mjs format | check | lint

import { execFile, execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { ROOMS } from "./bindings.mjs";
import { headerFlags } from "./compilers.mjs";
import { shimSources } from "./libraries.mjs";

const [task] = process.argv.slice(2);
const files = execFileSync("git", ["ls-files", "*.c", "*.h", ":!examples"], { encoding: "utf8" })
  .trim()
  .split("\n");

const quoted = (...folders) => folders.flatMap((folder) => ["-iquote", folder]);

/** The flags with which a file is compiled. */
function flagsOf(path) {
  const machine = path.includes("/arm64/") ? "arm64" : "amd64";
  const headers = headerFlags(machine);
  const native = quoted("shim/native", `shim/native/${machine}`, `build/${machine}`);
  if (path.startsWith("shim/native/")) return ["-std=c11", ...headers, ...native];
  const probe = [...quoted("shim/probe", `shim/probe/${machine}`), "-I", `build/probe/${machine}`];
  const target = ["--target=aarch64-linux-gnu", "-ffreestanding", "-isystem", "shim/probe/libc"];
  const own = machine === "arm64" ? target : [];
  return ["-std=c11", ...own, ...headers, ...shimSources(machine, ...ROOMS).includes, ...probe];
}

/** Whether this machine has the headers of the other architecture, and what the build makes for it. */
const isBuilt = (path) => !path.includes("/arm64/") || existsSync("dist/native-amd64-arm64.so");

function lint(path) {
  return new Promise((done) => {
    execFile("clang-tidy", ["--quiet", path, "--", ...flagsOf(path)], (error, stdout, stderr) => {
      if (error) console.error(stdout + stderr);
      done(error === null);
    });
  });
}

async function lintAll() {
  const sources = files.filter(
    (path) => /\.c$/.test(path) && isBuilt(path) && !/template|^test\/arm64/.test(path),
  );
  const results = [];
  const work = async () => {
    for (let path = sources.pop(); path !== undefined; path = sources.pop())
      results.push(await lint(path));
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  if (results.includes(false)) process.exitCode = 1;
}

if (task === "lint") {
  await lintAll();
} else {
  const how = task === "format" ? ["-i"] : ["--dry-run", "--Werror"];
  process.exitCode =
    spawnSync("clang-format", [...how, ...files], { stdio: "inherit" }).status ?? 1;
}

// Checks a C file with clang-tidy: node scripts/lint.mjs FILE.

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { HOST, headerFlags, MODELLESS, TRIPLES } from "./compilers.mjs";
import { foldersOf, quoted, shimFolders, shimOf } from "./libraries.mjs";

const [path] = process.argv.slice(2);
const machine = Object.keys(TRIPLES).find((name) => path.includes(`/${name}/`)) ?? "amd64";

/** The flags with which it is compiled. Headers of its own room precede those of the same name. */
function flags() {
  const rooms = [path.split("/", 2).join("/"), "shim/probe", "shim/probe/facts", "shim/tasks"];
  const own = rooms.flatMap((room) => foldersOf(machine, room));
  const isOther = machine !== HOST;
  const libc = ["-ffreestanding", "-isystem", "shim/probe/libc"];
  return [
    ...["-std=c11", ...(isOther ? [`--target=${TRIPLES[machine]}`] : []), ...headerFlags(machine)],
    ...(isOther || /^(shim\/(probe|tasks)|bench\/probe)\//.test(path) ? libc : []),
    ...[...quoted([...own, ...shimFolders(machine)]), "-I", `build/probe/${machine}`],
  ];
}

const made = MODELLESS.includes(machine) ? `dist/probe-${machine}` : shimOf(machine);
if (!existsSync(made)) {
  console.error(
    `${path} is skipped: npm run build -- --complete makes the headers that it includes`,
  );
} else {
  const stdio = ["ignore", "inherit", "ignore"];
  const { status, error } = spawnSync("clang-tidy", ["--quiet", path, "--", ...flags()], { stdio });
  if (error) console.error(error.message);
  process.exitCode = status ?? 1;
}

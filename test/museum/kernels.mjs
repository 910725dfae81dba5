// Kernels that are broken on purpose: `npm run museum:kernels [-- NAME...]`. Each patch of test/museum/kernel/ takes a fix out
// of Debian's linux-source. The kernel is built, small, and booted under QEMU with the probe as process 1, which must find it.
// Writes what it finds to found.json beside the patches.

import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { resolve } from "node:path";

const PATCHES = resolve("test/museum/kernel");
const FOLDER = resolve("build/museum/kernel");
const FOUND = `${PATCHES}/found.json`;

/** Cases on each kernel, and how long it may take to try them, in milliseconds. */
const [CASES, PATIENCE] = [60_000, 1_200_000];
/** The faults of the emulator are no findings. */
const KNOWN = "--known qemu-tcg";

const run = (cwd, command, ...args) =>
  execFileSync(command, args, { cwd, stdio: ["ignore", "ignore", "inherit"] });
const make = (...targets) => run(FOLDER, "make", "-s", `-j${availableParallelism()}`, ...targets);

/** Extracts the source, and configures what the probe needs beside the smallest kernel. */
function prepare() {
  const archive = readdirSync("/usr/src").find((name) => /^linux-source-.*\.tar\.xz$/.test(name));
  if (archive === undefined)
    throw new Error(
      "no source of a kernel (Debian: apt-get install linux-source flex bison bc libelf-dev lz4 qemu-system-x86)",
    );
  if (existsSync(`${FOLDER}/.config`)) return;
  mkdirSync(FOLDER, { recursive: true });
  run(FOLDER, "tar", "--strip-components=1", "-xf", `/usr/src/${archive}`);
  make("tinyconfig");
  run(FOLDER, "scripts/kconfig/merge_config.sh", "-m", ".config", `${PATCHES}/small.config`);
  make("olddefconfig");
}

/** Boots the kernel with the probe until it ends. Returns what its console shows, and keeps it in a file. */
async function boot(name) {
  const archive = `${FOLDER}/probe.cpio`;
  run(".", process.execPath, "dist/cli.js", "probe", "--initrd", "-o", archive);
  const words = `console=ttyS0 quiet panic=-1 -- fuzz --cases ${CASES} ${KNOWN} conformance ${KNOWN}`;
  const image = ["-kernel", `${FOLDER}/arch/x86/boot/bzImage`, "-initrd", archive];
  const machine = ["-accel", "tcg", "-cpu", "max", "-m", "256", "-no-reboot", "-nographic"];
  const qemu = spawn("qemu-system-x86_64", [...machine, ...image, "-append", words], {
    stdio: ["ignore", "pipe", "ignore"],
    timeout: PATIENCE,
  });
  let shown = "";
  qemu.stdout.setEncoding("latin1").on("data", (text) => {
    shown += text.replaceAll("\r", "");
    // A machine that cannot power itself off halts.
    if (/^# exit status/m.test(shown)) qemu.kill();
  });
  await once(qemu, "close");
  writeFileSync(`${FOLDER}/${name}.log`, shown);
  return shown;
}

/** The findings by the numbers of their cases, each with its rule, and the facts that fail. */
function findingsOf(console) {
  const findings = console.split(/^# finding \d+: case /m).slice(1);
  return {
    rules: new Map(
      findings.map((text) => [parseInt(text, 10), /^# rule:? (\w+)/m.exec(text)?.[1] ?? ""]),
    ),
    facts: [...console.matchAll(/^ +not ok \d+ (.*?)(?: # .*)?$/gm)].map(([, name]) => name),
  };
}

const asked = process.argv.slice(2);
const names = readdirSync(PATCHES)
  .filter((file) => file.endsWith(".patch"))
  .map((file) => file.replace(".patch", ""))
  .filter((name) => asked.length === 0 || asked.includes(name));
prepare();
// What the emulator does wrong is no finding: the kernel as it is shows it, too.
make("bzImage");
const sound = findingsOf(await boot("sound"));
const found = JSON.parse(readFileSync(FOUND, "utf8"));
for (const name of names) {
  const patch = `${PATCHES}/${name}.patch`;
  run(FOLDER, "patch", "-sp1", "-i", patch);
  try {
    make("bzImage");
    const { rules, facts } = findingsOf(await boot(name));
    const [index = null, rule = ""] = [...rules].find(([number]) => !sound.rules.has(number)) ?? [];
    found[name] = { index, rule, facts: facts.filter((fact) => !sound.facts.includes(fact)) };
    process.stdout.write(`${name}: ${JSON.stringify(found[name])}\n`);
    writeFileSync(FOUND, `${JSON.stringify(found, null, 2)}\n`);
  } finally {
    run(FOLDER, "patch", "-Rsp1", "-i", patch);
  }
}

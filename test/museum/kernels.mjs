// Kernels that are broken on purpose: `npm run museum:kernels [-- NAME...]`. The patches of test/museum/kernel/ take fixes out
// of Debian's linux-source, those of test/museum/others/ put bugs into it that other kernels had. Each kernel is built, small,
// and booted under QEMU with the probe as process 1, which must find the bug. Those of test/museum/subjects/ break handlers,
// exceptions, the LDT, filters and 32-bit tracers; those of test/museum/tasks/ what the model of tasks says. What the probe
// finds is written to found.json beside the patches. A case that it finds is written as a program in C, which must pass here
// and fail there.

import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from "node:fs";
import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { compileTests, failedTestsOf } from "./kselftests.mjs";

const MUSEUM = resolve("test/museum");
const FOLDER = resolve("build/museum/kernel");
/** Programs of cases. */
const PROGRAMS = resolve("build/museum/programs");

/** How long a kernel may run, in milliseconds, and how long the probe may take to find a bug of others, in seconds. */
const [PATIENCE, LIMIT] = [1_200_000, 60];
/** The faults of the emulator are no findings. */
const KNOWN = "--known qemu-tcg";

/** What is booted of each folder of patches, and what is kept of it. `weak` is a word of weak.diff. */
const ROOMS = {
  kernel: {
    boots: { sound: `-- fuzz --cases 25000 ${KNOWN} conformance ${KNOWN}` },
    kept: casesAndFacts,
  },
  subjects: {
    boots: { sound: `-- conformance ${KNOWN} fuzz --cases 20000 ${KNOWN}`, tests: "" },
    kept: besideTests,
  },
  others: {
    boots: {
      whole: `oops=panic -- conformance ${KNOWN}`,
      weak: `weak oops=panic -- conformance ${KNOWN}`,
    },
    kept: ([whole, weak], [sound, soundWeak], expected) => ({
      ...shownBy(whole, sound, expected),
      weak: shownBy(weak, soundWeak, expected),
    }),
  },
  tasks: {
    boots: {
      walks: `-- fuzz --path tasks --seconds ${LIMIT}`,
      facts: `-- conformance ${KNOWN}`,
    },
    kept: ([walks, facts], [, sound]) => {
      const others = failuresOf(sound);
      return {
        ...walkOf(walks),
        facts: failuresOf(facts).filter((fact) => !others.includes(fact)),
      };
    },
  },
};

/** The first case that finds a bug, how many findings there are, the facts that fail, and how the case's program ends. */
async function casesAndFacts([shown], [sound], _, name) {
  const known = findingsOf(sound).map(({ index }) => index);
  const findings = findingsOf(shown).filter(({ index }) => !known.includes(index));
  const [{ index = null, rule = "", text } = {}] = findings;
  const others = failuresOf(sound);
  const facts = failuresOf(shown).filter((fact) => !others.includes(fact));
  const program = text === undefined ? null : await statusesOf(name, text);
  return { index, rule, findings: findings.length, facts, program };
}

/** The same, and which kselftests fail that pass on the kernel as it is. */
async function besideTests([shown, tests], [sound, soundTests], _, name) {
  const others = failedTestsOf(soundTests);
  const kselftest = failedTestsOf(tests).filter((test) => !others.includes(test));
  return { ...(await casesAndFacts([shown], [sound], _, name)), kselftest };
}

const run = (cwd, command, ...args) =>
  execFileSync(command, args, { cwd, stdio: ["ignore", "ignore", "inherit"] });
const make = (...targets) => run(FOLDER, "make", "-s", `-j${availableParallelism()}`, ...targets);
const patch = (file, ...options) => run(FOLDER, "patch", "-sp1", ...options, "-i", file);

/** Extracts the source, and configures what the probe needs beside the smallest kernel. */
function prepare() {
  const archive = readdirSync("/usr/src").find((name) => /^linux-source-.*\.tar\.xz$/.test(name));
  if (archive === undefined)
    throw new Error(
      "no source of a kernel (Debian: apt-get install linux-source flex bison bc libelf-dev lz4 libcap-dev busybox-static qemu-system-x86)",
    );
  if (existsSync(`${FOLDER}/.config`)) return;
  mkdirSync(FOLDER, { recursive: true });
  run(FOLDER, "tar", "--strip-components=1", "-xf", `/usr/src/${archive}`);
  patch(`${MUSEUM}/weak.diff`);
  make("tinyconfig");
  run(FOLDER, "scripts/kconfig/merge_config.sh", "-m", ".config", `${MUSEUM}/kernel/small.config`);
  make("olddefconfig");
}

/** The kselftests. */
const TESTS = `${FOLDER}/tests.cpio`;
const IMAGE = `${FOLDER}/arch/x86/boot/bzImage`;
/** The kernel as it is. */
const SOUND = `${PROGRAMS}/sound`;

/**
 * Boots a kernel with the probe, or with another process 1, until it ends. Returns the lines of its console and when, in
 * seconds, each came.
 */
async function boot(name, words, kernel = IMAGE, archive = `${FOLDER}/probe.cpio`) {
  const image = ["-kernel", kernel, "-initrd", archive];
  const machine = ["-accel", "tcg", "-cpu", "max", "-m", "256", "-no-reboot", "-nographic"];
  const parameters = `console=ttyS0 quiet panic=-1 ${words}`;
  const qemu = spawn("qemu-system-x86_64", [...machine, ...image, "-append", parameters], {
    stdio: ["ignore", "pipe", "ignore"],
    timeout: PATIENCE,
  });
  const lines = [];
  let rest = "";
  qemu.stdout.setEncoding("latin1").on("data", (text) => {
    const parts = (rest + text.replaceAll("\r", "")).split("\n");
    rest = parts.pop();
    lines.push(...parts.map((line) => ({ line, at: performance.now() / 1000 })));
    // A machine that cannot power itself off halts; of walks the first finding is enough.
    if (parts.some((line) => /^# (?:exit status|\d+ walks, .* [1-9]\d* findings)/.test(line)))
      qemu.kill();
  });
  await once(qemu, "close");
  writeFileSync(`${FOLDER}/${name}.log`, lines.map(({ line }) => `${line}\n`).join(""));
  return lines;
}

/** Boots the kernel in each way: `tests` with the kselftests as process 1, all others with the probe. */
async function bootAll(name, boots) {
  const shown = [];
  for (const [way, words] of Object.entries(boots)) {
    const archive = way === "tests" ? TESTS : undefined;
    shown.push(await boot(`${name}-${way}`, words, IMAGE, archive));
  }
  return shown;
}

/** The firmware may have written to the same line. */
const isBegin = ({ line }) => line.endsWith("KTAP version 1");

const textOf = (shown) => shown.map(({ line }) => line).join("\n");

/** The findings, each with the number of its case, its rule, and its document. */
function findingsOf(shown) {
  const findings = textOf(shown)
    .split(/^# finding \d+: case /m)
    .slice(1);
  return findings.map((it) => ({
    index: parseInt(it, 10),
    rule: /^# rule:? (\w+)/m.exec(it)?.[1] ?? "",
    text: /^# case (.*)/m.exec(it)?.[1] ?? "",
  }));
}

/** The exit statuses of a case's program: on this machine, on the kernel as it is, and on the broken one; null: it did not end. */
async function statusesOf(name, text) {
  const file = `${PROGRAMS}/${name}`;
  writeFileSync(`${file}.json`, text);
  run(".", process.execPath, "dist/cli.js", "fuzz", "export", `${file}.json`, "-o", `${file}.c`);
  run(".", "gcc", "-std=c11", "-static", "-O1", "-o", file, `${file}.c`);
  const { status } = spawnSync(file);
  renameSync(file, `${PROGRAMS}/init`);
  const archive = `${file}.cpio`;
  run(PROGRAMS, "sh", "-c", `echo init | cpio --quiet -o -H newc > "${archive}"`);
  const booted = async (kernel, way) => {
    const lines = textOf(await boot(`${name}-program-${way}`, "", kernel, archive));
    const [, code] = /Attempted to kill init! exitcode=0x0*([\da-f]+)00$/m.exec(lines) ?? [];
    return code === undefined ? null : Number.parseInt(code, 16);
  };
  return {
    here: status,
    sound: await booted(SOUND, "sound"),
    broken: await booted(IMAGE, "broken"),
  };
}

const failureOf = (line) => /^ +not ok \d+ (.*?)(?: # .*)?$/.exec(line)?.[1];
const failuresOf = (shown) => shown.flatMap(({ line }) => failureOf(line) ?? []);

/**
 * The fact that shows a bug, and the seconds from the start of the probe to it: the one that is expected if it fails, else
 * the first that fails, or with which the kernel ends.
 */
function shownBy(shown, sound, expected) {
  const others = failuresOf(sound);
  const begin = shown.find(isBegin)?.at;
  const found = [];
  let tried = "";
  for (const { line, at } of shown) {
    tried = /^# fact: (.*)/.exec(line)?.[1] ?? tried;
    const crash = /Kernel panic - not syncing: (.*)/.exec(line)?.[1];
    const fact = crash === undefined ? failureOf(line) : tried;
    if (fact !== undefined && !others.includes(fact))
      found.push({ fact, seconds: Math.ceil(at - begin), crash });
  }
  return found.find(({ fact }) => fact === expected) ?? found[0] ?? {};
}

/** The first walk that differs, the seconds from the start of the probe to it, and the rules that explain it. */
function walkOf(shown) {
  const begin = shown.findIndex(isBegin);
  const first = shown.findIndex(({ line }) => line.startsWith("# finding 1: "));
  if (begin < 0 || first < 0) return { walk: null };
  const [finding = ""] = textOf(shown.slice(first)).split(/^# (?=finding [^1]|\d)/m);
  return {
    walk: Number(/walk (\d+)/.exec(finding)?.[1]),
    seconds: Math.ceil(shown[first].at - shown[begin].at),
    rules: [...finding.matchAll(/without (T\d+)/g)].map(([, rule]) => rule),
  };
}

/** What is not as the patch says. */
function complaintsAbout({ fact, seconds, weak = {}, program }, expected) {
  const { here, broken } = program ?? {};
  if (program && (here !== 0 || broken !== 1))
    return [`its program exits with ${here} here and with ${broken} there, expected 0 and 1`];
  if (expected === undefined) return [];
  return [
    ...(fact === expected ? [] : [`found by "${fact}", expected "${expected}"`]),
    ...(seconds <= LIMIT ? [] : [`found after ${seconds} s, expected ${LIMIT} s`]),
    // It may lack what the fact needs.
    ...(weak.fact === undefined || weak.seconds <= LIMIT
      ? []
      : [`a weak kernel: found after ${weak.seconds} s`]),
  ];
}

/** Tries the patches of a room that are asked for. */
async function visit(room, asked) {
  const folder = `${MUSEUM}/${room}`;
  const names = readdirSync(folder)
    .flatMap((file) => /^(.*)\.patch$/.exec(file)?.[1] ?? [])
    .filter((name) => asked.length === 0 || asked.includes(name));
  if (names.length === 0) return;
  const { boots, kept } = ROOMS[room];
  // What the emulator does wrong is no finding: the kernel as it is shows it, too.
  make("bzImage");
  copyFileSync(IMAGE, SOUND);
  const sound = await bootAll("sound", boots);
  for (const name of names) {
    const file = `${folder}/${name}.patch`;
    const expected = /^names: (.*)$/m.exec(readFileSync(file, "utf8"))?.[1];
    patch(file);
    try {
      make("bzImage");
      const found = JSON.parse(readFileSync(`${folder}/found.json`, "utf8"));
      found[name] = await kept(await bootAll(name, boots), sound, expected, name);
      process.stdout.write(`${name}: ${JSON.stringify(found[name])}\n`);
      writeFileSync(`${folder}/found.json`, `${JSON.stringify(found, null, 2)}\n`);
      for (const complaint of complaintsAbout(found[name], expected)) {
        process.stdout.write(`  ${complaint}\n`);
        process.exitCode = 1;
      }
    } finally {
      patch(file, "-R");
    }
  }
}

prepare();
mkdirSync(PROGRAMS, { recursive: true });
const archive = `${FOLDER}/probe.cpio`;
run(".", process.execPath, "dist/cli.js", "probe", "--initrd", "-o", archive);
compileTests(FOLDER, TESTS);
for (const room of Object.keys(ROOMS)) await visit(room, process.argv.slice(2));

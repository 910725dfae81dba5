// Tries a kernel for the action, whose inputs are in the environment. The folder of the results gets the output of the probe
// (KTAP, console.ktap), the facts as JSON, and a badge for shields.io.

import { spawn, spawnSync } from "node:child_process";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";

const { KERNEL, ARCH, ACCEL, CASES, MINUTES, MINIMUM, RESULTS, STUBLAB } = process.env;
const QEMU = {
  amd64: ["qemu-system-x86_64", "-machine", "q35"],
  arm64: ["qemu-system-aarch64", "-machine", "virt"],
  riscv64: ["qemu-system-riscv64", "-machine", "virt"],
};
const CONSOLES = { amd64: "ttyS0 no_timer_check", arm64: "ttyAMA0", riscv64: "ttyS0" };
/** Whether the probe tries setups, by a model. */
const HAS_MODEL = ARCH !== "riscv64";
/** What the probe prints last as process 1. A machine without ACPI does not end after it. */
const END = /^# exit status (\d+)/m;
/** How often a console is read for it, in milliseconds. */
const POLL = 500;

class Failure extends Error {}

function check(name, value, isValid, expected) {
  if (!isValid) throw new Failure(`invalid input ${name} "${value}": expected ${expected}`);
}

function checkInputs() {
  const isCount = (text) => /^\d{1,9}$/.test(text);
  check("kernel", KERNEL, KERNEL === "" || existsSync(KERNEL), "the path of an image");
  check("arch", ARCH, Object.hasOwn(QEMU, ARCH), "amd64, arm64 or riscv64");
  check("accel", ACCEL, ["tcg", "kvm"].includes(ACCEL), "tcg or kvm");
  check("cases", CASES, isCount(CASES), "a number");
  check("minutes", MINUTES, isCount(MINUTES) && Number(MINUTES) > 0, "a number greater than 0");
  const isShare = MINIMUM === "" || (/^\d+(\.\d+)?$/.test(MINIMUM) && Number(MINIMUM) <= 100);
  check("minimum", MINIMUM, isShare, "a percentage");
  check("results", RESULTS, /^[\w.-]+$/.test(RESULTS), "the name of a folder");
}

/** Runs stublab, and returns its output. */
function stublab(...words) {
  const [command, ...first] = STUBLAB.split(" ");
  const { status, stdout, stderr, error } = spawnSync(command, [...first, ...words], {
    encoding: "utf8",
    maxBuffer: 1 << 26,
  });
  // 1: facts do not hold.
  if (status === 0 || (status === 1 && words[0] === "conformance")) return stdout;
  throw new Failure(
    `${STUBLAB} ${words.join(" ")}: ${error?.message ?? `status ${status}`}\n${stderr}`,
  );
}

/** The command that runs the probe: as a program here, or as process 1 of a machine. */
function makeCommand() {
  const known = KERNEL !== "" && ACCEL === "tcg" && HAS_MODEL ? ["--known", "qemu-tcg"] : [];
  const fuzz = CASES === "0" || !HAS_MODEL ? [] : ["fuzz", "--cases", CASES, ...known];
  const words = ["bootstrap", "conformance", ...known, ...fuzz];
  if (KERNEL === "") {
    stublab("probe", "-o", join(RESULTS, "probe"));
    return [join(RESULTS, "probe"), ...words];
  }
  const initramfs = join(RESULTS, "probe.cpio");
  stublab("probe", "--arch", ARCH, "--initrd", "-o", initramfs);
  return [
    ...[...QEMU[ARCH], "-accel", ACCEL, "-cpu", ACCEL === "kvm" ? "host" : "max", "-m", "512"],
    ...["-kernel", KERNEL, "-initrd", initramfs, "-no-reboot"],
    ...["-append", `console=${CONSOLES[ARCH]} quiet panic=-1 -- ${words.join(" ")}`],
    ...["-nodefaults", "-display", "none", "-serial", "stdio"],
  ];
}

/** Runs a command until it ends, or its machine has printed the probe's status. Returns its output, and the status. */
function run([command, ...args], file) {
  const log = openSync(file, "w");
  const child = spawn(command, args, { stdio: ["ignore", log, log] });
  const read = () => readFileSync(file, "utf8").replaceAll("\r", "");
  const deadline = performance.now() + Number(MINUTES) * 60_000;
  return new Promise((resolve, reject) => {
    const timer = setInterval(() => {
      if (performance.now() < deadline && !END.test(read())) return;
      child.kill("SIGKILL");
    }, POLL);
    child.on("error", ({ message }) => reject(new Failure(message)));
    child.on("close", (status) => {
      clearInterval(timer);
      const text = read();
      // The status of QEMU does not say how the probe ended.
      resolve({ text, status: KERNEL === "" ? status : Number(END.exec(text)?.[1] ?? Number.NaN) });
    });
  });
}

/** Writes what users of the action see: outputs, a summary, the facts, a badge. */
function report(log, text) {
  const facts = stublab("conformance", log, "--json");
  writeFileSync(join(RESULTS, "conformance.json"), facts);
  const { held, failed } = JSON.parse(facts).counts;
  const all = held + failed;
  const score = all === 0 ? "0" : ((100 * held) / all).toFixed(1);
  // Without their rules, and their cases, which are long lines: the console has them.
  const findings = text.match(/^# finding \d+: .*\n(?:# (?!rules ).*\n)*/gm) ?? [];
  const message = `${held} of ${all}`;
  const color = failed > 0 ? "orange" : all > 0 && findings.length === 0 ? "brightgreen" : "yellow";
  const badge = { schemaVersion: 1, label: "ptrace facts", message, color };
  writeFileSync(join(RESULTS, "badge.json"), `${JSON.stringify(badge)}\n`);
  put("GITHUB_OUTPUT", `score=${score}\nfindings=${findings.length}\n`);
  const told = `${stublab("conformance", log)}\n${findings.length} findings of the fuzzer\n${findings.join("")}`;
  put("GITHUB_STEP_SUMMARY", `\`\`\`\n${told}\`\`\`\n`);
  process.stdout.write(told);
}

const put = (name, text) => appendFileSync(process.env[name] ?? "/dev/null", text);

try {
  checkInputs();
  mkdirSync(RESULTS, { recursive: true });
  const log = join(RESULTS, "console.ktap");
  const { status, text } = await run(makeCommand(), log);
  // 0: all facts hold; 1: some do not. With another status, or without one, there is no result.
  if (status !== 0 && status !== 1)
    throw new Failure(`the probe has no result:\n${text.slice(-2000)}`);
  report(log, text);
} catch (error) {
  if (!(error instanceof Failure)) throw error;
  // A command of the runner is one line.
  console.log(`::error::${error.message.replaceAll("%", "%25").replaceAll("\n", "%0A")}`);
  process.exitCode = 1;
}

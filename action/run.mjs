// Tries a kernel for the action, whose inputs are in the environment. The folder of the results gets the output of the probe
// (KTAP, console.ktap), the facts as JSON, and a badge for shields.io. The kernel may print anything: no byte of it is a
// command to the runner, or markup.

import { spawn, spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { appendFileSync, existsSync, mkdirSync, openSync, writeFileSync, writeSync } from "node:fs";
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
const END = /^# exit status (\d+)\s/m;
/** The most characters of such a line. */
const END_LENGTH = 100;
/** The most bytes of a console. */
const MOST_BYTES = 1 << 26;
/** The most characters of a log or a summary; GitHub takes 2^20 bytes. */
const MOST_TOLD = 200_000;

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
  const isTime = /^\d+(\.\d+)?$/.test(MINUTES) && Number(MINUTES) > 0 && Number(MINUTES) <= 10_000;
  check("minutes", MINUTES, isTime, "a number greater than 0, at most 10000");
  const isShare = MINIMUM === "" || (/^\d+(\.\d+)?$/.test(MINIMUM) && Number(MINIMUM) <= 100);
  check("minimum", MINIMUM, isShare, "a percentage");
  check("results", RESULTS, /^\w[\w.-]*$/.test(RESULTS), "the name of a folder");
}

/** Makes the folder, and has it uploaded. Another's files are not results, and a link may lead anywhere. */
function makeResults() {
  check("results", RESULTS, !existsSync(RESULTS), "the name of a folder that does not exist");
  mkdirSync(RESULTS);
  put("GITHUB_OUTPUT", `results=${RESULTS}\n`);
}

/** Runs stublab, and returns its output. */
function stublab(...words) {
  const [command, ...first] = STUBLAB.split(" ");
  const { status, stdout, stderr, error } = spawnSync(command, [...first, ...words], {
    ...{ encoding: "utf8", maxBuffer: MOST_BYTES, timeout: 600_000 },
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

/**
 * Runs a command until it ends, its machine has printed the probe's status, the time is over, or it has printed too much.
 * Returns its output, and the status. However this program ends, the command ends, too.
 */
function run([command, ...args], file) {
  const log = openSync(file, "w");
  let child;
  // With all that it has started, as a process that is left holds the pipes.
  const end = () => {
    if (child?.pid === undefined) return;
    try {
      process.kill(-child.pid, "SIGKILL");
    } catch {
      // It has ended.
    }
  };
  process.on("exit", end);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => process.exit(1));
  child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], detached: true });
  let [text, line, bytes] = ["", "", 0];
  let failure;
  const fail = (message) => {
    failure ??= new Failure(message);
    end();
  };
  const read = (part) => {
    if (failure !== undefined) return;
    writeSync(log, part);
    bytes += Buffer.byteLength(part);
    text += part.replaceAll("\r", "");
    line += part;
    if (bytes > MOST_BYTES) fail(`the console has more than ${MOST_BYTES} bytes`);
    else if (KERNEL !== "" && END.test(line)) end();
    line = line.slice(line.lastIndexOf("\n") + 1).slice(0, END_LENGTH);
  };
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", read);
  return new Promise((resolve, reject) => {
    const late = () => fail(`the kernel took more than ${MINUTES} minutes:\n${text.slice(-2000)}`);
    const timer = setTimeout(late, Number(MINUTES) * 60_000);
    child.on("error", ({ message }) => reject(new Failure(message)));
    child.on("close", (status) => {
      clearTimeout(timer);
      if (failure !== undefined) reject(failure);
      // The status of QEMU does not say how the probe ended. The line feed after the last line may be lost with QEMU's end.
      const ended = Number(END.exec(`${text}\n`)?.[1] ?? Number.NaN);
      resolve({ text, status: KERNEL === "" ? status : ended });
    });
  });
}

/** A text of the kernel without controls, directions and other invisible characters, but with its lines; cut if it is long. */
function plain(text) {
  const hex = (unit) => `\\u{${unit.codePointAt(0).toString(16)}}`;
  const cut = (all) => (all.length > MOST_TOLD ? `${all.slice(0, MOST_TOLD)}\n…\n` : all);
  return cut(cut(text).replaceAll(/(?!\n)[\p{C}\u2028\u2029]/gu, hex));
}

/** Prints lines that the runner must not take for commands. */
function tell(text) {
  const token = randomUUID();
  process.stdout.write(`::stop-commands::${token}\n${text}\n::${token}::\n`);
}

const ENTITIES = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };

/** Writes what users of the action see: outputs, a summary, the facts, a badge. */
function report(log, text) {
  const facts = stublab("conformance", log, "--json");
  writeFileSync(join(RESULTS, "conformance.json"), facts);
  const { held, failed } = JSON.parse(facts).counts;
  const all = held + failed;
  const score = all === 0 ? "0" : ((100 * held) / all).toFixed(1);
  // Without their rules, and their cases, which are long lines: the console has them.
  const findings = text.match(/^# finding \d+: [^\n]*\n(?:# (?!rules )[^\n]*\n)*/gm) ?? [];
  const message = `${held} of ${all}`;
  const color = failed > 0 ? "orange" : all > 0 && findings.length === 0 ? "brightgreen" : "yellow";
  const badge = { schemaVersion: 1, label: "ptrace facts", message, color };
  writeFileSync(join(RESULTS, "badge.json"), `${JSON.stringify(badge)}\n`);
  put("GITHUB_OUTPUT", `score=${score}\nfindings=${findings.length}\n`);
  const told = plain(
    `${stublab("conformance", log)}\n${findings.length} findings of the fuzzer\n${findings.join("")}`,
  );
  const html = told.replaceAll(/[&<>]/g, (character) => ENTITIES[character]);
  put("GITHUB_STEP_SUMMARY", `<pre>\n${html}</pre>\n`);
  tell(told);
}

const put = (name, text) => appendFileSync(process.env[name] ?? "/dev/null", text);

try {
  checkInputs();
  makeResults();
  const log = join(RESULTS, "console.ktap");
  const { status, text } = await run(makeCommand(), log);
  // 0: all facts hold; 1: some do not. With another status, or without one, there is no result.
  if (status !== 0 && status !== 1)
    throw new Failure(`the probe has no result:\n${text.slice(-2000)}`);
  report(log, text);
} catch (error) {
  if (!(error instanceof Failure)) throw error;
  // A command of the runner is one line.
  const text = plain(error.message).replaceAll("%", "%25").replaceAll("\n", "%0A");
  console.log(`::error::${text}`);
  process.exitCode = 1;
}

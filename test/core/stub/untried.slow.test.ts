import { once } from "node:events";

// Setups that a kernel cannot be given: a filter makes the requests fail that such a kernel lacks.

const PROBE = resolve("dist/probe-amd64");
const { EIO, ENOSYS, EPERM } = constants.errno;
// asm/unistd_64.h, linux/ptrace.h
const [MMAP, PTRACE, SECCOMP, MEMFD_CREATE, PIDFD_OPEN] = [9, 101, 317, 319, 434];
const [SYSEMU, GETREGSET] = [31, 0x4204];
// asm-generic/mman.h: MAP_SHARED, MAP_ANONYMOUS, MAP_NORESERVE, MAP_FIXED_NOREPLACE
const SHARED_MEMORY = 0x1 | 0x20 | 0x4000 | 0x10_0000;

const untried = suite("setups that a kernel cannot be given");
const folder = mkdtempSync(join(tmpdir(), "stublab-untried-"));
untried.after(() => rmSync(folder, { recursive: true, force: true }));

/** The beginning of a command on a kernel without a call, or without a call whose argument has a value. */
const without = (call: number, errno: number, ...argument: number[]) => {
  return [DENY, ...[call, errno, ...argument].map(String), "--"];
};
/** The lines of a log of outcomes, without its header. */
const LINES = /^# (?:\d|at ).*$/gm;
const NO_SYSEMU = without(PTRACE, EIO, 0, SYSEMU);
/** The fourth argument of mmap has the flags. */
const NO_SHARED_MEMORY = without(MMAP, ENOSYS, 3, SHARED_MEMORY);
const NO_REGSETS = without(PTRACE, EIO, 0, GETREGSET);

/** Runs stublab on such a kernel. */
const stublab = (kernel: readonly string[], ...words: string[]) => {
  const [program = "", ...args] = [...kernel, ...stublabCommand(...words).flat()];
  return run([program, args]);
};

async function fuzzed(kernel: readonly string[], ...args: string[]) {
  const { code, stdout, stderr } = await stublab(kernel, "fuzz", "--json", ...args);
  assert.ok(stdout !== "", stderr);
  const { digest, cases, untried, findings } = JSON.parse(stdout);
  const reasons: string[] = untried.reasons.map(({ reason }: { reason: string }) => reason);
  return { code, digest, cases, untried: untried.cases, reasons, findings };
}

function probed(kernel: readonly string[], ...args: string[]) {
  const [command = "", ...words] = [...kernel, PROBE, ...args];
  const { status, stdout } = spawnSync(command, words, { encoding: "utf8" });
  return { status, stdout };
}

untried("are counted by their reasons, and the rest of a run is as ever", async () => {
  const args = ["--cases", "3000", "--path", "ptrace"];
  const all = await fuzzed([], ...args);
  const { code, cases, findings, reasons, ...run } = await fuzzed(NO_SYSEMU, ...args);
  assert.equal([all.untried, all.reasons], [0, []]);
  assert.equal([code, cases], [findings.length === 0 ? 0 : 1, 3000]);
  assert.equal(reasons, ["PTRACE_SYSEMU is refused: EIO"]);
  assert.ok(run.untried > 50 && run.untried < 1000, `${run.untried}`);
});

untried("are the same in the probe", async () => {
  const args = ["--cases", "3000"];
  const host = await fuzzed(NO_SYSEMU, ...args);
  const { status, stdout } = probed(NO_SYSEMU, "fuzz", ...args);
  assert.is(status, host.code, stdout);
  assert.match(stdout, `# ${host.untried} cases not tried: PTRACE_SYSEMU is refused: EIO\n`);
  assert.match(stdout, `digest ${host.digest},`);
});

untried("have lines of their own in a log of outcomes, and are no differences", async () => {
  const [all, some] = [join(folder, "all"), join(folder, "some")];
  const args = ["--cases", "3000", "--path", "ptrace"];
  await stublab([], "fuzz", "--outcomes", all, ...args);
  const { code, stderr } = await stublab(NO_SYSEMU, "fuzz", "--outcomes", some, ...args);
  const lines = readFileSync(some, "utf8").match(LINES) ?? [];
  const count = lines.filter((line) =>
    /^# \d+ untried: PTRACE_SYSEMU is refused: EIO$/.test(line),
  ).length;
  const differ = lines.length - 1 - count;
  assert.is(lines.at(-1), `# at 3000: ${differ} differ, ${count} untried`);
  assert.is(code, differ === 0 ? 0 : 1, stderr);
  assert.match(stderr, `contradict the predictions, ${count} could not be tried`);
  const told = await stublab([], "fuzz", "diff", all, some);
  assert.is(told.code, 0, told.stdout);
  assert.match(told.stdout, `untried      ${count} tried on A only: PTRACE_SYSEMU is refused: EIO`);
  const { stdout } = await stublab([], "fuzz", "diff", some, all, "--json");
  const { triedOnlyOn, untried, causes } = JSON.parse(stdout);
  const reasons = [{ reason: "PTRACE_SYSEMU is refused: EIO", cases: count }];
  assert.equal([triedOnlyOn, untried, causes], [{ a: [], b: reasons }, 0, []]);
  const alike = await stublab([], "fuzz", "diff", some, some);
  assert.match(alike.stdout, `untried      ${count} on both\n`);
  if (!existsSync(PROBE)) return;
  const probe = probed(NO_SYSEMU, "fuzz", "--outcomes", ...args);
  assert.is(probe.status, code, probe.stdout);
  assert.equal(probe.stdout.match(LINES), lines);
});

untried("of all cases are an exit status of their own, in both hosts", async () => {
  const args = ["--cases", "600", "--path", "sigreturn"];
  const file = join(folder, "none");
  assert.is((await stublab(NO_SHARED_MEMORY, "fuzz", "--outcomes", file, ...args)).code, 3);
  if (!existsSync(PROBE)) return;
  const { status, stdout } = probed(NO_SHARED_MEMORY, "fuzz", "--outcomes", ...args);
  assert.equal([status, stdout.match(LINES)], [3, readFileSync(file, "utf8").match(LINES)]);
  assert.match(stdout, /^ok 1 fuzz # SKIP no case could be tried$/m);
});

untried("are kept by the folder of a run", async () => {
  const args = ["--cases", "16384", "--path", "ptrace", "--corpus", join(folder, "run")];
  const first = await fuzzed(NO_SYSEMU, ...args);
  const again = await fuzzed(NO_SYSEMU, ...args);
  assert.ok(first.untried > 0);
  assert.equal([again.untried, again.digest], [first.untried, first.digest]);
});

untried("without regsets, three ways to write are left out", async () => {
  const { reasons, untried } = await fuzzed(NO_REGSETS, "--cases", "2000", "--path", "ptrace");
  assert.equal(reasons.toSorted(), [
    "PTRACE_SETREGSET is refused: EIO",
    "there is no XSAVE area: EIO",
  ]);
  assert.ok(untried > 50, `${untried}`);
});

untried("are skipped checks of facts", async () => {
  const only = ["--only", "^SETREGSET lengths|^eflags"];
  const { code, stdout } = await stublab(NO_REGSETS, "conformance", "--json", ...only);
  const { counts, facts } = JSON.parse(stdout);
  assert.is(code, counts.failed === 0 ? 0 : 1);
  assert.ok(counts.held >= 3 && counts.skipped >= 4, JSON.stringify(counts));
  const skipped = facts.find(({ status }: { status: string }) => status === "skipped");
  assert.is(skipped.checks[0].reason, "PTRACE_SETREGSET is refused: EIO");
});

untried("are skipped checks in the probe, which goes on", () => {
  const { status, stdout } = probed(NO_REGSETS, "conformance", "--only", "SETREGSET lengths");
  assert.is(status, 3, stdout);
  assert.match(stdout, /# SKIP PTRACE_SETREGSET is refused: EIO$/m);
});

untried("doctor warns of them", async () => {
  const { stdout } = await stublab(NO_SYSEMU, "doctor", "--json");
  const { checks } = JSON.parse(stdout);
  const setups = checks.find(({ name }: { name: string }) => name === "register setups");
  assert.is(setups.status, "warning");
  assert.match(setups.remedy, /PTRACE_SYSEMU is refused: EIO/);
});

untried("a replay says why, and exits with 3", async () => {
  const file = join(folder, "case.json");
  writeFileSync(file, JSON.stringify({ schema: "stublab.case/1", on: "SYSEMU" }));
  const { code, stdout } = await stublab(NO_SYSEMU, "fuzz", "replay", file);
  assert.is(code, 3, stdout);
  assert.match(stdout, /cannot be given the case: PTRACE_SYSEMU is refused: EIO\./);
});

untried("a replay of the probe exits with 3 if it can try no case, else with 0", () => {
  const [none, one] = ["none.json", "one.json"].map((name) => join(folder, name));
  const emulated = JSON.stringify({ schema: "stublab.case/1", on: "SYSEMU" });
  writeFileSync(none ?? "", emulated);
  writeFileSync(one ?? "", `${emulated}\n${JSON.stringify({ schema: "stublab.case/1" })}\n`);
  const skipped = probed(NO_SYSEMU, "replay", none ?? "");
  assert.is(skipped.status, 3, skipped.stdout);
  assert.match(skipped.stdout, /^ok 1 case # SKIP it cannot be tried: /m);
  assert.is(probed(NO_SYSEMU, "replay", one ?? "").status, 0);
  assert.is(probed([], "replay", none ?? "").status, 0);
  const planted = ["fuzz", "--cases", "2000", "--plant", "R47"];
  const failing = probed(NO_SYSEMU, ...planted, "replay", none ?? "");
  assert.is(failing.status, 1, "what is skipped hides no failure");
});

untried("without memory that stubs share, only returns from handlers are left out", async () => {
  const both = await fuzzed(NO_SHARED_MEMORY, "--cases", "1000");
  assert.is(both.code, both.findings.length === 0 ? 0 : 1);
  assert.equal(both.reasons, [
    "no stub can be set up that returns from signal handlers by itself: ENOSYS",
  ]);
  assert.ok(both.untried < 1000);
});

const NO_FILTERS = without(SECCOMP, ENOSYS);
const NO_FILES = [...without(MEMFD_CREATE, ENOSYS), ...without(PIDFD_OPEN, ENOSYS)];
/** What returns from handlers do without. */
const SPARED = {
  ptrace: without(PTRACE, EPERM),
  "ptrace, files in memory and pidfds": [...without(PTRACE, ENOSYS), ...NO_FILES],
  filters: NO_FILTERS,
  "all of them": [...without(PTRACE, ENOSYS), ...NO_FILES, ...NO_FILTERS],
};

for (const [name, kernel] of Object.entries(SPARED)) {
  untried(`returns from handlers do without ${name}`, () => {
    const fuzz = (on: readonly string[], ...args: string[]) =>
      probed(on, "fuzz", "--path", "sigreturn", "--cases", "10000", ...args);
    const digestOf = (text: string) =>
      /, digest (\S+), .* 0 hung, .* \d+ findings$/m.exec(text)?.[1];
    const { stdout } = fuzz(kernel);
    assert.type(digestOf(stdout), "string", stdout);
    // No filter refuses the calls of setups, so they are not made.
    const [, left] = /^# (\d+) cases not tried: it makes a call, /m.exec(stdout) ?? [];
    if (kernel.includes(String(SECCOMP)))
      assert.ok(Number(left) > 100 && Number(left) < 1000, left);
    else assert.equal([digestOf(stdout), left], [digestOf(fuzz([]).stdout), undefined]);
    // Kernels that load any mxcsr, or IOPL.
    assert.match(
      fuzz(kernel, "--plant", "S12").stdout,
      /^# finding 1: .*\n(?:# \S+: predicted .*\n)+# The .* the alteration S12\.\n# rule S12: /m,
    );
    const loads = fuzz(kernel, "--plant", "S4.flags=0x3202").stdout;
    assert.match(
      loads,
      /^# stopped.eflags: .*\n(?:# The difference vanishes without .*\n)+# rule S4: /m,
    );
    const facts = probed(kernel, "conformance", "--only", "rt_sigreturn");
    assert.match(facts.stdout, /^# [1-9]\d* of \d+ facts hold/m);
  });
}

/** Sends SIGINT to a command once it has printed a line that matches. */
async function interrupted(command: readonly string[], line: RegExp) {
  const [program = "", ...args] = command;
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  let sent = false;
  child.stdout.setEncoding("utf8").on("data", (part) => {
    text += part;
    if (sent || !line.test(text)) return;
    sent = true;
    child.kill("SIGINT");
  });
  const [code, signal] = await once(child, "close");
  return { code, signal, text };
}

untried("an interrupted conformance reports the facts that it has looked at", async () => {
  const { signal, text } = await interrupted(stublabCommand("conformance").flat(), /^write order/m);
  assert.is(signal, "SIGINT", "130 in a shell");
  assert.match(text, /^\d+ of \d+ facts hold/m);
  assert.match(text, /^interrupted: \d+ facts were not looked at$/m);
});

untried("so does the probe", async () => {
  const { code, text } = await interrupted([PROBE, "conformance"], /^ok 1 write order/m);
  assert.is(code, 130);
  assert.match(text, /^# \d+ of \d+ facts hold/m);
  const fuzz = await interrupted([PROBE, "fuzz"], /^# seed/m);
  const [, found, not] =
    /^# \d+ cases, .* (\d+) findings\n(not )?ok 1 fuzz$/m.exec(fuzz.text) ?? [];
  assert.equal([fuzz.code, not === undefined], found === "0" ? [0, true] : [1, false]);
});

import { MACHINES, PROBED, type ProbedArch } from "../../../src/core/machine/index.ts";
import { PATHS } from "../../../src/labs/fuzz/draw/arch.ts";
import { inGvisor } from "../../support/gvisor.ts";

const probeOf = (arch: ProbedArch) => resolve(`dist/probe-${arch}`);
const PROBE = probeOf(HOST_ARCH);
/** EM_RISCV (<linux/elf-em.h>). */
const RISCV = 243;
const MOST_BYTES = 700_000;

const probe = suite("the probe");
const folder = temporaryFolder();

const inRunsc = needs(probe, "runsc");
const withSetarch = needs(probe, "setarch");
const onRiscv = needs(
  probe,
  { "the probe for riscv64, which a complete build has": existsSync(probeOf("riscv64")) },
  "qemu-riscv64",
);
const withCpio = needs(probe, "cpio");

// elf(5)
const [E_MACHINE, E_PHOFF, E_PHNUM, PHENTSIZE] = [18, 32, 56, 56];
const [PT_LOAD, PT_DYNAMIC, PT_INTERP] = [1, 2, 3];

/** The types of its program headers. */
function programTypes(file: Buffer): number[] {
  const at = Number(file.readBigUInt64LE(E_PHOFF));
  const length = file.readUInt16LE(E_PHNUM);
  return Array.from({ length }, (_, i) => file.readUInt32LE(at + i * PHENTSIZE));
}

const call = (...args: string[]) => {
  const { status, stdout, stderr } = spawnSync(PROBE, args, { encoding: "utf8" });
  return { status, lines: stdout.split("\n"), stderr };
};

for (const arch of PROBED.filter((it) => existsSync(probeOf(it)))) {
  probe(`for ${arch} is a static executable of less than 700 kB`, () => {
    const file = readFileSync(probeOf(arch));
    assert.ok(file.length < MOST_BYTES, `${file.length} bytes`);
    assert.is(
      file.readUInt16LE(E_MACHINE),
      arch === "riscv64" ? RISCV : Number(MACHINES[arch].elf),
    );
    const types = programTypes(file);
    assert.ok(types.includes(PT_LOAD));
    assert.not.ok(types.some((type) => [PT_DYNAMIC, PT_INTERP].includes(type)));
  });
}

onRiscv("refuses on riscv64 what tries setups, and lists its facts", () => {
  const on = (...args: string[]) =>
    spawnSync("qemu-riscv64", [probeOf("riscv64"), ...args], { encoding: "utf8" });
  for (const word of ["fuzz", "replay", "rounds", "serve"]) {
    const { status, stdout } = on(word, "-");
    assert.is(status, 2);
    assert.is(
      stdout,
      `probe: ${word} needs a model of the machine, which this probe does not have\n`,
    );
  }
  const lines = on("conformance", "--list").stdout.trim().split("\n");
  const names = lines.map((line) => JSON.parse(line).fact);
  assert.is(new Set(names).size, names.length);
  assert.ok(names.includes("At the entry of a call a0 is -ENOSYS"));
});

inRunsc("says as stublab conformance does what a kernel does otherwise with requests", () => {
  const inside = (...command: string[]) => {
    const { stdout, stderr } = inGvisor(...command);
    return `${stdout}${stderr}`.split("\n").filter((line) => /^ {2}(#|ok|not ok) /.test(line));
  };
  const lines = inside(PROBE, "conformance", "--only", "GETREGSET");
  const failed = lines.flatMap((line) => /^ {2}not ok \d+ (.*)$/.exec(line)?.[1] ?? []);
  assert.ok(failed.length > 3, lines.join("\n"));
  const node = [process.execPath, resolve("dist/cli.js"), "conformance", "--only", "^GETREGSET$"];
  assert.equal(inside(...node, "--ktap", "/dev/stderr"), lines);
  const list = join(folder, "known");
  writeFileSync(list, failed.slice(1).join("\n"));
  const excused = inside(...node, "--known", list, "--ktap", "/dev/stderr");
  assert.is(excused.filter((line) => line.startsWith("  not ok ")).length, 1);
  assert.is(
    // The probe reads it from standard input.
    excused.filter((line) => line.endsWith("# XFAIL known: -")).length,
    failed.length - 1,
  );
});

withSetarch("finds features by trials: no release is believed", () => {
  // The release is 2.6.x for such a process.
  const claim = ["--uname-2.6", PROBE, "conformance", "--only", "selectors"];
  const claimed = spawnSync("setarch", claim, { encoding: "utf8" }).stdout;
  const machineIn = (text: string) => JSON.parse(/^# machine (\{.*)$/m.exec(text)?.[1] ?? "{}");
  const { release, features } = machineIn(claimed);
  assert.match(release, /^2\.6\./);
  assert.equal(features, machineIn(call(...claim.slice(2)).lines.join("\n")).features);
});

inRunsc("finds four levels of page tables in gVisor, whatever its processor could have", () => {
  const { stdout } = inGvisor(PROBE, "conformance", "--only", "bases");
  const [, line = "{}"] = /^# machine (.*)$/m.exec(stdout) ?? [];
  assert.not(JSON.parse(line).features.includes("la57"));
  assert.match(stdout, /^ {2}ok .*accepts bases below TASK_SIZE_MAX/m);
});

probe("one bug is one finding, with the number of its cases", () => {
  // The fields that differ first are the flags that are read back, and those at the stop and in a frame.
  for (const rule of ["R41", "R35", "R58", "S10"]) {
    const { lines } = call("fuzz", "--plant", rule, "--cases", "20000");
    const findings = lines.filter((line) => /^# finding \d+: case/.test(line));
    assert.is(findings.length, 1, findings.join("\n"));
    const at = lines.findIndex((line) => /^# finding 1 has \d+ cases?$/.test(line));
    assert.is(lines[at + 1], `# The difference vanishes without the alteration ${rule}.`);
  }
});

probe("a case that is not resumed has no si_code that differs", () => {
  // W28 is about words that SETFPREGS writes.
  const { lines } = call("fuzz", "--plant", "W28", "--cases", "20000", "--path", "ptrace");
  const differing = lines.filter((line) => /^# \S+: predicted /.test(line));
  assert.ok(differing.some((line) => line.startsWith("# written.")));
  none(differing, (line) => line.startsWith("# code: predicted 0,"));
});

for (const path of PATHS) {
  probe(`makes the run that stublab fuzz makes: path ${path}`, async () => {
    const args = ["--seed", "77", "--cases", "60000", "--path", path];
    const { stdout } = await run(stublabCommand("fuzz", "--json", ...args));
    const host = JSON.parse(stdout);
    const { lines } = call("fuzz", ...args);
    const told = lines.at(-3) ?? "";
    const expected = `${host.signatures} signatures, digest ${host.digest}, ${host.unpredicted.cases} not predicted`;
    assert.ok(told.includes(expected), `${told}\nexpected ${expected}`);
  });
}

inRunsc("reports what a kernel does otherwise with a case that can be replayed", () => {
  const { status, stdout } = inGvisor(PROBE, "fuzz", "--cases", "1500", "--path", "ptrace");
  assert.is(status, 1, stdout);
  const cases = [...stdout.matchAll(/^# case (\{.*\})$/gm)].map(([, text = ""]) => text);
  assert.ok(cases.length > 3, stdout);
  for (const text of cases) parseCase(JSON.parse(text));
  assert.match(stdout, /^# \S+: predicted .*, got .*$/m);
  // gVisor does not check the header of an XSAVE area.
  assert.match(stdout, /^# error: predicted EINVAL, got 0\n# The difference .* W3\d\.$/m);
  assert.match(stdout, /^# finding \d+ has \d+ cases?\n# The difference .* W31\.\n# rule W31: /m);
  const log = join(folder, "log");
  writeFileSync(log, stdout);
  const here = call("replay", log);
  const same = here.lines.filter((line) => line.startsWith("ok ")).length;
  assert.ok(same > cases.length / 2, here.lines.join("\n"));
  assert.is(here.lines.at(-2), `1..${cases.length}`);
});

inRunsc("tries returns from handlers in gVisor without ptrace, whose flags are as in Linux", () => {
  const [PTRACE, ENOSYS] = ["101", "38"];
  const fuzz = [PROBE, "fuzz", "--cases", "1000", "--path", "sigreturn"];
  const { stdout } = inGvisor(DENY, PTRACE, ENOSYS, "--", ...fuzz, "--plant", "S4.flags=0x3202");
  assert.match(stdout, /^# stopped.eflags: predicted 0x3(2.2), got 0x\1$/m);
  // A reserved bit of FCW reads as 1 only if gVisor has loaded the state since: an event decides that.
  const [, unconfirmed] = /^# 1000 cases, .* 0 hung, (\d+) not confirmed/m.exec(stdout) ?? [];
  assert.ok(Number(unconfirmed) < 10, stdout);
});

probe("reports a case with the steps before the one that differs, and replays it", () => {
  // What a debug exception leaves in debug register 6 is seen by a further step.
  const { lines } = call("fuzz", "--plant", "R122", "--cases", "60000", "--path", "ptrace");
  const finding = /^# written\.dr6: .*\n# The .*\n# rule .*\n# rules .*\n# case (.*"before".*)$/gm;
  const texts = [...lines.join("\n").matchAll(finding)].map(([, text = ""]) => text);
  assert.ok(texts.length > 0, lines.join("\n"));
  for (const text of texts)
    assert.is(JSON.stringify(formatCase(parseCase(JSON.parse(text)))), text);
  const file = join(folder, "steps");
  writeFileSync(file, texts.join("\n"));
  const { status, lines: replayed } = call("replay", file);
  assert.is(status, 0, replayed.join("\n"));
  assert.is(replayed.at(-2), `1..${texts.length}`);
});

probe("a replay that Ctrl-C interrupts ends after the case under way", async () => {
  const [file, cases] = [join(folder, "many"), 30_000];
  writeFileSync(file, '{"schema":"stublab.case/1"}\n'.repeat(cases));
  const replay = new Running([PROBE, ["replay", file]], { detached: true });
  assert.ok((await replay.says(/^ok 1 case/m)) !== null, replay.stdout);
  process.kill(-replay.pid, "SIGINT");
  const { code, stdout } = await replay.ended;
  assert.is(code, 130, stdout);
  const [, plan] = /\n1\.\.(\d+)\n$/.exec(stdout) ?? [];
  assert.ok(Number(plan) < cases, plan);
  assert.is(stdout.match(/^ok \d+ case/gm)?.length, Number(plan));
});

withCpio("stublab probe writes it, or an initramfs with it", async () => {
  const [program, archive] = [join(folder, "probe"), join(folder, "probe.cpio")];
  const written = await run(stublabCommand("probe", "-o", program));
  assert.is(written.code, 0, written.stderr);
  assert.is(spawnSync(program, ["bootstrap"]).status, 0);
  await run(stublabCommand("probe", "--initrd", "-o", archive));
  const listed = spawnSync("cpio", ["-it"], { input: readFileSync(archive), encoding: "utf8" });
  assert.equal(listed.stdout.split("\n"), ["dev", "dev/console", "proc", "init", ""]);
});

for (const arch of PROBED) {
  needs(probe, { [`the probe for ${arch}`]: existsSync(probeOf(arch)) })(
    `stublab probe --arch ${arch} writes it for that machine`,
    async () => {
      const program = join(folder, `probe-${arch}`);
      const written = await run(stublabCommand("probe", "--arch", arch, "-o", program));
      assert.is(written.code, 0, written.stderr);
      assert.ok(readFileSync(program).equals(readFileSync(probeOf(arch))));
    },
  );
}

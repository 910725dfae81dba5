// The probe in qemu-user, which has no ptrace: a program's calls, without a kernel for it.

import { parseVerdict, toolNeeds } from "../../src/labs/fuzz/facts/profiles.ts";
import { QEMU_USER } from "./machines.ts";

const SECONDS = 60;
const folder = temporaryFolder();
const user = suite("the probe in qemu-user");

/** Whether any process executes a program. */
const isUsed = (path: string) =>
  readdirSync("/proc").some((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(path);
    } catch {
      return false;
    }
  });

for (const [arch, tool] of QEMU_USER) {
  const probe = resolve(`dist/probe-${arch}`);
  const built = needs(user, tool, { [`the probe for ${arch}`]: existsSync(probe) });
  /** Runs a copy, which no other test runs, to its end. */
  const ask = async (...words: string[]) => {
    const path = join(folder, `probe-${arch}`);
    copyFileSync(probe, path);
    const ending = await run([tool, [path, ...words]], { timeout: SECONDS * 1000 });
    assert.ok(await eventually(() => !isUsed(path), SECONDS * 1000));
    return ending;
  };

  built(`${arch} is enough for no tool`, async () => {
    const tools = new Set(toolNeeds(arch).map((need) => need.tool));
    assert.ok(tools.size > 2);
    for (const of of tools) {
      const { stdout, code } = await ask("conformance", "--for", of);
      const verdict = parseVerdict(stdout.trimEnd().split("\n").at(-1) ?? "");
      assert.ok(verdict?.enough === false && verdict.limits.length === 0, stdout);
      assert.match(verdict.missing.join(), /^PTRACE_(TRACEME|ATTACH|SEIZE) \(ENOSYS\)/);
      assert.is(code, 1);
    }
  });

  built(`${arch} says what it lacks, and checks what needs no stub`, async () => {
    const { stdout, code } = await ask("conformance");
    assert.is(code, 0, stdout);
    assert.match(stdout, /^# lacks: PTRACE_ATTACH \(ENOSYS\), PTRACE_TRACEME \(ENOSYS\)/m);
    assert.match(stdout, /^# [1-9]\d* of [1-9]\d* facts hold, /m);
    const doctor = await ask("doctor");
    assert.is(doctor.code, 1);
    assert.match(doctor.stdout, /^ok \d+ PTRACE_CONT # SKIP not tried: no stub can be used$/m);
  });
}

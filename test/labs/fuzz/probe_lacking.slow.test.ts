import { ALL, DENIED, ERRNOS, rulesOf } from "../../support/lacking.ts";

/*
 * The probe where calls and requests fail, each alone and all together. A fact counts as possible if it is checked
 * with nothing denied, even if it is about what is denied: no fact is called impossible, so the shares that are
 * demanded are of more than remains possible.
 */

const PROBE = resolve(`dist/probe-${HOST_ARCH}`);
const LEAST_SHARE = 0.6;
/** Reasons where no file can be opened (controls are files, too), and of a tracer that a filter judges: DENY is one. */
const OF_DENIAL = /\/proc|ENOENT|this control|a tracer without a filter/;

const lacking = suite("the probe on a kernel that lacks something");
const built = needs(lacking, { amd64: HOST_ARCH === "amd64" });

/** How many facts hold, which fail, and the reasons why others are skipped. */
function factsIn(stdout: string) {
  const facts = [...stdout.matchAll(/^ {2}ok \d+ (.*?)(?: # SKIP (.*))?$/gm)];
  const skipped = facts.flatMap(([, name = "", reason]) =>
    reason === undefined ? [] : [[name, reason] as const],
  );
  const failed = [...stdout.matchAll(/^ {2}not ok \d+ (.*?)(?: # .*)?$/gm)].map(([, name]) => name);
  return { held: facts.length - skipped.length, failed, skipped: new Map(skipped) };
}

const conformance = async (...wrapper: string[]) => {
  const [command = "", ...args] = [...wrapper, PROBE, "bootstrap", "conformance"];
  const { code, stdout } = await run([command, args]);
  assert.is(
    code,
    factsIn(stdout).failed.length === 0 ? 0 : 1,
    stdout.replaceAll(/^ *ok .*\n/gm, ""),
  );
  return stdout;
};

/** With nothing denied. */
let usual: ReturnType<typeof factsIn> | undefined;

async function check(names: readonly string[], errno: (typeof ERRNOS)[number]) {
  usual ??= factsIn(await conformance());
  const stdout = await conformance(DENY, rulesOf(names, errno), "--");
  const [, told = ""] = /^# lacks: (.*)$/m.exec(stdout) ?? [];
  for (const name of names.flatMap((it) => DENIED[it]?.[1] ?? []))
    assert.ok(told.includes(`${name} (${errno})`), `${name}: ${told}`);
  const { held, failed, skipped } = factsIn(stdout);
  none(failed, (name) => !usual?.failed.includes(name));
  for (const [name, reason] of skipped)
    assert.ok(
      usual?.skipped.has(name) || reason.includes(errno) || OF_DENIAL.test(reason),
      `${name}: ${reason}`,
    );
  assert.ok(held >= LEAST_SHARE * usual.held, `${held} of ${usual.held}`);
}

ALL.forEach((name, i) => {
  const errno = ERRNOS[i % ERRNOS.length] ?? "EPERM";
  built(`of ${name} alone: ${errno}`, () => check([name], errno));
});
for (const errno of ERRNOS) built(`of all of it: ${errno}`, () => check(ALL, errno));

built("of ptrace: facts that need none are checked, and setups by signal frames", async () => {
  const [command, ...args] = [
    ...[DENY, `${callNumber("ptrace")}:1`, "--", PROBE, "conformance", "fuzz", "--cases", "3000"],
  ] as const;
  const { code, stdout } = await run([command, args]);
  assert.ok(code === 0 || code === 1, stdout);
  const { held, skipped } = factsIn(stdout);
  assert.ok(held > 0);
  assert.match([...skipped.values()].join("\n"), "the kernel lacks PTRACE_ATTACH: EPERM");
});

built("of registers: no stub can be made, and the verdict about a tool is unknown", async () => {
  const rules = `${callNumber("ptrace")}:5:0:12`; // PTRACE_GETREGS
  const { code, stdout } = await run([
    DENY,
    [rules, "--", PROBE, "conformance", "--for", "strace"],
  ]);
  assert.match(stdout, /^# 0 of 0 facts hold, /m);
  assert.match(stdout, /^# for strace: unknown: .*process_vm_readv \(not tried\)/m);
  assert.is(code, 3);
});

built("of forks that share files: plain ones are made", async () => {
  const rules = `${callNumber("clone")}:22:0:&1024`; // EINVAL; CLONE_FILES
  await succeeded(run([DENY, [rules, "--", PROBE, "bootstrap"]]));
});

built("of processes: it bails out", async () => {
  const { code, stdout } = await run([
    DENY,
    [`${callNumber("clone")}:38`, "--", PROBE, "conformance"],
  ]);
  assert.is(code, 3);
  assert.match(stdout, /^Bail out! no stub can be created: ENOSYS$/m);
});

/*
 * Walks of real tasks against the model of assembly/tasks/: this kernel does what each rule says, and a rule that is left out
 * is found.
 */

const PROBE = `dist/probe-${HOST_ARCH}`;
const walks = suite("walks of tasks");
const withProbe = needs(walks, { "the probe, which wasm2c builds": existsSync(PROBE) });

const fuzz = (...words: string[]) => {
  const { status, stdout } = spawnSync(PROBE, ["fuzz", ...words], { encoding: "utf8" });
  return { status, stdout };
};
const walk = (...words: string[]) => fuzz("--path", "tasks", ...words);

withProbe("of this kernel are as predicted", () => {
  const { status, stdout } = walk("--cases", "2000");
  assert.match(stdout, /^# 2000 walks, .* 0 findings of 0 kinds$/m);
  assert.match(stdout, /^ok 1 fuzz$/m);
  assert.is(status, 0);
});

withProbe("find a rule that the model lacks, as a short walk that the rule explains", () => {
  const { status, stdout } = walk("--cases", "20000", "--plant", "T4");
  assert.is(status, 1);
  assert.match(stdout, /^# finding 1: walk \d+, [1-6] actions$/m);
  assert.match(stdout, /^# {3}1\. /m);
  assert.match(stdout, /^# {3}then \w+ of task \d: predicted /m);
  assert.match(stdout, /^not ok 1 fuzz$/m);
});

/** A run that does not end by itself, and its processes: no other one has this seed. */
const SEED = `${process.pid}`;
const ENDLESS = ["fuzz", "--path", "tasks", "--cases", "100000000", "--seed", SEED];
const processes = () =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => commandLine(pid).endsWith(`--seed\0${SEED}\0`));

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}

for (const [signal, code] of [
  ["SIGINT", 0],
  ["SIGKILL", null],
] as const)
  withProbe(`end by ${signal}, and leave no process behind`, async () => {
    const probe = new Running([PROBE, ENDLESS]);
    await probe.says(/# seed/);
    assert.ok(await eventually(() => processes().length > 2, 1000));
    process.kill(probe.pid, signal);
    assert.is((await probe.ended).code, code);
    assert.ok(await eventually(() => processes().length === 0, 1000), `${processes()}`);
  });

for (const words of [
  ["--plant", "T4"],
  ["--path", "tasks", "--plant", "W3"],
  ["--path", "tasks", "--outcomes"],
  ["--path", "tasks", "--focus", "W3"],
  ["--path", "tasks", "--disturb"],
  ["--path", "tasks", "--plant", "T0"],
])
  withProbe(`refuse ${words.join(" ")}`, () => assert.is(fuzz(...words).status, 2));

const PROBE = resolve(`dist/probe-${HOST_ARCH}`);
/** A pipe in place of the kernel's log, which has each record once, too. */
const LOG = join(temporaryFolder(), "kmsg");
const IN_PLACE = `mount --make-rprivate / && mount --bind ${LOG} /dev/kmsg && exec`;
const inNamespace = (...words: string[]): [string, string[]] => [
  "unshare",
  ["--mount", "sh", "-c", `${IN_PLACE} "$@"`, "sh", ...words],
];

execFileSync("mkfifo", [LOG]);

const log = suite("the kernel's log");
const mounted = needs(log, {
  "the right to mount": spawnSync(...inNamespace("true")).status === 0,
});

/** Runs a command of the probe. The log has a record at its beginning, or once it has said something. */
async function runWith(record: string, after: RegExp | undefined, ...words: string[]) {
  const file = openSync(LOG, "r+");
  try {
    if (after === undefined) writeSync(file, `${record}\n SUBSYSTEM=cpu\n`);
    const probe = new Running(inNamespace(PROBE, ...words));
    if (after !== undefined) {
      await probe.says(after);
      writeSync(file, `${record}\n SUBSYSTEM=cpu\n`);
      await probe.says(/kernel log/);
      process.kill(probe.pid, "SIGINT");
    }
    return await probe.ended;
  } finally {
    closeSync(file);
  }
}

const FUZZ = ["fuzz", "--log", "--cases", "1"];
const WARNING = "WARNING: CPU: 0 PID: 1 at kernel/ptrace.c:1";

mounted("what the kernel says of itself during cases is a finding", async () => {
  const words = ["fuzz", "--log", "--seconds", "1000"];
  const { code, stdout } = await runWith(`4,7,99,-;${WARNING}`, /# seed/, ...words);
  assert.is(code, 1, stdout);
  assert.match(
    stdout,
    /^# kernel log, cases \d+ to \d+: WARNING: CPU: 0 PID: 1 at kernel\/ptrace\.c:1$/m,
  );
  assert.match(stdout, /^not ok 1 fuzz$/m);
});

mounted("what it says while features are tried fails the run", async () => {
  const { code, stdout } = await runWith(`4,7,99,-;${WARNING}`, undefined, ...FUZZ);
  assert.is(code, 1, stdout);
  assert.ok(stdout.includes(`# kernel log, features: ${WARNING}\n`), stdout);
});

for (const [what, record] of [
  ["a program writes", "12,7,99,-;WARNING: CPU: 0"],
  ["the kernel says of a program", "6,7,99,-;BUG: x[7]: segfault at 0"],
  ["is no fault", "4,7,99,-;clocksource: WARNING: late"],
] as const) {
  mounted(`what ${what} is not`, async () => {
    const { stdout } = await succeeded(runWith(record, undefined, ...FUZZ));
    assert.not.match(stdout, /kernel log/);
  });
}

mounted("a fact during which the kernel says it does not hold", async () => {
  const record = "3,7,99,-;BUG: KASAN: use-after-free in x";
  const { stdout } = await runWith(record, /1\.\.\d/, "conformance", "--log");
  assert.match(
    stdout,
    /^ {2}# kernel log: expected nothing, got BUG: KASAN: use-after-free in x\n {2}not ok /m,
  );
});

mounted("without --log nothing is said of it", async () => {
  const { code, stdout } = await runWith(`4,7,99,-;${WARNING}`, undefined, "fuzz", "--cases", "1");
  assert.is(code, 0, stdout);
});

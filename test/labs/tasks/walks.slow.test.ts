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
  assert.match(stdout, /^# finding 1: walk \d+$/m);
  assert.match(stdout, /^# {3}1\. (task 0|outside): \w+\(/m);
  assert.match(stdout, /^# task\d\.\w+: predicted .*, got /m);
  assert.match(stdout, /^# The difference vanishes without the alteration T4\.$/m);
  assert.match(stdout, /^not ok 1 fuzz$/m);
});

/** The probe with a text as its standard input. */
function read(text: string, ...words: string[]) {
  const { status, stdout } = spawnSync(PROBE, words, { input: text, encoding: "utf8" });
  return { status, stdout };
}

const STOPPED =
  '{"schema":"stublab.walk/1","actions":["task 0: clone(SIGCHLD)","task 0: kill(1, SIGSTOP)","outside: kill(group 0, SIGSTOP)","outside: tgkill(0, SIGCONT)"]}';

withProbe("print a finding as a document, which a log has and replay takes", () => {
  const { stdout } = walk("--cases", "20000", "--plant", "T4");
  const [, document = ""] = /^# walk (.*)$/m.exec(stdout) ?? [];
  assert.equal(read(stdout, "replay", "--list", "-"), { status: 0, stdout: `${document}\n` });
  for (const text of [stdout, document, `${document}\n${document}`])
    assert.is(read(text, "replay", "-").status, 0);
  const planted = read(document, "walk", "--plant", "T4", "-");
  assert.is(planted.status, 1);
  assert.match(planted.stdout, /^not ok 1 walk$/m);
});

const withCompiler = needs(walks, {
  "the probe, which wasm2c builds": existsSync(PROBE),
  gcc: spawnSync("gcc", ["--version"]).status === 0,
});

withCompiler(
  "are exported as a program in C, which takes them and finds what differs",
  async () => {
    const folder = temporaryFolder();
    const file = join(folder, "walk.log");
    const program = join(folder, "walk");
    const source = `${program}.c`;
    writeFileSync(file, walk("--cases", "20000", "--plant", "T4").stdout);
    const run = (text: string) => {
      writeFileSync(source, text);
      const flags = ["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-O2"];
      const built = spawnSync("gcc", [...flags, "-o", program, source], { encoding: "utf8" });
      assert.is(built.stderr, "");
      const { status, stdout } = spawnSync(program, { encoding: "utf8" });
      return { status, stdout };
    };
    const exported = async (...words: string[]) =>
      (await succeeded(stublab(["fuzz", "export", file, ...words]))).stdout;
    const text = await exported();
    assert.match(run(text).stdout, /^All \d actions have the expected results and states\.$/m);
    assert.is(run(text).status, 0);
    const planted = run(await exported("--plant", "T4"));
    assert.is(planted.status, 1);
    assert.match(planted.stdout, /^After action \d, .*, task \d is not as expected$/m);
    const edited = run(text.replace(/\{1, \{"./, '{1, {"Z'));
    assert.is(edited.status, 1);
    assert.match(edited.stdout, /^After action 1, .*, task 0 is not as expected$/m);
  },
);

withProbe("have a document that reads as it is written, in all calls", () => {
  const actions = [
    ...["clone(SIGCHLD)", "clone(0)", "clone(CLONE_PTRACE|CLONE_UNTRACED|SIGUSR1)", "exit(3)"],
    ...["clone(CLONE_THREAD)", "execve()", "exit_group(0)", "kill(1, SIGKILL)", "kill(group 1, 0)"],
    ...["tgkill(2, 64)", "wait4(any, WNOHANG|__WALL)", "wait4(group 0, 0)", "waitid(1, WEXITED)"],
    ...["waitid(group 0, WUNTRACED|WCONTINUED|WNOWAIT)", "prctl(PR_SET_PDEATHSIG, SIGHUP)"],
    ...["prctl(PR_SET_CHILD_SUBREAPER, 1)", "setsid()", "setpgid(1, group 0)", "sigprocmask(0)"],
    ...["sigprocmask(SIGHUP|SIGCHLD)", "sigaction(SIGTTIN, SIG_IGN)", "ptrace(PTRACE_TRACEME, 0)"],
    ...["ptrace(PTRACE_SEIZE, 1, PTRACE_O_TRACEFORK|PTRACE_O_TRACEVFORKDONE|PTRACE_O_EXITKILL)"],
    ...["ptrace(PTRACE_CONT, 5, SIGSTOP)", "ptrace(PTRACE_SETOPTIONS, 1, 0x80000000)"],
  ];
  const document = (calls: readonly string[]) =>
    `${JSON.stringify({ schema: "stublab.walk/1", actions: calls.map((it) => `task 0: ${it}`) })}\n`;
  assert.is(read(document(actions), "replay", "--list", "-").stdout, document(actions));
  assert.is(
    read(document(["clone(0x11)", "ptrace(16, 1, 0)"]), "replay", "--list", "-").stdout,
    document(["clone(SIGCHLD)", "ptrace(PTRACE_ATTACH, 1)"]),
  );
});

for (const [text, why] of [
  [
    STOPPED.replace("SIGSTOP", "SIGSTOPP"),
    /actions\[1\]: expected a call such as ".*", got "task 0: kill\(1, SIGSTOPP\)"/,
  ],
  [STOPPED.replace("task 0: k", "task 6: k"), /actions\[1\]: expected a call /],
  [STOPPED.slice(0, -2), /expected the end of the actions/],
  [`${STOPPED}x`, /expected the end after the walk/],
  [STOPPED.replace(/(?<=\[)(.*)(?=\])/, (all) => Array(30).fill(all).join()), /at most 100/],
  ['{"actions":[],"schema":"stublab.walk/1"}', /expected a walk: /],
  ['{"schema":"stublab.case/1","way":"SETREGS"}', /expected a walk, got a case/],
] as const)
  withProbe(`refuse ${text.slice(0, 90)}`, () => {
    const { status, stdout } = read(text, "walk", "-");
    assert.is(status, 2);
    assert.match(stdout.split("\n")[1] ?? "", why);
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

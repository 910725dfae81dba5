import { readThisMachine } from "../../src/labs/fuzz/predict/predict.ts";

const cli = suite("command line: limits of the machine");

const CASE = "examples/cases/restart.json";

/** One command of each kind. */
const BOOTSTRAP = ["bootstrap"];
const FUZZ = ["fuzz", "--cases", "10"];
const SANDBOX = ["lesson", "no-setsid", "--json"];
const THREAD = ["lesson", "thread-dies", "--json"];
const FOREIGN = ["compare", "--cases", "10", "examples/encoders/encoder.mjs"];
const ASSEMBLE = ["guest", "examples/guests/loop.S"];

/** How a command is run: shell code before it, its environment, and its options. */
interface Setting {
  readonly node?: readonly string[];
  readonly shell?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a command in a shell, after the shell code of the setting. */
function runIn({ node = [], shell = "", env = {} }: Setting, args: readonly string[]) {
  const [program, rest] = stublabCommand(...args);
  const words = ["sh", "-c", `${shell} exec "$@"`, "sh", program, ...node, ...rest];
  const [command = "", ...others] = words;
  return run([command, others], { env: { ...process.env, ...env } });
}

/** Expects status 3, a one-sentence message and a remedy. */
async function expectRefusal(setting: Setting, args: readonly string[], pattern: RegExp) {
  const { code, stderr } = await runIn(setting, args);
  assert.is(code, 3, `${args}: ${stderr}`);
  assert.match(stderr, pattern);
  assert.match(stderr, /^ {2}remedy: /m);
  assert.not.match(stderr, "internal error");
}

/** The row of `doctor` with that name. */
async function examine(setting: Setting, name: string) {
  const { stdout, stderr } = await runIn(setting, ["doctor", "--json"]);
  assert.not.match(stderr, "internal error");
  const { checks } = JSON.parse(stdout);
  return checks.find((check: { name: string }) => check.name === name);
}

const CROWD = "/sys/fs/cgroup/pids/stublab-limits";
let mayCrowd = true;
try {
  mkdirSync(CROWD, { recursive: true });
} catch {
  mayCrowd = false;
}
const crowdable = needs(cli, { "a cgroup of pids": mayCrowd && existsSync(`${CROWD}/pids.max`) });
cli.after(async () => {
  if (mayCrowd) await run(["rmdir", [CROWD]]);
});

crowdable("without threads for a second Node.js, refuses, obeys, and leaves nothing", async () => {
  const crowd = () => readFileSync(`${CROWD}/cgroup.procs`, "utf8").trim();
  const join = `echo $$ > ${CROWD}/cgroup.procs;`;
  writeFileSync(`${CROWD}/pids.max`, "14");
  await expectRefusal({ shell: join }, SANDBOX, /Node\.js does not start.*within 10000 ms/);
  assert.is(crowd(), "", "after the refusal");
  for (const signal of ["SIGINT", "SIGKILL"] as const) {
    const [program, rest] = stublabCommand(...SANDBOX);
    const command = new Running(["sh", ["-c", `${join} exec "$@"`, "sh", program, ...rest]]);
    await eventually(() => crowd().includes("\n"), 5000);
    process.kill(command.pid, signal);
    assert.is((await command.ended).signal, signal);
    assert.ok(await eventually(() => crowd() === "", 1000), `${signal} leaves ${crowd()}`);
  }
});

const needsCompiler = needs(cli, "cc");

needsCompiler("reports a missing folder for temporary files", async () => {
  const setting = { env: { TMPDIR: "/nonexistent" } };
  await expectRefusal(setting, ASSEMBLE, /temporary folder in \/nonexistent: ENOENT/);
  for (const args of [BOOTSTRAP, SANDBOX, [...FOREIGN, "--live"]]) {
    assert.is((await runIn(setting, args)).code, 0, args.join(" "));
  }
  assert.is((await examine(setting, "temporary folder")).status, "warning");
});

const WITHOUT_PROC = "mount --make-rprivate / && umount -l /proc && exec";
const mayUnmount =
  spawnSync("unshare", ["--mount", "sh", "-c", `${WITHOUT_PROC} true`]).status === 0;
const mounted = needs(cli, { "the right to mount": mayUnmount });

mounted("reports that /proc is missing", async () => {
  const shell = `exec unshare --mount sh -c '${WITHOUT_PROC} "$@"' sh`;
  const setting = { shell: shell.concat(' "$@";') };
  for (const args of [BOOTSTRAP, FUZZ, SANDBOX, THREAD]) {
    await expectRefusal(setting, args, /^stublab: \/proc\/\S+ cannot be read: ENOENT$/m);
  }
  assert.is((await examine(setting, "/proc")).status, "failed");
  assert.is((await runIn(setting, ["seccomp"])).code, 0);
});

mounted("reports that there are no pseudo-terminals", async () => {
  const hide =
    "mount --make-rprivate / && mount -t tmpfs none /dev && mknod -m 666 /dev/null c 1 3 && exec";
  const shell = `exec unshare --mount sh -c '${hide} "$@"' sh`;
  const setting = { shell: shell.concat(' "$@";') };
  const why = "there are no pseudo-terminals here: /dev/ptmx cannot be opened";
  await expectRefusal(setting, ["lesson", "no-setsid", "--json"], new RegExp(why));
  assert.is((await examine(setting, "recordings")).status, "warning");
  // The others have pages.
  const pages = join(temporaryFolder(), "pages");
  const { stderr } = await succeeded(runIn(setting, ["lesson", "--pages", pages]));
  assert.match(stderr, `no-setsid is left out: ${why}\n`);
  assert.is(existsSync(join(pages, "no-setsid.html")), false);
  assert.is(existsSync(join(pages, "host.html")), true);
});

/** Shell code after which a call fails, or only with an argument. */
const denied = (call: string, errno: "EPERM" | "EAGAIN", ...argument: number[]): Setting => ({
  shell: `set -- ${[DENY, callNumber(call), constants.errno[errno], ...argument].join(" ")} -- "$@";`,
});

cli("reports that a stub cannot be cloned, or not confined", async () => {
  // CLONE_FILES | SIGKILL, as a stub clones another; the host forks its own with SIGCHLD or SIGKILL first.
  const crowded = denied("clone", "EAGAIN", 0, 0x409);
  for (const args of [
    ["lesson", "grandchild", "--json"],
    ["lesson", "cascade", "--json"],
  ]) {
    await expectRefusal(crowded, args, /clone failed with EAGAIN[\s\S]*pids\.max/);
  }
  await expectRefusal(denied("seccomp", "EPERM"), FUZZ, /cannot install a filter: EPERM/);
});

cli("reports once that it can try no answer of a folder", async () => {
  const folder = temporaryFolder();
  for (const student of ["ada", "bob"]) {
    const file = join(folder, `${student}.txt`);
    await succeeded(stublab(["lesson", "task", "exit-signal", "--student", student, "-o", file]));
  }
  const setting = denied("ptrace", "EPERM");
  const args = ["lesson", "task", "check", folder];
  await expectRefusal(setting, args, /^stublab: .*ptrace.*EPERM/);
  assert.is((await runIn(setting, args)).stdout, "");
});

cli("fuzzes without unshare if there is close_range, and doctor says so", async () => {
  const setting = denied("unshare", "EPERM");
  await succeeded(runIn(setting, FUZZ));
  for (const name of ["register setups", "rt_sigreturn"]) {
    assert.is((await examine(setting, name)).status, "ok", name);
  }
});

cli("reports too little address space", async () => {
  const setting = { shell: "ulimit -v 5000000;" };
  for (const args of [BOOTSTRAP, FUZZ, SANDBOX]) {
    await expectRefusal(setting, args, /\.wasm cannot be loaded: .*Out of memory/);
  }
  assert.is((await examine(setting, "address space")).status, "warning");
});

cli("reports too many open files", async () => {
  for (const limit of [28, 36]) {
    const setting = { shell: `ulimit -n ${limit};` };
    for (const args of [FUZZ, SANDBOX, THREAD, FOREIGN]) {
      const { code, stderr } = await runIn(setting, args);
      assert.not.match(stderr, "internal error");
      if (code === 0) continue;
      assert.is(code, 3, `${limit} ${args}: ${stderr}`);
      assert.match(stderr, /EMFILE[\s\S]*remedy: raise the limit on open files/);
    }
  }
  assert.is((await examine({ shell: "ulimit -n 40;" }, "open files")).status, "warning");
});

cli("reports that Node.js loads no addons", async () => {
  const setting = { node: ["--no-addons"] };
  for (const args of [BOOTSTRAP, FUZZ, SANDBOX, THREAD, FOREIGN]) {
    await expectRefusal(setting, args, /cannot be loaded: .*addon.*disabled/);
  }
  assert.is((await examine(setting, "koffi and shim")).status, "failed");
  assert.is((await runIn(setting, ["seccomp"])).code, 0);
});

const permission = [...process.allowedNodeEnvironmentFlags].find((flag) =>
  /^--(experimental-)?permission$/.test(flag),
);

const limited = needs(cli, { "permissions of Node.js": permission !== undefined });

limited("reports what Node.js does not permit", async () => {
  const some = { node: [permission ?? "", "--allow-fs-read=*", "--allow-addons"] };
  for (const args of [FUZZ, SANDBOX, THREAD, FOREIGN, ASSEMBLE]) {
    await expectRefusal(
      some,
      args,
      /: Access to this API has been restricted[\s\S]*--allow-worker/,
    );
  }
  assert.is((await examine(some, "threads")).status, "failed");
  assert.is((await examine(some, "child processes")).status, "failed");
  await expectRefusal(
    { node: [permission ?? "", "--allow-fs-read=*"] },
    BOOTSTRAP,
    /cannot be loaded[\s\S]*--allow-addons/,
  );
  const more = ["--allow-worker", "--allow-child-process", "--allow-fs-write=*"];
  const all = { node: [...some.node, ...more] };
  for (const args of [BOOTSTRAP, FUZZ, SANDBOX, THREAD]) {
    await succeeded(runIn(all, args));
  }
});

cli("doctor checks everything, and this machine passes", async () => {
  const { stdout } = await succeeded(runIn({}, ["doctor", "--json"]));
  const { schema, checks } = JSON.parse(stdout);
  assert.is(schema, "stublab.doctor/1");
  const names = checks.map(({ name }: { name: string }) => name).join("\n");
  for (const name of [
    ...["fork and attach", "inject", "seccomp", "yama", "koffi and shim"],
    ...["exit signal", "guests", "recordings", "register setups", "rt_sigreturn", "/proc"],
    ...["temporary folder", "address space", "open files", "file size", "threads"],
    ...["child processes", "features"],
  ])
    assert.match(names, name);
  const features = checks.find(({ name }: { name: string }) => name === "features");
  assert.equal(features.detail.split(", "), readThisMachine().features);
  /** What this machine may lack. */
  const lacking = ["process 1", "C compiler", ...(HOST_ARCH === "amd64" ? [] : ["rt_sigreturn"])];
  const warned = checks.filter(({ status }: { status: string }) => status !== "ok");
  none(warned, ({ name }: { name: string }) => !lacking.includes(name));
});

for (const [args, stream, message] of [
  [["doctor"], "stdout", /^FAILED +fork and attach .*EPERM\n.*\(strace\) traces it already/m],
  [
    ["lesson", "host", "--json"],
    "stderr",
    /cannot be traced by its parent: .*\n {2}remedy: another process/,
  ],
  [["lesson", "host"], "stderr", /cannot be traced by its parent/],
] as const) {
  needs(cli, "strace")(`${args.join(" ")} names another tracer`, async () => {
    const [node, rest] = stublabCommand(...args);
    const ending = await run(["strace", ["-f", "-o", "/dev/null", node, ...rest]]);
    assert.is(ending.code, 3);
    assert.match(ending[stream], message);
  });
}

cli("predicts even if nothing can be traced", async () => {
  const number = openEncoder("assembly").constants.get("SYS_ptrace");
  const [program, args] = stublabCommand("predict", CASE, "--json");
  const denied = [`${number}`, `${constants.errno.EPERM}`, "--", program, ...args];
  const { stdout, stderr } = await succeeded(run([DENY, denied]));
  assert.is(JSON.parse(stdout).schema, "stublab.prediction/1");
  // The probe reads the machine without a tracer.
  assert.not.match(stderr, "assuming");
});

cli("a walk and pages need neither the libraries nor koffi", async () => {
  const bare = temporaryFolder();
  const filter = (path: string) => !/\.so$|types/.test(path);
  cpSync("dist", join(bare, "dist"), { recursive: true, filter });
  cpSync("package.json", join(bare, "package.json"));
  const recording = join(bare, "host.json");
  assert.is((await runIn({}, ["lesson", "host", "--record", recording])).code, 0);
  const own = (...args: string[]) => run([process.execPath, [join(bare, "dist/cli.js"), ...args]]);
  for (const form of ["--text", "--json"])
    assert.is((await own("lesson", recording, form)).code, 0, form);
  await succeeded(own("lesson", "--pages", join(bare, "pages"), recording));
});

const onTerminal = needs(cli, "script");

onTerminal("a line says which page of how many is made", async () => {
  const pages = stublabCommand("lesson", "--pages", temporaryFolder()).flat().join(" ");
  const env = { ...process.env, TERM: "xterm" };
  const { stdout } = await run(["script", ["-qec", pages, "/dev/null"]], { env });
  assert.match(stdout, /\r\[[#-]+\] +\d+ % +page \d+ of 16: [a-z-]+/);
});

onTerminal("a terminal has colours unless NO_COLOR is set", async () => {
  const doctor = stublabCommand("doctor").flat().join(" ");
  for (const noColor of [undefined, "1"]) {
    const env = { ...process.env, TERM: "xterm", NO_COLOR: noColor };
    const { stdout } = await run(["script", ["-qec", doctor, "/dev/null"]], { env });
    assert.is(stdout.includes("\x1b[32m"), noColor === undefined);
  }
});

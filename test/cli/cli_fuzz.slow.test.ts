import { fuzz } from "../../src/labs/fuzz/index.ts";
import { stublab as inProcess } from "../support/in_process.ts";

const command = suite("stublab fuzz");

const folder = temporaryFolder();
let folders = 0;
const newFolder = () => join(folder, String(folders++));

const stublab = (...args: string[]) => inProcess(["fuzz", ...args]);
const mount = (at: string, options: string) => ["-t", "tmpfs", "-o", options, "tmpfs", at];
const canMount = process.getuid?.() === 0 && hasTool("mount") && tryMount();
const onMount = needs(command, { "the right to mount": canMount });

function tryMount(): boolean {
  const at = newFolder();
  mkdirSync(at);
  if (spawnSync("mount", mount(at, "size=4k")).status !== 0) return false;
  return spawnSync("umount", [at]).status === 0;
}

/** All files of a folder by relative path. */
function filesIn(corpus: string): Map<string, string> {
  const names = readdirSync(corpus, { recursive: true, encoding: "utf8" }).sort();
  const files = names.filter((name) => statSync(join(corpus, name)).isFile());
  return new Map(files.map((name) => [name, readFileSync(join(corpus, name), "utf8")]));
}

command("library and command write the same, and continue each other's run", async () => {
  const [own, other] = [newFolder(), newFolder()];
  const change = { id: "R12", remove: true } as const;
  const plant = ["--plant", "R12"];
  const { findings } = await fuzz({ cases: 6000, change, corpus: own });
  const made = await stublab(...plant, "--cases", "6000", "--corpus", other, "--json");
  assert.is(made.code, 1);
  const [first, ...others] = JSON.parse(made.stdout).findings;
  assert.is(others.length, findings.length - 1);
  assert.match(first.signature, /^[0-9a-f]{14}$/);
  assert.is(first.folder, join(other, "findings", first.signature));
  assert.ok(Object.keys(first.case.registers ?? {}).length <= 3);
  assert.equal(filesIn(own), filesIn(other));
  const again = await stublab(...plant, "--cases", "6000", "--corpus", other);
  assert.is(again.code, 1);
  assert.match(again.stdout, /^run {10}seed 1, planted: R12$/m);
  assert.match(again.stdout, `  ${first.signature}  ${first.subject}\n`);
  for (const { folder: finding } of findings) {
    const { code, stdout } = await stublab("replay", ...plant, finding ?? "");
    assert.equal([code, /differs? from the prediction/.test(stdout)], [1, true]);
  }
  const on = await stublab(...plant, "--cases", "9000", "--corpus", own, "--json");
  const { state } = await fuzz({ cases: 9000, change, corpus: other });
  const report = JSON.parse(on.stdout);
  assert.equal([report.cases, report.signatures], [9000, state.kinds]);
  assert.equal([...filesIn(own).keys()], [...filesIn(other).keys()]);
  assert.is((await stublab("merge", own, "-o", newFolder())).code, 0);
});

onMount("a full disk loses nothing: the run continues where there is room", async () => {
  const corpus = newFolder();
  const options = ["--cases", "100000", "--json"];
  mkdirSync(corpus);
  assert.is((await run(["mount", mount(corpus, "size=64k")])).code, 0);
  try {
    const full = await stublab(...options, "--corpus", corpus);
    assert.is(full.code, 1);
    assert.match(full.stderr, /^stublab: (corpus|finding) .* cannot be written: ENOSPC/m);
    assert.match(full.stderr, "the same command continues");
    assert.is((await run(["mount", mount(corpus, "remount,size=64m")])).code, 0);
    const { stdout } = await stublab(...options, "--corpus", corpus);
    const whole = await stublab(...options);
    assert.is(JSON.parse(stdout).digest, JSON.parse(whole.stdout).digest);
  } finally {
    await run(["umount", [corpus]]);
  }
});

onMount("a merge onto a full disk leaves nothing, and works when there is room", async () => {
  const [corpus, disk] = [newFolder(), newFolder()];
  mkdirSync(disk);
  await stublab("--cases", "20000", "--corpus", corpus);
  assert.is((await run(["mount", mount(disk, "size=16k")])).code, 0);
  try {
    const to = join(disk, "merged");
    const full = await stublab("merge", corpus, "-o", to);
    assert.is(full.code, 1);
    assert.match(full.stderr, `${to} cannot be written: ENOSPC`);
    assert.equal(readdirSync(disk), []);
    assert.is((await run(["mount", mount(disk, "remount,size=64m")])).code, 0);
    assert.is((await stublab("merge", corpus, "-o", to)).code, 0);
  } finally {
    await run(["umount", [disk]]);
  }
});

command("Ctrl-C ends a run after its rounds, with a report; a second one at once", async () => {
  const once = new Running(stublabCommand("fuzz", "--cases", "100000000", "--json"));
  assert.ok(await eventually(() => childrenOf(once.pid).length > 0, 20_000));
  process.kill(once.pid, "SIGINT");
  const { code, stdout, stderr } = await once.ended;
  assert.ok(code === 0 || code === 1, String(code));
  assert.match(stderr, "ending after the rounds under way; press Ctrl-C again to end at once");
  const report = JSON.parse(stdout);
  assert.equal([report.interrupted, report.cases % 16384], [true, 0]);
  const twice = new Running(stublabCommand("fuzz", "--cases", "100000000", "--workers", "2"));
  assert.ok(await eventually(() => childrenOf(twice.pid).length > 0, 20_000));
  const probes = childrenOf(twice.pid);
  process.kill(twice.pid, "SIGINT");
  assert.ok(await eventually(() => twice.stderr.includes("ending"), 5000));
  process.kill(twice.pid, "SIGINT");
  const end = await twice.ended;
  // Or its rounds had ended, and it was about to report.
  const isOver = end.code === 0 || end.code === 1 || end.signal === "SIGINT";
  assert.ok(end.code === 130 || isOver, String(end.code));
  assert.ok(await eventually(() => !probes.some(isAlive), 2000));
});

command("a second signal ends it while it examines findings; the next run finds them", async () => {
  const corpus = newFolder();
  const args = ["--cases", "20000", "--plant", "R10", "--corpus", corpus];
  const first = new Running(stublabCommand("fuzz", ...args));
  const found = () =>
    existsSync(join(corpus, "findings")) ? readdirSync(join(corpus, "findings")) : [];
  assert.ok(await eventually(() => found().length > 0, 30_000));
  process.kill(first.pid, "SIGTERM");
  assert.ok(await eventually(() => first.stderr.includes("ending"), 20_000));
  process.kill(first.pid, "SIGTERM");
  const { code } = await first.ended;
  assert.ok(code === 130 || code === 1, String(code));
  const { stdout } = await stublab(...args);
  const told = [...stdout.matchAll(/^ {2}([0-9a-f]{14}) /gm)].map(
    ([, signature = ""]) => signature,
  );
  assert.ok(told.length > 0);
  assert.equal(found().sort(), told.sort());
});

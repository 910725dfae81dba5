import { chooseProcessors } from "../../../src/labs/bench/machine.ts";
import { MECHANISMS } from "../../../src/labs/bench/mechanisms.ts";
import { openSide, Refusal, type Side } from "../../../src/labs/bench/side.ts";

const command = suite("stublab bench, as a command");
const folder = mkdtempSync(join(tmpdir(), "stublab-test-"));
command.after(() => rmSync(folder, { recursive: true, force: true }));

const bench = (...args: string[]) => stublabCommand("bench", ...args);

command("measures mechanisms beside plain C, and writes a document and a page", async () => {
  const html = join(folder, "bench.html");
  const names = ["call-faithful", "pool", "switch-faithful"];
  const { stdout } = await succeeded(
    run(bench(...names, "--rounds", "2", "--json", "--html", html)),
  );
  const { schema, noisy, noise, machine, results, rounds } = JSON.parse(stdout);
  assert.equal([schema, rounds], ["stublab.bench/1", 2]);
  assert.is(noisy, noise.length > 0);
  assert.match(machine.kernel, /^\d+\.\d+/);
  const measured = results.map(({ name }: { name: string }) => name);
  const expected = ["call-c", ...names.slice(0, 1), "pool-c", "pool-faithful"];
  assert.equal(measured, [...expected, "switch-c", "switch-faithful", "getpid"]);
  for (const { name, status, microseconds, batches, ratio } of results) {
    assert.equal([status, batches], ["measured", 2], name);
    assert.ok(microseconds.lower > 0 && microseconds.lower <= microseconds.upper, name);
    assert.is(ratio !== null, name.endsWith("faithful") || name === "getpid", name);
  }
  assert.match(readFileSync(html, "utf8"), /id="switch-figures"/);
});

command("refuses a real-time priority, as sides that spin would starve the machine", async () => {
  const [node, args] = bench("getpid", "--rounds", "1");
  const { code, stderr } = await run(["chrt", ["-f", "1", node, ...args]]);
  // Without the privilege, chrt refuses.
  if (/Operation not permitted/.test(stderr)) return;
  assert.is(code, 3, stderr);
  assert.match(stderr, /real-time priority(.|\n)*without chrt/);
});

/** Clock ticks that a process has run. */
function ticks(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const [user, system] = stat
      .slice(stat.lastIndexOf(")") + 2)
      .split(" ")
      .slice(11, 13);
    return Number(user) + Number(system);
  } catch {
    return 0;
  }
}

/** Waits until sides have run for some rounds; returns all processes of the run. */
async function whileMeasuring(running: Running): Promise<number[]> {
  const busy = () => childrenOf(running.pid).some((pid) => ticks(pid) >= 30);
  assert.ok(await eventually(busy, 60_000));
  return familyOf(running.pid);
}

const ENDLESS = bench("getpid", "notify", "--rounds", "100000");

command("Ctrl-C ends it, and what was measured is reported", async () => {
  const running = new Running(ENDLESS);
  const family = await whileMeasuring(running);
  process.kill(running.pid, "SIGINT");
  const { signal, stdout, stderr } = await running.ended;
  assert.is(signal, "SIGINT", stderr);
  assert.match(stdout, /\n[1-9]\d* rounds in \d+ s, interrupted, bound to /);
  assert.match(stdout, /\ngetpid +0\.\d+/);
  assert.ok(await eventually(() => !family.some(isAlive), 5000));
});

command("leaves no process behind when it is killed", async () => {
  const running = new Running(ENDLESS);
  const family = await whileMeasuring(running);
  process.kill(running.pid, "SIGKILL");
  await running.ended;
  assert.ok(await eventually(() => !family.some(isAlive), 10_000));
});

command("a side that cannot start gives the reason of the library or the kernel", async () => {
  const processors = chooseProcessors();
  const [mechanism] = MECHANISMS.filter(({ name }) => name === "call-faithful");
  const lane = { work: "call", options: {} } as const;
  assert.ok(mechanism);
  const open = (given: Parameters<typeof openSide>[0], others = processors): Promise<Side> =>
    Promise.resolve().then(() => openSide(given, others));
  const unknown = await rejection(open({ name: "no such", group: "call", title: "" }));
  assert.ok(unknown instanceof Refusal);
  assert.is(unknown.message, "unknown mechanism");
  const foreign = await rejection(open({ ...mechanism, name: "no such", lane }));
  assert.is(foreign instanceof Refusal && foreign.message, 'stublab has no mechanism "no such"');
  const apart = { name: "spin", group: "floor", title: "", apart: true } as const;
  const alone = await rejection(open(apart, { ...processors, other: undefined }));
  assert.is(alone instanceof Refusal && alone.message, "it needs a second processor");
});

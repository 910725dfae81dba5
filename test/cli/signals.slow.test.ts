import { waitsInOpen } from "../support/processes.ts";

const cli = suite("signals to commands");

const folder = temporaryFolder();
const recording = join(folder, "inject.json");
writeFileSync(recording, JSON.stringify(await recordingOf("inject")));
const fifo = join(folder, "fifo.bin");

/** A call that only a signal ends. */
const WAIT = ["ppoll", "0", "0", "0", "0"];

/** A family kept alive by --hold, and the pids of its stubs. */
async function holdFamily(...args: string[]): Promise<{ host: Running; pids: number[] }> {
  const host = new Running(stublabCommand("bootstrap", "--hold", "--json", ...args));
  await host.says(/^}$/m);
  return { host, pids: JSON.parse(host.stdout).stubs.map(({ pid }: { pid: number }) => pid) };
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGKILL"] as const) {
  cli(`bootstrap --hold ends at ${signal}, and its stubs within 1 s`, async () => {
    const { host, pids } = await holdFamily();
    assert.ok(pids.every(isAlive));
    process.kill(host.pid, signal);
    assert.is((await host.ended).signal, signal);
    assert.ok(await eventually(() => !pids.some(isAlive), 1000));
  });
}

cli("bootstrap --hold dies within 1 s of a grandchild's death, with all its stubs", async () => {
  const { host, pids } = await holdFamily();
  const killed = pids[2] ?? 0;
  process.kill(killed, "SIGKILL");
  assert.ok(await eventually(() => !pids.some(isAlive) && !isAlive(host.pid), 1000));
  const { signal, stderr } = await host.ended;
  assert.is(signal, "SIGKILL");
  assert.match(stderr, `stub ${killed} died: killed by SIGKILL`);
});

cli("bootstrap --hold --exit-signal SIGCHLD reports a death, keeps the other stubs", async () => {
  const { host, pids } = await holdFamily("--exit-signal", "SIGCHLD");
  const [master = 0, first = 0, ...others] = pids;
  process.kill(first, "SIGKILL");
  assert.ok(await eventually(() => host.stderr.includes(`stub ${first} died`), 1000));
  assert.ok(
    await eventually(() => processState(first) === undefined, 1000),
    "reaped by the master",
  );
  assert.ok([master, ...others].every(isAlive));
  process.kill(master, "SIGKILL");
  const { code, stderr } = await host.ended;
  assert.is(code, 1);
  for (const pid of pids) assert.match(stderr, `stub ${pid} died`);
});

cli("inject ends at Ctrl-C while the call blocks, and leaves no stub", async () => {
  const host = new Running(stublabCommand("inject", ...WAIT));
  const stubOf = () => {
    const path = `/proc/${host.pid}/task/${host.pid}/children`;
    return Number(readFileSync(path, "utf8").trim().split(" ")[0]);
  };
  const paused = () => {
    try {
      return readFileSync(`/proc/${stubOf()}/syscall`, "utf8").startsWith(
        `${callNumber("ppoll")} `,
      );
    } catch {
      return false;
    }
  };
  assert.ok(await eventually(paused, 4000));
  const stub = stubOf();
  process.kill(host.pid, "SIGINT");
  assert.is((await host.ended).signal, "SIGINT");
  assert.ok(await eventually(() => !isAlive(stub), 1000));
});

for (const args of [
  ["predict"],
  ["fuzz", "replay"],
  ["lesson"],
  ["lesson", "--pages", folder],
  ["guest"],
  ["lesson", recording, "-o"],
  ["lesson", "host", "--record"],
  ["compare", "script", "--cases", "100", "--html"],
  ["conformance", "--only", "selectors", "--ktap"],
]) {
  const name = args.filter((word) => !word.startsWith("/")).join(" ");
  cli(`${name} of a FIFO without another end waits until a signal ends it`, async () => {
    await run(["mkfifo", [fifo]]);
    const waiting = new Running(stublabCommand(...args, fifo));
    assert.ok(await eventually(() => waitsInOpen(waiting.pid), 20_000));
    process.kill(waiting.pid, "SIGTERM");
    assert.is((await waiting.ended).signal, "SIGTERM");
  });
}

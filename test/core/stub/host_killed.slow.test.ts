const killed = suite("host killed");

/** At moments that differ. */
const KILLS = 30;
/** At a point where the host waits to be killed. */
const KILLS_AT_POINT = process.env.SOAK ? KILLS : 8;
const AT_ONCE = 4;
const SEED = 20n;

/** How many stubs are known at each point. */
const POINTS = {
  forked: 1,
  racing: 1,
  "self-stopped": 1,
  attached: 1,
  master: 1,
  cloned: 2,
  grandchild: 2,
  scrubbed: 4,
};

// Orphans of the hosts become children of this process.
adoptOrphans();

/** The living children of this process. */
function children(): number[] {
  return childrenOf(process.pid).filter(isAlive);
}

/** Runs `one` that many times, some in parallel, and checks after each batch that no child is left. */
async function inLots(count: number, one: () => Promise<void>): Promise<void> {
  for (let done = 0; done < count; done += AT_ONCE) {
    const lot = Array.from({ length: Math.min(AT_ONCE, count - done) }, one);
    const failure = (await Promise.allSettled(lot)).find(({ status }) => status === "rejected");
    await eventually(() => children().length === 0, 1000);
    const strays = children();
    for (const pid of strays) process.kill(pid, "SIGKILL");
    if (failure?.status === "rejected") throw failure.reason;
    assert.equal(strays, []);
  }
}

function stubsOf({ stdout }: Running): number[] {
  return [...stdout.matchAll(/^pid (\d+)$/gm)].map(([, pid]) => Number(pid));
}

for (const [point, count] of Object.entries(POINTS)) {
  const kills = point === "racing" ? KILLS : KILLS_AT_POINT;
  killed(`no stub survives a host that is killed at: ${point} (${kills} times)`, async () => {
    await inLots(kills, async () => {
      const host = new Running(hostCommand("killable", point));
      if (point !== "racing") {
        assert.ok(await host.says(new RegExp(`^at ${point}$`, "m")), host.stderr);
        assert.ok(stubsOf(host).every(isAlive));
        process.kill(host.pid, "SIGKILL");
      }
      assert.is((await host.ended).signal, "SIGKILL");
      const stubs = stubsOf(host);
      assert.is(stubs.length, count);
      assert.ok(
        await eventually(() => !stubs.some(isAlive), 1000),
        `alive: ${stubs.filter(isAlive)}`,
      );
    });
  });
}

killed(`no stub survives a host killed at any moment, with SIGKILL (${KILLS} times)`, async () => {
  const duration = await bootstrapTime();
  const random = randomWords(SEED);
  const reached = new Set<number>();
  await inLots(KILLS, async () => {
    const host = new Running(hostCommand("killable", "scrubbed", "SIGKILL"));
    assert.ok(await host.says(/^begin$/m), host.stderr);
    // Several hosts at once take longer than one.
    const end = performance.now() + (Number(random()) / 2 ** 64) * 3 * duration;
    while (performance.now() < end);
    process.kill(host.pid, "SIGKILL");
    assert.is((await host.ended).signal, "SIGKILL");
    reached.add(stubsOf(host).length);
  });
  assert.ok(reached.size > 1, `the kills came at different moments: ${[...reached]}`);
});

/** How long a bootstrap takes here, from "begin" to its last point, in milliseconds. */
async function bootstrapTime(): Promise<number> {
  const host = new Running(hostCommand("killable", "scrubbed", "SIGKILL"));
  await host.says(/^begin$/m);
  const begun = performance.now();
  await host.says(/^at scrubbed$/m);
  const duration = performance.now() - begun;
  process.kill(host.pid, "SIGKILL");
  await host.ended;
  return duration;
}

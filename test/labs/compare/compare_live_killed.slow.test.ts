// Judges make children of stubs, and stubs that die: nothing of it outlives the host.

const KILLS = 6;
const SEED = 32n;
/** What makes most processes. */
const FUNCTIONS = ["encodeClone", "cloneFlags", "encodeClone3", "encodeSeccomp", "waitKind"];

const killed = suite("judging hosts");

// Orphans of the hosts become children of this process.
adoptOrphans();

killed("a host that is killed while its judges are at work leaves no process", async () => {
  const random = randomWords(SEED);
  for (let i = 0; i < KILLS; i++) {
    const host = new Running(hostCommand("judging", ...FUNCTIONS));
    assert.ok(await host.says(/open/));
    // At any moment, by chance.
    await new Promise((resolve) => setTimeout(resolve, Number(random() % 700n)));
    process.kill(host.pid, "SIGKILL");
    assert.is((await host.ended).signal, "SIGKILL", host.stderr);
    const gone = await eventually(() => !childrenOf(process.pid).some(isAlive), 2000);
    assert.ok(gone, `left ${childrenOf(process.pid).filter(isAlive).join(", ")}`);
  }
});

killed("judges open and close, and the host ends", async () => {
  const ending = await run(hostCommand("judging"));
  assert.equal(ending, { code: 0, signal: null, stdout: "open\n", stderr: "" });
});

const traced = needs(killed, "strace");

traced("where the stubs are traced already, the error is the tracer's", async () => {
  const [node, args] = hostCommand("judging");
  const ending = await run(["strace", ["-f", "-o", "/dev/null", node, ...args]]);
  assert.equal(ending, { code: 0, signal: null, stdout: "ERR_STUBLAB_ATTACH\n", stderr: "" });
});

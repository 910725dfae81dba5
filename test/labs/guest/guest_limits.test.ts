const limits = suite("guest: limits");

let platform: Platform;
limits.before(() => {
  platform = Platform.open({ deadline: 60_000 });
});
limits.after(() => platform.close());

const run = (code: Uint8Array, options: GuestOptions) => runGuest(platform, { code }, options);

limits("a guest that spins ends at the limit of its processor time", () => {
  const { result, used, switches } = run(program(asm.SPIN), { time: 30 });
  assert.equal(result, { kind: "interrupted", reason: "time" });
  assert.ok(used.time >= 30 && used.deadline >= used.time * 0.9, JSON.stringify(used));
  // A processor that others use, too, takes a few more readings: the rest is halved each time.
  assert.ok(switches < 100, `${switches}`);
});

limits("a guest that makes calls ends at the limit of its processor time", () => {
  const { result, used, calls } = run(LOOPS_GETPID, { time: 10 });
  assert.equal(result, { kind: "interrupted", reason: "time" });
  assert.ok(used.time >= 10, JSON.stringify(used));
  assert.is(used.calls, calls.getpid);
});

limits("the earlier limit ends a guest", () => {
  const { result, used } = run(program(asm.SPIN), { time: 5000, deadline: 20 });
  assert.equal(result, { kind: "interrupted", reason: "deadline" });
  assert.ok(used.deadline >= 19.9 && used.time < 5000, JSON.stringify(used));
});

for (const most of [0, 1, 5]) {
  limits(`a guest makes at most ${most} calls`, () => {
    const traced: string[] = [];
    const { result, used } = run(LOOPS_GETPID, {
      calls: most,
      trace: ({ text }) => traced.push(text),
    });
    assert.equal(result, { kind: "interrupted", reason: "calls" });
    assert.equal([used.calls, traced.length], [most, most]);
  });
}

limits("a guest that stays within its limits ends by itself", () => {
  const { result, used } = run(EXIT_7, { calls: 1, time: 1000, deadline: 5000 });
  assert.is(result.kind, "exited");
  assert.ok(used.time < 1000 && used.deadline < 5000 && used.calls === 1, JSON.stringify(used));
});

limits("each run begins with its limits, though its process is used again", () => {
  for (let i = 0; i < 5; i++) {
    const { used } = run(program(asm.SPIN), { time: 5 });
    assert.ok(used.time >= 5 && used.time < 500, JSON.stringify(used));
  }
});

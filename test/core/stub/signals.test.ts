import { alarm, type SignalSets } from "../../support/libc.ts";

const signals = suite("signals");

/** What test/hosts/signals.ts prints. */
interface Report {
  before: SignalSets;
  stubs: SignalSets[];
  after: SignalSets;
  pause: { missed: boolean; error: string; milliseconds: number; answers: boolean };
  birth: { step: string; error: string };
  last: SignalSets;
}

const NONE = "0".repeat(16);

/** SIGKILL and SIGSTOP, and signals 32 and 33, which glibc reserves. */
const KILL_AND_STOP = 0x40100n;
const INTERNAL = 0x180000000n;

/**
 * A wait with a deadline uses the highest real-time signal without a handler that is not blocked: the host may
 * take a blocked one by signalfd or sigwait.
 */
const taken = (mode: string) => (mode === "blocked" ? 0n : 1n << 63n);

const reports = new Map<string, Promise<Report>>();

/** What the host of a mode reports; it runs once. */
function report(mode: string): Promise<Report> {
  const known = reports.get(mode) ?? runHost(mode);
  reports.set(mode, known);
  return known;
}

async function runHost(mode: string): Promise<Report> {
  const { stdout } = await succeeded(run(hostCommand("signals", mode)));
  return JSON.parse(stdout);
}

const MODES: Record<string, (host: SignalSets) => void> = {
  none: ({ blocked }) => assert.is(blocked, NONE),
  blocked: ({ blocked }) => assert.is(word(blocked), ~KILL_AND_STOP & (2n ** 64n - 1n)),
  ignored: ({ ignored }) => assert.ok(isAll(ignored)),
  caught: ({ caught }) => assert.ok(isAll(caught)),
};

for (const [mode, isSo] of Object.entries(MODES)) {
  signals(`no signal is blocked, ignored or caught in a stub (host: ${mode})`, async () => {
    const { before, stubs } = await report(mode);
    isSo(before);
    const empty = { blocked: NONE, ignored: NONE, caught: NONE };
    assert.equal(stubs, [empty, empty]);
  });

  signals(`a birth leaves the host's signals as they were (host: ${mode})`, async () => {
    const { before, after, last } = await report(mode);
    for (const { blocked, ignored, caught } of [after, last]) {
      assert.is(blocked, before.blocked);
      assert.is(ignored, before.ignored);
      assert.is(word(caught) & ~taken(mode), word(before.caught) & ~taken(mode));
    }
  });

  signals(`a deadline ends a wait, and the stub can be used again (host: ${mode})`, async () => {
    const { pause } = await report(mode);
    assert.ok(pause.missed, pause.error);
    assert.ok(pause.milliseconds > -1, `${-pause.milliseconds} ms early`);
    assert.ok(pause.answers);
  });

  signals(`a birth that fails is a BirthError (host: ${mode})`, async () => {
    const { birth } = await report(mode);
    assert.is(birth.step, "stub", birth.error);
  });
}

signals("a signal of the host does not make a live stub look dead", () => {
  using tracer = new Tracer();
  const { shim } = tracer.host;
  const pidfd = shim.pidfd(tracer.createStub().pid);
  const results = new Set<number>();
  alarm(50);
  try {
    for (let i = 0; i < 200_000; i++) results.add(shim.hasEnded(pidfd));
  } finally {
    alarm(0);
    shim.close(pidfd);
  }
  assert.equal([...results], [0]);
});

function word(set: string): bigint {
  return BigInt(`0x${set}`);
}

/** Whether all signals are present that a program can use. */
function isAll(set: string): boolean {
  return (word(set) | KILL_AND_STOP | INTERNAL) === 2n ** 64n - 1n;
}

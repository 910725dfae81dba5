import { Worker } from "node:worker_threads";
import { caseOf } from "../../../src/labs/fuzz/case/case.ts";
import { HALF, readFields } from "../../../src/labs/fuzz/case/fields.ts";
import { TraceError } from "../../../src/lib/errors.ts";
import type { Stubs } from "../../support/stubs.ts";

const lost = suite("fuzz: stubs that somebody else ends");

const SIZE = 512;
const BATCHES = 20;

type Try = (experiment: Experiment, from: number) => void;

/** Tries drawn cases. */
const drawn: Try = (experiment, from) => {
  const { machine } = experiment;
  experiment.draw(new Generator(5n, { ...machine, path: "both" }), from);
};

/** The outcomes of cases, in stubs that `disturb` may end before each batch. */
function outcomes(disturb: (stubs: Stubs) => void, tryBatch = drawn) {
  const engine = new Engine({ deadline: 2000 });
  using experiment = new Experiment({ capacity: SIZE }, engine);
  tryBatch(experiment, 0);
  const kinds: string[] = [];
  for (let from = 0; from < SIZE * BATCHES; from += SIZE) {
    disturb(stubsOf(engine));
    tryBatch(experiment, from);
    for (let i = 0; i < SIZE; i++) {
      const seen = readFields(experiment.batch.at(i), experiment.batch, i);
      const ends = HALF.map((field) => seen.get(field));
      kinds.push([experiment.obstacle(i), experiment.kind(i), ...ends].join(" "));
    }
  }
  return kinds;
}

const undisturbed = outcomes(() => {});

const VICTIMS: Readonly<Record<string, (stubs: Stubs) => number>> = {
  "the stub that is traced": ({ traced }) => traced,
  "the stub that returns from signals": ({ returning }) => returning,
  "the stub that tries nothing": ({ idle }) => idle,
  "the parent of all": ({ parent }) => parent,
};

for (const [name, victimOf] of Object.entries(VICTIMS)) {
  lost(`without ${name} all comes to the same`, () => {
    const seen = outcomes((stubs) => {
      const victim = victimOf(stubs);
      if (victim > 1) process.kill(victim, "SIGKILL");
    });
    assert.equal(seen, undisturbed);
  });
}

for (const [signal, message] of [
  ["SIGKILL", /^the probe has ended by itself: killed by SIGKILL$/],
  ["SIGSTOP", /^the probe does not answer$/],
] as const) {
  lost(`a probe that gets ${signal} is an error, and nothing is left`, async () => {
    const engine = new Engine();
    using experiment = new Experiment({}, engine);
    experiment.try([SIMPLE]);
    const stubs = Object.values(stubsOf(engine)).filter((pid) => pid > 0);
    assert.is(stubs.length, 2);
    process.kill(engine.pid, signal);
    assert.match(thrown(TraceError, () => experiment.try([SIMPLE])).message, message);
    assert.match(thrown(StateError, () => experiment.try([SIMPLE])).message, "closed");
    assert.ok(await eventually(() => ![engine.pid, ...stubs].some(isAlive), 5000));
  });
}

/** What a thread of this process sends to the stubs while cases are tried in them, about every millisecond. */
async function disturbed(signals: readonly string[], tryBatch = drawn) {
  // Two pids, whether it is over, and how many signals were sent.
  const shared = new Int32Array(new SharedArrayBuffer(16));
  const sender = new Worker(
    `const { workerData: { shared, signals } } = require("node:worker_threads");
     const libc = require("koffi").load(null);
     const SYS_TGKILL = 234;
     const syscall = libc.func("long syscall(long, long, long, long)");
     const ways = [
       libc.func("int kill(int, int)"),
       (pid, signal) => syscall(SYS_TGKILL, pid, pid, signal),
       ((queue) => (pid, signal) => queue(pid, signal, 7n))(libc.func("int sigqueue(int, int, void *)")),
     ];
     for (let n = 0; Atomics.wait(shared, 2, 0, 1) === "timed-out"; n++) {
       const pid = Atomics.load(shared, n % 2);
       const signal = signals[(n >> 1) % signals.length];
       if (pid > 1 && ways[n % ways.length](pid, signal) === 0) Atomics.add(shared, 3, 1);
     }`,
    {
      eval: true,
      workerData: { shared, signals: signals.map((name) => constants.signals[name as Signal]) },
    },
  );
  let losses = 0;
  const seen = outcomes(({ traced, returning }) => {
    if (Atomics.load(shared, 0) !== 0 && Atomics.load(shared, 0) !== traced) losses++;
    Atomics.store(shared, 0, traced);
    Atomics.store(shared, 1, returning);
  }, tryBatch);
  Atomics.store(shared, 2, 1);
  Atomics.notify(shared, 2);
  await new Promise((resolve) => sender.once("exit", resolve));
  return { seen, losses, sent: Atomics.load(shared, 3) };
}

type Signal = keyof typeof constants.signals;

lost("nor does it matter when they are ended", async () => {
  const { seen, losses } = await disturbed(["SIGKILL"]);
  assert.equal(seen, undisturbed);
  assert.ok(losses > 5, `${losses} stubs were lost`);
  assert.equal(childrenOf(process.pid), []);
});

const RAISED = ["SIGTRAP", "SIGSEGV", "SIGBUS", "SIGILL", "SIGFPE", "SIGSYS"];
const DISTURBANCES: Readonly<Record<string, readonly string[]>> = {
  "stopped and continued": ["SIGSTOP", "SIGCONT"],
  "sent what instructions raise": RAISED,
  "sent what ends or stops others": ["SIGTERM", "SIGTSTP", "SIGUSR1", "SIGCONT", "SIGCHLD"],
};

for (const [name, signals] of Object.entries(DISTURBANCES)) {
  lost(`stubs that are ${name} come to the same`, async () => {
    const { seen, sent } = await disturbed(signals);
    const other = seen.flatMap((each, i) => (each === undisturbed[i] ? [] : [i]));
    assert.equal(other, []);
    assert.ok(sent > 100, `${sent} signals were sent`);
  });
}

const masked = (signal: number, mask: bigint, from: Case["from"] = "signal"): Case => ({
  ...SIMPLE,
  from,
  way: "SIGMASK",
  signal,
  block: [],
  words: [mask],
  length: 8,
});

/** Cases that pass a signal themselves, which has a handler or is blocked. */
const PASSING = (
  [
    ["SIGUSR1", 0n],
    ["SIGUSR2", 0n],
    ["SIGUSR1", 1n << 9n],
    ["SIGTRAP", 1n << 4n],
    ["SIGSEGV", 1n << 10n],
  ] as const
).map(([name, mask]) => masked(constants.signals[name], mask));

/**
 * Cases that block the signal that they pass. The kernel's own, which it sends in a system call, has to be pending until
 * the INT3, whatever else is.
 */
const BLOCKING = RAISED.flatMap((name) => {
  const signal = constants.signals[name as Signal];
  return (["entry", "exit", "step32"] as const).map((from) =>
    masked(signal, 1n << BigInt(signal - 1), from),
  );
});

/** Cases of four steps each. */
const STEPS = (
  [
    [seed("nops"), seed("ud2"), seed("nops", {}, { on: "SINGLESTEP" }), seed("int3")],
    [masked(0, 1n << 4n), seed("nops"), masked(0, 0n, "last"), seed("load", { rdi: 0n })],
    [
      { ...seed("syscall", { rax: 0x27n }, { on: "SYSCALL" }), from: "entry" },
      seed("nops", {}, { on: "SYSCALL", signal: constants.signals.SIGUSR1 }),
      seed("syscall", { rax: 0x27n }, { on: "SYSEMU" }),
      seed("nops", {}, { on: "NONE" }),
    ],
    [
      seed("nops", {}, { signal: constants.signals.SIGSTOP }),
      seed("nops", {}, { on: "SINGLESTEP" }),
      seed("nops", {}, { signal: constants.signals.SIGSEGV, on: "NONE" }),
      masked(constants.signals.SIGTRAP, 1n << 4n),
    ],
  ] as const
).map((steps) => caseOf(steps));

const ALIKE = [
  ["the same one that a case passes", PASSING, ["SIGUSR1", "SIGUSR2", "SIGTRAP", "SIGSEGV"]],
  ["one that a case passes and blocks", BLOCKING, RAISED],
  ["those of any step", STEPS, [...RAISED, "SIGUSR1", "SIGSTOP", "SIGCONT"]],
] as const;

for (const [what, few, signals] of ALIKE) {
  lost(`a signal from outside is distinguished from ${what}`, async () => {
    const count = few === STEPS ? SIZE / 4 : SIZE;
    const cases = Array.from({ length: count }, (_, i) => few[i % few.length] ?? SIMPLE);
    const pass: Try = (experiment) => void experiment.try(cases);
    const { seen, sent } = await disturbed(signals, pass);
    const alone = outcomes(() => {}, pass);
    const other = seen.flatMap((each, i) => (each === alone[i] ? [] : [i]));
    assert.equal(other, []);
    assert.ok(sent > 100, `${sent} signals were sent`);
  });
}

import type { CompareOptions } from "../../../src/labs/compare/compare.ts";
import { judgementOf } from "../../../src/labs/compare/live/judge.ts";
import { openSubjectsConfined } from "../../../src/labs/compare/open.ts";

const ended = suite("compare: how a comparison ends");

const { subjects } = await openSubjectsConfined(["script"], ["amd64"]);

/** A comparison that no test waits for. */
const endless = (options: Partial<CompareOptions> = {}) =>
  compare({ subjects, cases: 1e12, ...options });

ended("without a bound it has 1.5 million cases", async () => {
  const { report } = await compare({ subjects, only: ["syscallErrno"] });
  assert.is(report.cases, 1_500_000);
  assert.is(report.seed, "0x1");
});

ended("a judge that is broken throws: it does not pass as a kernel that decides nothing", () => {
  const judging = (error: Error) => () =>
    judgementOf(() => {
      throw error;
    });
  for (const type of [InputError, StateError, EncoderError, TypeError]) {
    assert.throws(judging(new type("mine")), (error: unknown) => error instanceof type);
  }
  const judgement = judging(new UnsupportedError("no such request\nhere"))();
  assert.equal(judgement, { verdict: "undecided", why: "no such request" });
});

ended("the seed may be a number", async () => {
  const { report } = await compare({ subjects, seed: 7, cases: 100 });
  assert.is(report.seed, "0x7");
});

ended("a signal that is aborted already rejects with its reason", async () => {
  const reason = new Error("mine");
  assert.is(await rejection(endless({ signal: AbortSignal.abort(reason) })), reason);
});

ended("a signal that is aborted meanwhile rejects with its reason", async () => {
  const controller = new AbortController();
  const progress = () => controller.abort("mine");
  assert.is(await rejection(endless({ signal: controller.signal, progress })), "mine");
});

ended("a signal ends the kernel's judgement, and leaves no stub", async () => {
  const controller = new AbortController();
  const options = { subjects, cases: 100, live: 1e9, signal: controller.signal };
  const over = rejection(compare(options));
  const watch = setInterval(() => {
    if (childrenOf(process.pid).length > 0) controller.abort("mine");
  }, 1);
  assert.is(await over, "mine");
  clearInterval(watch);
  assert.equal(childrenOf(process.pid), []);
});

ended("what the progress callback throws, or rejects with, rejects the comparison", async () => {
  const mine = new Error("mine");
  const thrown = () => {
    throw mine;
  };
  assert.is(await rejection(endless({ progress: thrown })), mine);
  assert.is(await rejection(endless({ progress: async () => thrown() })), mine);
});

ended("subjects from files end with what opened them", async () => {
  {
    using opened = await openSubjectsConfined(["examples/encoders/encoder.mjs"], ["amd64"]);
    assert.is(opened.subjects.length, 1);
    assert.ok(childrenOf(process.pid).length > 0);
    await compare({ ...opened, cases: 1000 });
  }
  assert.ok(await eventually(() => childrenOf(process.pid).length === 0, 10_000));
});

for (const [what, name] of [
  ["from a file", "examples/encoders/encoder.mjs"],
  ["that comes with stublab", "script"],
] as const) {
  ended(`a closed subject ${what} is refused, and writes to no file`, async () => {
    const opened = await openSubjectsConfined([name], ["amd64"]);
    opened.close();
    opened.close();
    const folder = mkdtempSync(join(tmpdir(), "stublab-"));
    const victim = join(folder, "victim");
    writeFileSync(victim, "untouched");
    // Some of these have the numbers that the subject had.
    const files = [...Array(16)].map(() => openSync(victim, "r+"));
    try {
      let rounds = 0;
      const progress = () => {
        rounds++;
      };
      const { message } = await rejected(StateError, compare({ ...opened, cases: 300, progress }));
      assert.match(message, /the subject "(encoder.mjs|script)" is closed/);
      assert.is(rounds, 0);
      opened.close();
      assert.is(readFileSync(victim, "utf8"), "untouched");
    } finally {
      for (const file of files) closeSync(file);
      rmSync(folder, { recursive: true });
    }
  });

  ended(`a subject ${what} that is closed meanwhile rejects, and leaves no process`, async () => {
    const opened = await openSubjectsConfined([name], ["amd64"]);
    const progress = () => opened.close();
    assert.instance(await rejection(compare({ ...opened, cases: 1e12, progress })), StateError);
    assert.ok(await eventually(() => childrenOf(process.pid).length === 0, 10_000));
  });
}

ended("a subject from a file that is closed during a batch rejects", async () => {
  const opened = await openSubjectsConfined(["examples/encoders/encoder.mjs"], ["amd64"]);
  const over = rejection(compare({ ...opened, cases: 1e12 }));
  setTimeout(() => opened.close(), 20);
  assert.instance(await over, StateError);
  assert.ok(await eventually(() => childrenOf(process.pid).length === 0, 10_000));
});

import { fuzz, fuzzFindings } from "../../../src/labs/fuzz/fuzz.ts";
import { ROUND } from "../../../src/labs/fuzz/run/log.ts";
import type { FuzzProgress } from "../../../src/labs/fuzz/run/options.ts";

const ended = suite("fuzz: runs that end early");

const folder = temporaryFolder();

/** A number of cases that no test waits for. */
const ENDLESS = 1e12;

ended("what the progress callback throws rejects the run", async () => {
  const mine = new Error("mine");
  let calls = 0;
  const progress = () => {
    calls++;
    throw mine;
  };
  const corpus = join(folder, "thrown");
  assert.is(await rejection(fuzz({ cases: ENDLESS, workers: 2, corpus, progress })), mine);
  assert.is(calls, 1);
  const later = async () => progress();
  assert.is(await rejection(fuzz({ cases: ENDLESS, corpus, progress: later })), mine);
  assert.equal(childrenOf(process.pid), []);
});

ended("a signal that is aborted already: the run rejects, and makes no folder", async () => {
  const reason = new Error("mine");
  const corpus = join(folder, "never");
  const signal = AbortSignal.abort(reason);
  assert.is(await rejection(fuzz({ cases: ENDLESS, corpus, signal })), reason);
  assert.not(existsSync(corpus));
});

ended("a signal that is aborted within a round: the folder is continued", async () => {
  const corpus = join(folder, "aborted");
  const controller = new AbortController();
  const progress = ({ cases }: FuzzProgress) => {
    if (cases > 0) controller.abort(42);
  };
  const options = { corpus, workers: 2, signal: controller.signal, progress };
  assert.is(await rejection(fuzz({ cases: ENDLESS, ...options })), 42);
  assert.equal(childrenOf(process.pid), []);
  const { state, cases } = await fuzz({ cases: 8 * ROUND, corpus });
  assert.ok(cases > 0 && cases < state.counts.cases && cases % ROUND === 0);
  assert.equal(state.signatures, (await fuzz({ cases: state.counts.cases })).state.signatures);
});

ended("a run that is stopped before it begins resolves, and has tried nothing", async () => {
  const { interrupted, cases } = await fuzz({ cases: ENDLESS, stop: AbortSignal.abort() });
  assert.equal([interrupted, cases], [true, 0]);
  assert.equal(childrenOf(process.pid), []);
});

/** A planted bug that many cases find. */
const BUG = { id: "R12", remove: true } as const;

ended("findings are iterated as they come, and leaving the loop ends the run", async () => {
  const corpus = join(folder, "left");
  const seen: string[] = [];
  for await (const { signature, folder: own, differences, outcome } of fuzzFindings({
    cases: ENDLESS,
    corpus,
    change: BUG,
  })) {
    seen.push(signature);
    assert.ok(own !== null && existsSync(join(own, "repro.c")));
    const [first] = differences;
    assert.ok(first !== undefined && outcome !== undefined && outcome.rules.length > 0);
    assert.is(outcome.predicted.get(first.field), first.predicted);
    assert.is(outcome.seen.get(first.field), first.seen);
    break;
  }
  assert.is(seen.length, 1);
  assert.equal(childrenOf(process.pid), []);
  for await (const { signature } of fuzzFindings({ cases: ENDLESS, corpus, change: BUG })) {
    seen.push(signature);
    break;
  }
  assert.is(seen[1], seen[0], "a finding of an earlier session comes first");
  assert.equal(childrenOf(process.pid), []);
});

ended("what the body of the loop throws ends the run", async () => {
  const mine = new Error("mine");
  const loop = async () => {
    for await (const _ of fuzzFindings({ cases: ENDLESS, change: BUG })) throw mine;
  };
  assert.is(await rejection(loop()), mine);
  assert.equal(childrenOf(process.pid), []);
});

ended("a signal that is aborted in the body of the loop rejects the next step", async () => {
  const controller = new AbortController();
  const { signal } = controller;
  const loop = async () => {
    for await (const _ of fuzzFindings({ cases: ENDLESS, change: BUG, signal }))
      controller.abort("mine");
  };
  assert.is(await rejection(loop()), "mine");
  assert.equal(childrenOf(process.pid), []);
});

ended("the iteration yields what the result has, in its order", async () => {
  const yielded: unknown[] = [];
  const options = { cases: 6000, change: BUG } as const;
  for await (const { signature, it } of fuzzFindings(options)) yielded.push([signature, it]);
  const { findings } = await fuzz(options);
  assert.ok(findings.length > 0);
  lists(findings, yielded, ({ signature, it }) => [signature, it]);
});

ended("a run needs a worker", async () => {
  assert.instance(await rejection(fuzz({ workers: 0 })), InputError);
});

ended("whatever the limit on threads and processes, a run ends and leaves nothing", async () => {
  const MOST = 16;
  const { stdout, stderr } = await succeeded(run(hostCommand("crowded", String(MOST))));
  const lines = stdout.trimEnd().split("\n");
  assert.is(lines.length, MOST + 1, stdout);
  for (const line of lines) {
    assert.match(
      line,
      /^\d+: (tried 10|ERR_STUBLAB_(UNSUPPORTED|TRACE)), left 0$/,
      stdout + stderr,
    );
  }
  assert.match(lines[0] ?? "", "ERR_STUBLAB_UNSUPPORTED");
  assert.match(lines[1] ?? "", "ERR_STUBLAB_UNSUPPORTED");
});

ended("a run that is begun and dropped does not keep its process alive", async () => {
  const { code, signal, stdout, stderr } = await run(hostCommand("dropping"));
  assert.equal([code, signal, stdout, stderr], [0, null, "found\n", ""]);
});

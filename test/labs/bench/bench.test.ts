import { benchText, listText } from "../../../src/cli/bench.ts";
import { digits } from "../../../src/labs/bench/blocks.ts";
import { choose } from "../../../src/labs/bench/choose.ts";
import type { Mechanism } from "../../../src/labs/bench/mechanism.ts";
import { FLOOR, GROUPS, MECHANISMS } from "../../../src/labs/bench/mechanisms.ts";
import { type Conditions, noiseLine, noiseOf } from "../../../src/labs/bench/noise.ts";
import { renderBenchPage } from "../../../src/labs/bench/page.ts";
import { benchDocument, callsOf, type Report } from "../../../src/labs/bench/report.ts";
import { Refusal } from "../../../src/labs/bench/side.ts";
import { spreadOf } from "../../../src/labs/bench/spread.ts";
import { pretend, pretendRun, wholeReport } from "../../support/bench_reports.ts";

const bench = suite("stublab bench, its parts");

const reference: Mechanism = { name: "call-c", group: "call", title: "in C" };
const own: Mechanism = {
  name: "call-faithful",
  group: "call",
  title: "own",
  lane: { work: "call", options: {} },
};

bench("every mechanism has a name of its own, a group, and a reference before it", () => {
  const names = MECHANISMS.map(({ name }) => name);
  assert.is(
    new Set([...names, ...GROUPS.map(({ name }) => name)]).size,
    names.length + GROUPS.length,
  );
  for (const { name, group } of MECHANISMS) {
    const against = GROUPS.find((each) => each.name === group)?.against ?? "";
    assert.ok(names.includes(against), name);
    assert.ok(names.indexOf(against) <= names.indexOf(name), name);
  }
});

bench("a name selects a mechanism or a group, its reference and the floor", () => {
  const named = (...names: string[]) => choose(names, GROUPS, MECHANISMS).map(({ name }) => name);
  assert.equal(named("call-fast"), ["call-c", "call-fast", FLOOR]);
  assert.equal(named("pool"), ["pool-c", "pool-faithful", FLOOR]);
  assert.equal(named("births"), ["birth-c", "births", FLOOR]);
  lists(MECHANISMS, named(), ({ name }) => name);
  const { message, remedy } = thrown(InputError, () => named("call-fas"));
  assert.is(message, 'unknown mechanism "call-fas"; did you mean call-fast?');
  assert.is(remedy, "--list lists the mechanisms");
});

bench("sides take turns batch by batch, every other round in reverse order", async () => {
  const order: string[] = [];
  await pretendRun(
    [reference, own],
    ({ name }) => pretend(20, (count) => count === 500 && order.push(name)),
    { rounds: 3 },
  );
  const [a, b] = ["call-c", "call-faithful"];
  assert.equal(order.slice(-6), [a, b, b, a, a, b]);
});

bench("a batch lasts as the plan says, but is no larger than its mechanism allows", async () => {
  const few: Mechanism = { ...own, name: "few", most: 7 };
  const { results } = await pretendRun([reference, few], () => pretend(20));
  lists(results, [500, 7], ({ size }) => size);
});

bench("a ratio is the median of those of the rounds: a slow machine cancels out", async () => {
  const slowness = [1, 5, 9];
  let round = 0;
  const side = (each: number) => ({
    batch: async () => ({ microseconds: each * (slowness[round] ?? 1), involuntary: 0 }),
    end: async () => {},
  });
  const { results } = await pretendRun(
    [reference, own],
    ({ name }) => side(name === "call-c" ? 10 : 20),
    { progress: (_, text) => (round = Number(/^round (\d+)/.exec(text)?.[1] ?? 1) - 1) },
  );
  assert.is(results[1]?.microseconds?.median, 100);
  assert.equal(results[1]?.ratio, { against: "call-c", lower: 2, median: 2, upper: 2 });
  assert.is(results[0]?.ratio, undefined);
});

bench("what refuses is skipped with its reason: it and those compared have no ratio", async () => {
  const { results } = await pretendRun([reference, own], ({ name }) => {
    if (name === "call-c") throw new Refusal("ptrace: EPERM");
    return pretend(20);
  });
  assert.equal(
    results.map(({ reason, microseconds, ratio }) => [reason, microseconds?.median, ratio]),
    [
      ["ptrace: EPERM", undefined, undefined],
      [undefined, 20, undefined],
    ],
  );
});

bench("an interrupted run ends every side, and reports the rounds that it had", async () => {
  const controller = new AbortController();
  let ended = 0;
  const { rounds, interrupted, results } = await pretendRun(
    [reference, own],
    () => ({ ...pretend(20), end: async () => void ended++ }),
    {
      rounds: 1000,
      interrupted: controller.signal,
      progress: (_, text) => text === "round 3" && controller.abort(),
    },
  );
  assert.equal([ended, rounds, interrupted], [2, 2, true]);
  lists(results, [2, 2], ({ batches }) => batches);
});

bench("three rounds have no quartiles: neither text nor page shows any", async () => {
  const [few, enough] = [await wholeReport([], 3), await wholeReport()];
  const page = (report: Report) => renderBenchPage(report, "bench");
  assert.is(page(enough).match(/\d–\d/g)?.length, MECHANISMS.length - 1);
  assert.not.match(page(few), /\d–\d/);
  assert.match(benchText(enough), /\d–\d/);
  assert.not.match(benchText(few), /\d–\d/);
});

bench("quartiles are samples", () => {
  assert.equal(spreadOf([5, 1, 2, 4, 3]), { lower: 2, median: 3, upper: 4 });
  assert.equal(spreadOf([7]), { lower: 7, median: 7, upper: 7 });
});

const QUIET: Conditions = {
  floor: { lower: 0.099, median: 0.1, upper: 0.101 },
  involuntary: 3,
  load: 0.4,
  processors: 2,
  steal: 0,
};

bench("a quiet run says by what it is known", () => {
  assert.equal(noiseOf(QUIET), []);
  assert.is(
    noiseLine(QUIET, []),
    "quiet run: the floor's quartiles are 2.0 % apart, 3 involuntary context switches a second, load average 0.4, 0.0 % stolen",
  );
});

for (const [change, reason] of [
  [{ floor: { lower: 0.09, median: 0.1, upper: 0.12 } }, "the floor's quartiles are 30.0 % apart"],
  [{ involuntary: 120 }, "120 involuntary context switches a second"],
  [{ load: 2.5 }, "load average 2.5 on 2 processors"],
  [{ steal: 0.05 }, "5.0 % of the time stolen by the hypervisor"],
] satisfies [Partial<Conditions>, string][]) {
  bench(`a run is noisy: ${reason}`, () => {
    const conditions = { ...QUIET, ...change };
    assert.equal(noiseOf(conditions), [reason]);
    assert.is(noiseLine(conditions, [reason]), `NOISY RUN, do not rely on its figures: ${reason}`);
  });
}

bench("the text fits into 80 columns, and begins with the verdict on the run", async () => {
  for (const noise of [[], ["load average 9.0 on 2 processors"]]) {
    const text = benchText(await wholeReport(noise));
    assert.ok(text.startsWith(noise.length === 0 ? "quiet run:" : "NOISY RUN"));
    for (const line of [...text.split("\n"), ...listText(GROUPS, MECHANISMS).split("\n")]) {
      assert.ok(line.length <= 80, line);
    }
    assert.match(text, /\n {2}notify is skipped: PTRACE_SET_SYSCALL_INFO: EIO <&>\.\n/);
  }
});

bench("no ratio of a noisy run is printed as clean", async () => {
  const noisy = await wholeReport(["load average 9.0 on 2 processors"]);
  const lines = benchText(noisy).split("\n");
  for (const { mechanism, ratio } of noisy.results) {
    const line = lines.find((each) => each.startsWith(`${mechanism.name} `)) ?? "";
    assert.is(line.includes("~"), ratio !== undefined, line);
  }
  assert.not.match(benchText(await wholeReport()), /~/);
  assert.match(renderBenchPage(noisy, "bench"), />~1\.\d+</);
  const { results, noisy: said } = JSON.parse(JSON.stringify(benchDocument(noisy)));
  assert.is(said, true);
  for (const { ratio } of results) assert.ok(ratio === null || ratio.clean === false);
});

bench("the document has what was measured, and null for what was not", async () => {
  const document = JSON.parse(JSON.stringify(benchDocument(await wholeReport())));
  assert.equal([document.noisy, document.rounds, document.interrupted], [false, 5, false]);
  const of = (name: string) =>
    document.results.find((each: { name: string }) => each.name === name);
  const { status, reason, microseconds, ratio, cost } = of("notify");
  assert.equal(
    [status, reason, microseconds, ratio],
    ["skipped", "PTRACE_SET_SYSCALL_INFO: EIO <&>", null, null],
  );
  assert.equal([cost.stops, cost.wakeups, cost.systemCalls], [0, 2, 3]);
  assert.equal(
    [of("call-faithful").side, of("call-faithful").options, of("call-c").options],
    ["stublab", {}, null],
  );
  assert.is(of("call-faithful").ratio.against, "call-c");
});

bench("calls are counted for one operation, repeated and shared ones too", () => {
  const cost = { stops: 1, wakeups: 1, calls: ["a", "3 b"], others: ["c"], per: 10 };
  assert.is(callsOf({ ...own, cost }), 0.5);
  assert.is(callsOf(own), undefined);
});

bench("figures have three digits", () => {
  assert.equal([0.09234, 0.9999, 8.912, 36.41, 99.97, 1292.4].map(digits), [
    ...["0.092", "1.00", "8.91", "36.4", "100", "1,292"],
  ]);
});

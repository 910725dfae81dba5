import { suite } from "uvu";
import * as assert from "uvu/assert";
import { recordScenario, renderPerfetto, SCENARIOS } from "../../../src/labs/record/index.ts";
import type { Recording } from "../../../src/labs/record/recording.ts";
import { HOSTILE, hostileRecording } from "../../support/hostile_recording.ts";
import { recordingOf } from "../../support/recordings.ts";
import { readTrace, tracksOf } from "../../support/trace_events.ts";

const traces = suite("view: Perfetto");

for (const name of Object.keys(SCENARIOS)) {
  traces(`${name} keeps the rules of the format, hostile strings or not`, async () => {
    const recording = await recordScenario(name);
    for (const each of [recording, hostileRecording(recording)]) {
      const json = renderPerfetto(each);
      assert.not.match(json.trimEnd(), /(?! )[\p{C}\p{Z}\p{DI}]/u);
      const events = readTrace(json);
      const told = events.filter(({ ph }) => ph === "X" || ph === "i");
      assert.is(told.length, each.steps.length);
      assert.equal(
        told.map(({ args }) => args.step),
        each.steps.map((_, i) => i + 1),
      );
      assert.is(events.filter(({ ph }) => ph === "s").length, each.arrows.length);
      assert.is(events.filter(({ name }) => name === "process_name").length, each.lanes.length);
    }
  });
}

traces("an arrow goes from the slice of its first step to that of its second", async () => {
  const recording = await recordingOf("grandchild");
  const events = readTrace(renderPerfetto(recording));
  const slices = [...tracksOf(events).values()].flat();
  const stepAt = (ph: string, id: number) => {
    const end = events.find((each) => each.ph === ph && each.id === id);
    assert.ok(end);
    const { pid, ts } = end;
    const slice = slices.find(
      (each) => each.pid === pid && each.ts < ts && ts < each.ts + each.dur,
    );
    return Number(slice?.args.step) - 1;
  };
  for (const [i, { from, to }] of recording.arrows.entries()) {
    assert.equal([stepAt("s", i + 1), stepAt("f", i + 1)], [from, to]);
  }
});

traces("a step begins where the one before ended, and ends when it did", async () => {
  const recording = await recordingOf("host");
  const told = readTrace(renderPerfetto(recording)).filter(({ ph }) => ph === "X" || ph === "i");
  const ends = told.map(({ ts, dur }) => ts + dur);
  for (const [i, { ph, ts }] of told.entries()) {
    if (ph === "X") assert.is(ts, ends[i - 1] ?? 0);
    const { microseconds = 0 } = recording.steps[i] ?? {};
    assert.ok((ends[i] ?? 0) - microseconds <= 2 * i + 2);
  }
});

/** A recording in which nothing takes time, arrows go anywhere, and lanes share their pids. */
async function cramped(pids: readonly number[]): Promise<Recording> {
  const real = await recordingOf("grandchild");
  const lanes = pids.map((pid, i) => ({ id: `${HOSTILE[i]}`, role: "", pid }));
  const steps = real.steps.map((step, i) => {
    const id = lanes[i % lanes.length]?.id ?? "";
    return { ...step, lane: id, about: id, microseconds: 0 };
  });
  const arrows = steps.flatMap((_, from) =>
    [0, 1, 7, 40].map((to) => ({ kind: "signal" as const, from, to, label: "" })),
  );
  return { ...real, lanes, steps, arrows };
}

traces("lanes of one pid are its threads, and none is number 0", async () => {
  const recording = await cramped([7, 7, 0, 1, 7, 0, 2 ** 31 - 1]);
  const events = readTrace(renderPerfetto(recording));
  const tracks = new Set(events.map(({ pid, tid }) => `${pid}/${tid}`));
  assert.is(tracks.size, 7);
  assert.is(new Set(events.map(({ pid }) => pid)).size, 4);
});

traces("where the clock stood still, slices can be seen all the same", async () => {
  const events = readTrace(renderPerfetto(await cramped([5, 6])));
  assert.ok(events.every(({ ph, dur }) => ph !== "X" || dur === 2));
  const flows = events.filter(({ ph }) => ph === "s");
  assert.is(flows.length, 1 + 7 + 40, "those that go forward");
});

const FAULTS: readonly [what: string, from: RegExp, to: string, complaint: RegExp][] = [
  ["a slice that overlaps", /"dur":(\d+)/g, '"dur":1$1', /begins at \d+, inside/],
  ["a slice of no time", /"dur":\d+/, '"dur":0', /takes no time/],
  ["a flow without an end", /"ph":"f"/, '"ph":"i","s":"t"', /a flow does not end/],
  [
    "a flow bound to nothing",
    /("ph":"s","id":1,.*?"ts":)\d+/,
    "$10",
    /bound to 0 slices|comes after/,
  ],
  ["a time that is no number", /"ts":(\d+)/, '"ts":"$1"', /expected a whole number/],
  ["another unit of time", /^\{/, '{"displayTimeUnit":"ns",', /times are microseconds/],
  ["an escape that Perfetto does not know", /"why":"/, '"why":"\\u0041', /escape by number/],
  ["a thread without a name", /"thread_name"/, '"thread_nam"', /there is no thread_name/],
];

for (const [what, from, to, complaint] of FAULTS) {
  traces(`the rules do forbid ${what}`, async () => {
    const json = renderPerfetto(await recordingOf("grandchild"));
    assert.throws(() => readTrace(json.replace(from, to)), complaint);
  });
}

traces.run();

import { eventAt, eventsOf, stepsOf } from "../../../src/labs/record/event.ts";
import { LESSONS } from "../../support/recordings.ts";

const test = suite("events of a recording");

for (const name of LESSONS) {
  test(`${name}: births, stops, ends and answers are events`, async () => {
    const recording = await recordingOf(name);
    const events = eventsOf(recording);
    for (const { step } of recording.questions) assert.ok(events.includes(step));
    for (const [i, { kind, staged }] of recording.steps.entries()) {
      if (["stop", "exit", "clone"].includes(kind) && !staged)
        assert.ok(events.includes(i), `${kind} at ${i + 1}`);
    }
  });

  test(`${name}: each step is an event or leads to one`, async () => {
    const recording = await recordingOf(name);
    const events = eventsOf(recording);
    const all = events.flatMap((event) => [...stepsOf(events, event), event]);
    assert.equal(all, [...recording.steps.keys()]);
    for (const [place, event] of events.entries())
      for (const step of [...stepsOf(events, event), event])
        assert.is(eventAt(events, step), place);
  });
}

test("a request that fails, and a wait that finds nothing, are events", async () => {
  const recording = await recordingOf("cascade");
  const titles = eventsOf(recording).map((event) => recording.steps[event]?.title ?? "");
  assert.ok(titles.some((title) => /^wait4\(.*WNOHANG.* = 0$/.test(title)));
  const host = await recordingOf("host");
  const steps = host.steps.map((step) => {
    const { call } = step;
    if (!step.title.startsWith("ptrace(PTRACE_GETREGS")) return step;
    const result = { word: "0xfffffffffffffffd", told: "-ESRCH" };
    return { ...step, call: call && { ...call, result } };
  });
  const at = steps.findIndex(({ title }) => title.startsWith("ptrace(PTRACE_GETREGS"));
  assert.not.ok(eventsOf(host).includes(at));
  assert.ok(eventsOf({ ...host, steps }).includes(at));
});

test.run();

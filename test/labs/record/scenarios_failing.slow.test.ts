import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Recording, Step } from "../../../src/labs/record/index.ts";
import { recordingOf } from "../../support/recordings.ts";
import { testScenarios } from "../../support/scenario_tests.ts";

/** The first step of a lane with such a title. */
function find({ steps }: Recording, lane: string, title: RegExp): Step {
  const step = steps.find((each) => each.lane === lane && title.test(each.title));
  if (step === undefined) throw new Error(`${lane} has no step ${title}`);
  return step;
}

function pidOf({ lanes }: Recording, id: string): number {
  const lane = lanes.find((each) => each.id === id);
  if (lane === undefined) throw new Error(`there is no lane ${id}`);
  return lane.pid;
}

const all = suite("failing scenarios");
testScenarios(all, [
  ...["parent-dies", "thread-dies", "early-attach"],
  ...["no-wuntraced", "blocked-signals", "no-setsid"],
]);
all.run();

const kernel = suite("failing scenarios: what the kernel did");

kernel("thread-dies: the stub was untraced, and its parent's process lived on", async () => {
  const recording = await recordingOf("thread-dies");
  const stopped = find(recording, "stub", /^stopped by SIGSTOP$/);
  assert.equal([stopped.kernel?.state, stopped.kernel?.tracerTid], ["T", 0]);
  assert.is(stopped.kernel?.parentPid, process.pid);
  assert.is(pidOf(recording, "main"), process.pid);
  assert.is.not(pidOf(recording, "host"), process.pid);
});

kernel("thread-dies: nothing was done to it between the thread's end and its own", async () => {
  const recording = await recordingOf("thread-dies");
  const { steps } = recording;
  const over = steps.findIndex(({ lane, kind }) => lane === "host" && kind === "exit");
  const killed = steps.indexOf(find(recording, "stub", /^killed by SIGKILL$/));
  assert.equal(
    steps.slice(over + 1, killed).map(({ lane, kind }) => [lane, kind]),
    [["main", "note"]],
  );
});

kernel("early-attach: both SIGSTOPs have one status word", async () => {
  const recording = await recordingOf("early-attach");
  const waits = recording.steps
    .filter(({ about, title }) => about === "watched" && /SIGSTOP: 0x137f/.test(title))
    .map(({ title }) => title);
  assert.is(waits.length, 2);
  assert.is(waits[0], waits[1]);
  const stops = recording.steps.filter(({ lane, kind }) => lane === "watched" && kind === "stop");
  const rips = stops.map(({ registers }) => registers?.after.rip);
  assert.is(new Set(rips).size, 3, "and three stops are at three places");
});

kernel("no-wuntraced: the wait without it took its whole patience", async () => {
  const recording = await recordingOf("no-wuntraced");
  const { steps } = recording;
  const vain = find(recording, "host", /^wait4\(\d+, &status, __WALL, NULL\) = \?$/);
  assert.is(vain.call?.result, null);
  assert.is(vain.kernel?.state, "T", "and the child was stopped all the while");
  const before = steps[steps.indexOf(vain) - 1];
  assert.ok(vain.microseconds - (before?.microseconds ?? 0) >= 200_000);
});

kernel.run();

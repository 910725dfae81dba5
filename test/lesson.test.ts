// Lessons of one's own: what they throw, how they end, and what is refused.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { InputError } from "../src/index.ts";
import { type Lesson, parseRecording, recordScenario, renderText } from "../src/record/index.ts";
import { childrenOf } from "./processes.ts";
import { rejection } from "./thrown.ts";

const lessons = suite("lessons");
lessons.after.each(() => assert.equal(childrenOf(process.pid), []));

const PLAIN = { name: "plain", title: "Plain", introduction: ["Nothing happens."] };

lessons("a stub is born, attached, called, signalled and looked at", async () => {
  const recording = await recordScenario({
    ...PLAIN,
    play(scene) {
      const actor = scene.birth({
        lane: "stub",
        role: "a stub",
        why: "It is cloned.",
        stopped: "It has stopped itself.",
      });
      actor.attach();
      const told = { why: "The frame.", answer: "The pid." };
      const result = actor.call("getpid", [], { ...told, stop: "The SIGSTOP of the attach." });
      scene.check("getpid", `${actor.pid}`, `${result.value}`);
      actor.signal("SIGUSR1", "It is pending.");
      const { state } = actor.look("It is stopped", "By its tracer.");
      scene.check("its state", "t", state);
      scene.say("It is over", "The host closes the scene.");
    },
  });
  assert.equal(
    recording.end.map(({ held }) => held),
    [true, true],
  );
  assert.equal(
    recording.lanes.map(({ id }) => id),
    ["host", "stub"],
  );
  assert.equal(parseRecording(JSON.stringify(recording)), recording);
  assert.match(renderText(recording), "The host closes the scene.");
});

lessons("a lesson may wait, and may run with another encoder", async () => {
  const play: Lesson["play"] = async (scene) => {
    const actor = scene.rest("stub", "a stub");
    await new Promise((resolve) => setTimeout(resolve, 1));
    actor.look("It rests", "It is stopped.");
  };
  const { encoder, steps } = await recordScenario({ ...PLAIN, play }, { encoder: "native" });
  assert.is(encoder, "native");
  assert.is(steps.at(-1)?.title, "It rests");
});

lessons("what a lesson throws or rejects with leaves no stub", async () => {
  const mine = new Error("mine");
  const play: Lesson["play"] = (scene) => {
    scene.rest("stub", "a stub");
    throw mine;
  };
  assert.is(await rejection(recordScenario({ ...PLAIN, play })), mine);
  const later: Lesson["play"] = async (scene) => play(scene);
  assert.is(await rejection(recordScenario({ ...PLAIN, play: later })), mine);
});

lessons("a signal rejects with its reason, and leaves no stub", async () => {
  const reason = new Error("mine");
  let played = false;
  const controller = new AbortController();
  const { signal } = controller;
  const lesson: Lesson = {
    ...PLAIN,
    play(scene) {
      scene.rest("stub", "a stub");
      played = true;
      controller.abort(reason);
      assert.is(scene.signal?.aborted, true);
    },
  };
  assert.is(await rejection(recordScenario("host", { signal: AbortSignal.abort(reason) })), reason);
  assert.is(await rejection(recordScenario(lesson, { signal })), reason);
  assert.ok(played);
  const listeners = process.listenerCount("SIGCONT");
  assert.is(await rejection(recordScenario(lesson, { signal })), reason);
  assert.is(process.listenerCount("SIGCONT"), listeners);
});

const WRONG: readonly [what: string, lesson: unknown, message: string][] = [
  ["nothing", undefined, "scenario: expected a name or a lesson, got undefined"],
  ["a number", 5, "scenario: expected a name or a lesson, got 5"],
  ["no name", { ...PLAIN, name: undefined }, "scenario.name: expected a string, got nothing"],
  [
    "a path",
    { ...PLAIN, name: "../x" },
    'scenario.name: expected letters, digits and hyphens, got "../x"',
  ],
  ["a title", { ...PLAIN, title: 5 }, "scenario.title: expected a string, got 5"],
  ["no list", { ...PLAIN, introduction: "x" }, 'scenario.introduction: expected a list, got "x"'],
  ["no play", { ...PLAIN, play: "x" }, 'scenario.play: expected a function, got "x"'],
];

for (const [what, lesson, message] of WRONG) {
  lessons(`refused: ${what}`, async () => {
    const error = await rejection(Reflect.apply(recordScenario, undefined, [lesson]));
    assert.instance(error, InputError);
    assert.match(String(error), message);
  });
}

lessons.run();

// Lessons of one's own: what they throw, how they end, and what is refused.

import {
  type Asked,
  type Choice,
  type Lesson,
  type Question,
  type Recording,
  renderRecordingPage,
  type Scene,
} from "../../../src/labs/record/index.ts";
import { recordStable } from "../../../src/labs/record/record.ts";
import { arrange } from "../../../src/labs/record/said.ts";

const lessons = suite("lessons");
lessons.after.each(() => assert.equal(childrenOf(process.pid), []));

const PLAIN = { name: "plain", title: "Plain", introduction: ["Nothing happens."] };

/** The recording has so many facts, and all of them held. */
function expectHeld({ end }: Recording, count: number): void {
  assert.equal([end.length, end.filter(({ held }) => !held)], [count, []]);
}

lessons("a stub is born, attached, called, signalled and looked at, with any encoder", async () => {
  const told = { why: "The frame.", answer: "The pid." };
  const play: Lesson["play"] = async (scene) => {
    const actor = scene.birth({
      lane: "stub",
      role: "a stub",
      why: "It is cloned.",
      stopped: "It has stopped itself.",
    });
    actor.attach();
    const result = actor.call("getpid", [], { ...told, stop: "The SIGSTOP of the attach." });
    scene.check("getpid", `${actor.pid}`, `${result.value}`);
    await new Promise((resolve) => setTimeout(resolve, 1));
    actor.signal("SIGUSR1", "It is pending.");
    actor.call("getppid", [], { ...told, stop: "SIGUSR1 comes first." });
    const { state } = actor.look("It is stopped", "By its tracer.");
    scene.check("its state", "t", state);
    scene.say("It is over", "The host closes the scene.");
  };
  const native = { encoder: openEncoder("native") };
  const recording = await recordLesson({ ...PLAIN, play }, native);
  expectHeld(recording, 2);
  const { encoder, lanes, arrows, steps } = recording;
  assert.is(encoder, "native");
  lists(lanes, ["host", "stub"], ({ id }) => id);
  // From the signal that was sent to the stop that it brings.
  const ends = arrows
    .filter(({ kind }) => kind === "signal")
    .map(({ from, to }) => `${steps[from]?.title} ${steps[to]?.title}`);
  assert.match(ends.at(-1) ?? "", /^tgkill.* stopped by SIGUSR1$/);
  assert.equal(parseRecording(JSON.stringify(recording)), recording);
  assert.match(renderText(recording), "The host closes the scene.");
});

const ASKED: Asked = {
  text: "Which?",
  choices: [
    { text: "This", reply: "It is.", right: true },
    { text: "That", reply: "No." },
    { text: "Those", reply: "No!" },
  ],
};

lessons("a question is asked before its step, with a reply to each choice", async () => {
  const play: Lesson["play"] = (scene) => {
    scene.ask(ASKED);
    scene.say("This", "It is this.");
  };
  const { questions } = await recordLesson({ ...PLAIN, play });
  const [{ choices, answer, because, replies, step }] = questions as [Question];
  assert.equal([step, choices[answer], because], [0, "This", "It is."]);
  const replied = Object.fromEntries(choices.map((choice, i) => [choice, replies[i]]));
  assert.equal(replied, Object.fromEntries(ASKED.choices.map(({ text, reply }) => [text, reply])));
});

lessons("the right choice has the same place whatever the numbers in the text", () => {
  const place = (text: string) => arrange({ ...ASKED, text }).answer;
  assert.is(place("Which is 1234, and at 0x1000?"), place("Which is 12, and at 0x7fff?"));
  assert.is(new Set([..."abcdefghijklmnop"].map(place)).size, ASKED.choices.length);
});

lessons("a question is refused unless one choice is right, and none is there twice", async () => {
  const [right, wrong] = ASKED.choices as [Choice, Choice];
  for (const [choices, why] of [
    [[wrong], "expected one that is right"],
    [[right, { ...right, text: "That" }], "expected one that is right"],
    [[right, wrong, { ...wrong, text: "This" }], '"This" appears twice'],
  ] as const) {
    const asked = { ...PLAIN, play: (scene: Scene) => scene.ask({ ...ASKED, choices }) };
    assert.match(
      (await rejected(InputError, recordLesson(asked))).message,
      `question.choices: ${why}`,
    );
  }
});

/** A lesson whose fact fails in its first plays, and holds in the others. */
function failing(times: number): { lesson: Lesson; plays: () => number } {
  let plays = 0;
  const play: Lesson["play"] = (scene) => {
    plays++;
    scene.say("Look", "It is looked at.");
    scene.check("the number", "7", plays <= times ? `${plays}` : "7");
  };
  return { lesson: { ...PLAIN, play }, plays: () => plays };
}

lessons("a lesson of one's own is played once; one of stublab's again, and says so", async () => {
  const own = failing(1);
  const { end, discarded } = await recordLesson(own.lesson);
  assert.equal([own.plays(), discarded], [1, []]);
  assert.equal(end, [{ fact: "the number", expected: "7", seen: "1", held: false }]);
  const { lesson, plays } = failing(1);
  const recording = await recordStable(lesson, undefined, undefined, 20);
  expectHeld(recording, 1);
  assert.equal([plays(), recording.discarded], [2, ["the number: expected 7, seen 1"]]);
  const told = "Recorded again: the number: expected 7, seen 1";
  for (const view of [renderText, renderRecordingPage]) assert.match(view(recording), told);
});

lessons("what a lesson throws or rejects with leaves no stub", async () => {
  const mine = new Error("mine");
  const play: Lesson["play"] = (scene) => {
    scene.rest("stub", "a stub");
    throw mine;
  };
  assert.is(await rejection(recordLesson({ ...PLAIN, play })), mine);
  const later: Lesson["play"] = async (scene) => play(scene);
  assert.is(await rejection(recordLesson({ ...PLAIN, play: later })), mine);
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
  assert.is(await rejection(recordLesson("host", { signal: AbortSignal.abort(reason) })), reason);
  assert.is(await rejection(recordLesson(lesson, { signal })), reason);
  assert.ok(played);
  const listeners = process.listenerCount("SIGCONT");
  assert.is(await rejection(recordLesson(lesson, { signal })), reason);
  assert.is(process.listenerCount("SIGCONT"), listeners);
});

lessons("a lesson in which nothing is recorded is refused", async () => {
  const { message } = await rejected(InputError, recordLesson({ ...PLAIN, play() {} }));
  assert.match(message, "steps: a recording has at least one");
});

// Lessons of one's own: what they throw, how they end, and what is refused.

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { InputError } from "../../src/index.ts";
import {
  type Lesson,
  parseRecording,
  type Recording,
  recordScenario,
  renderText,
} from "../../src/record/index.ts";
import { childrenOf } from "../support/processes.ts";
import { rejection } from "../support/thrown.ts";

const lessons = suite("lessons");
lessons.after.each(() => assert.equal(childrenOf(process.pid), []));

const PLAIN = { name: "plain", title: "Plain", introduction: ["Nothing happens."] };

/** The recording has so many facts, and all of them held. */
function expectHeld({ end }: Recording, count: number): void {
  assert.equal([end.length, end.filter(({ held }) => !held)], [count, []]);
}

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
  expectHeld(recording, 2);
  const lanes = recording.lanes.map(({ id }) => id);
  assert.equal(lanes, ["host", "stub"]);
  assert.equal(parseRecording(JSON.stringify(recording)), recording);
  assert.match(renderText(recording), "The host closes the scene.");
});

lessons("a question is asked with a reply to each choice, or as the document has it", async () => {
  const { questions } = await recordScenario({
    ...PLAIN,
    play(scene) {
      scene.ask({
        text: "Which?",
        right: { This: "It is." },
        wrong: { That: "No.", Those: "No!" },
      });
      scene.ask({ text: "And now?", choices: ["One", "Two"], answer: 1, because: "It is two." });
      scene.say("This", "It is this.");
    },
  });
  const [first, second] = questions;
  assert.is(first?.choices[first.answer], "This");
  assert.is(first?.because, "It is.");
  assert.equal([...(first?.replies ?? [])].sort(), ["It is.", "No!", "No."]);
  assert.equal([second?.choices, second?.answer, second?.replies], [["One", "Two"], 1, []]);
});

lessons("a signal that was sent has an arrow to the stop that it brings", async () => {
  const { arrows, steps } = await recordScenario({
    ...PLAIN,
    play(scene) {
      const actor = scene.rest("stub", "a stub");
      actor.signal("SIGUSR1", "It is pending.");
      actor.call("getpid", [], { ...TOLD, stop: "SIGUSR1 comes first." });
    },
  });
  const arrow = arrows.find(({ kind }) => kind === "signal");
  assert.match(steps[arrow?.from ?? -1]?.title ?? "", /^tgkill/);
  assert.is(steps[arrow?.to ?? -1]?.title, "stopped by SIGUSR1");
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
  [
    "an unknown member",
    { ...PLAIN, intro: [], play() {} },
    'scenario: unknown option "intro"; known: name, title, introduction, play',
  ],
  ["no play", { ...PLAIN, play: "x" }, 'scenario.play: expected a function, got "x"'],
];

for (const [what, lesson, message] of WRONG) {
  lessons(`refused: ${what}`, async () => {
    const error = await rejection(Reflect.apply(recordScenario, undefined, [lesson]));
    assert.instance(error, InputError);
    assert.match(String(error), message);
  });
}

/** A verb as a lesson in JavaScript calls it, and what the error says. A stub rests in the lane "stub". */
type Mistake = readonly [verb: string, args: readonly unknown[], message: string];

const TOLD = { why: "The frame.", answer: "The result." };
const ASKED = { text: "Which?", choices: ["This", "That"], answer: 0, because: "It is." };
const BORN = { lane: "new", role: "a stub", why: "Cloned.", stopped: "Stopped." };

const MISTAKES: readonly Mistake[] = [
  ["scene.rest", ["host", "a stub"], 'lane: there is already a lane "host"'],
  ["scene.rest", [5, "a stub"], "lane: expected a string, got 5"],
  ["scene.rest", ["new"], "role: expected a string, got nothing"],
  ["scene.birth", [{ lane: "new" }], "options.role: expected a string, got nothing"],
  ["scene.birth", [{ ...BORN, lane: "stub" }], 'options.lane: there is already a lane "stub"'],
  ["scene.birth", [{ ...BORN, wy: "" }], 'options: unknown option "wy"; did you mean why?'],
  [
    "scene.birth",
    [{ ...BORN, omit: ["setsidd"] }],
    "options.omit[0]: expected one of setsid, dispositions, rseq, unmask, seccomp, parent, stub, got " +
      '"setsidd"',
  ],
  ["scene.say", [], "title: expected a string, got nothing"],
  ["scene.say", ["a"], "why: expected a string, got nothing"],
  ["scene.say", ["a", "b", "hots"], 'lane: there is no lane "hots"; did you mean host?'],
  ["scene.ask", [], "question: expected an object, got nothing"],
  [
    "scene.ask",
    [{ ...ASKED, answer: 5 }],
    "question.answer: expected a whole number from 0 to 1, got 5",
  ],
  ["scene.ask", [{ ...ASKED, choices: [] }], "question.choices: expected at least one"],
  ["scene.ask", [{ text: "Which?", right: {} }], "question.wrong: expected an object, got nothing"],
  ["scene.ask", [{ text: "Which?", right: {}, wrong: {} }], "question.right: expected one choice"],
  [
    "scene.ask",
    [{ text: "Which?", right: { This: 1 }, wrong: {} }],
    "question.right.This: expected a string, got 1",
  ],
  ["scene.check", ["f", 1, 1], "expected: expected a string, got 1"],
  ["actor.call", ["getpid", 1, TOLD], "args: expected a list, got 1"],
  [
    "actor.call",
    ["getpid", ["x"], TOLD],
    'args[0]: expected an integer from -2^63 to 2^64 - 1 (a BigInt if it is beyond 2^53), got "x"',
  ],
  ["actor.call", ["getpid", [1, 2, 3, 4, 5, 6, 7], TOLD], "args: expected at most 6, got 7"],
  ["actor.call", ["getpid", []], "telling: expected an object, got nothing"],
  [
    "actor.call",
    ["getpid", [], { ...TOLD, anwser: "" }],
    'telling: unknown option "anwser"; did you mean answer?',
  ],
  ["actor.call", ["getpdi", [], TOLD], 'unknown system call "getpdi"; did you mean getpid?'],
  ["actor.signal", ["SIGCHLD"], "why: expected a string, got nothing"],
  ["actor.signal", ["SIGFOO", "w"], 'unknown signal "SIGFOO"'],
  ["actor.signal", [17, "w"], "signal: expected a string, got 17"],
  ["actor.look", [], "title: expected a string, got nothing"],
  // What goes around the verbs is found in the recording.
  ["scene.recorder.check", ["f", 1, 1], "recording.end[0].expected: expected a string, got 1"],
  [
    "scene.recorder.step",
    [{ lane: "no", kind: "note", title: "", why: "" }],
    'steps[1].lane: there is no lane "no"',
  ],
];

for (const [verb, args, message] of MISTAKES) {
  lessons(`a mistake: ${verb}: ${message}`, async () => {
    let played = 0;
    const play: Lesson["play"] = (scene) => {
      played++;
      const actor = scene.rest("stub", "a stub");
      const [name = "", method = ""] = verb.split(/\.(?=\w+$)/);
      const target = { scene, actor, "scene.recorder": scene.recorder }[name];
      assert.ok(target);
      Reflect.apply(Reflect.get(target, method), target, args);
    };
    const error = await rejection(recordScenario({ ...PLAIN, play }));
    assert.instance(error, InputError);
    assert.ok(String(error).startsWith(`InputError: ${message}`), String(error));
    assert.is(played, 1);
  });
}

lessons("a lesson in which nothing is recorded is refused", async () => {
  const error = await rejection(recordScenario({ ...PLAIN, play() {} }));
  assert.instance(error, InputError);
  assert.match(String(error), "steps: a recording has at least one");
});

lessons("an actor has signals and calls by every name that the library knows", async () => {
  const recording = await recordScenario({
    ...PLAIN,
    play(scene) {
      const actor = scene.rest("stub", "a stub");
      const number = scene.tracer.syscallNumber("getpid");
      for (const call of ["getpid", number, Number(number)]) {
        const { value } = actor.call(call, [], { ...TOLD, stop: undefined, before: undefined });
        scene.check("getpid", `${actor.pid}`, `${value}`);
      }
      actor.signal("USR1", "It is pending.");
    },
  });
  expectHeld(recording, 3);
  assert.match(renderText(recording), "SIGUSR1");
});

lessons.run();

// Time limit: 60 s

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type CompareOptions, compare } from "../src/compare/compare.ts";
import { openSubjects } from "../src/compare/open.ts";
import { childrenOf, eventually } from "./processes.ts";
import { rejection } from "./thrown.ts";

const ended = suite("compare: how a comparison ends");

const { subjects } = await openSubjects(["script"], ["amd64"]);

/** A comparison that no test waits for. */
const endless = (options: Partial<CompareOptions> = {}) =>
  compare({ subjects, cases: 1e12, ...options });

ended("without a bound it has a million cases", async () => {
  const { report } = await compare({ subjects, only: ["syscallErrno"] });
  assert.is(report.cases, 1_000_000);
  assert.is(report.seed, "0x1");
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
    using opened = await openSubjects(["examples/encoders/encoder.mjs"], ["amd64"]);
    assert.is(opened.subjects.length, 1);
    assert.ok(childrenOf(process.pid).length > 0);
    await compare({ ...opened, cases: 1000 });
  }
  assert.ok(await eventually(() => childrenOf(process.pid).length === 0, 10_000));
});

ended.run();

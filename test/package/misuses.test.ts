// Time limit: 120 s

// What programs in JavaScript pass to the library by mistake: misuses.txt has the message that each call gets, anything.txt
// the calls that are made with values of every kind.

import { fstatSync } from "node:fs";
import * as core from "../../src/index.ts";
import * as compareLab from "../../src/labs/compare/index.ts";
import * as fuzzLab from "../../src/labs/fuzz/index.ts";
import * as recordLab from "../../src/labs/record/index.ts";
import { expectTypedRejections } from "../support/garbage.ts";

const tracer = new core.Tracer();
const stub = tracer.createStub();
const platform = core.Platform.open();
const space = platform.newAddressSpace();
const context = platform.newContext();
const released = platform.newContext();
released.release();
const pool = new core.GuestPool({ workers: 1 });
const examiner = new fuzzLab.Examiner();
const CASE = fuzzLab.parseCase({ schema: "stublab.case/1" });
const { subjects } = await compareLab.openSubjectsConfined(["script"], ["amd64"]);
const PLAIN = { name: "plain", title: "Plain", introduction: ["Nothing happens."] };
const UNMADE = "build/never-made";

/** Records a lesson in which a stub rests, and this is played. */
const playing = (act: (scene: recordLab.Scene, actor: recordLab.Actor) => unknown) =>
  recordLab.recordLesson({
    ...PLAIN,
    play: (scene) => void act(scene, scene.rest("stub", "a stub")),
  });

/** What the calls may use. */
const SCOPE: Readonly<Record<string, unknown>> = {
  ...{ ...core, ...compareLab, ...fuzzLab, ...recordLab },
  ...{ tracer, stub, platform, space, context, released, pool, examiner, subjects, playing },
  ...{ PLAIN, UNMADE, CASE, PAGE, PAGE_SIZE: PAGE, RESULT: asm.RESULT },
  recording: await recordLab.recordLesson("scrub"),
  OUTCOME: examiner.examine(CASE),
  page: stub.map(PAGE),
  file: temporaryFile(new Uint8Array(PAGE)),
  EXIT: { code: program(asm.call(callNumber("exit"))) },
  TOLD: { why: "The frame.", answer: "The result." },
  ASKED: { text: "Which?", choices: [{ text: "This", reply: "It is.", right: true }] },
  BORN: { lane: "new", role: "a stub", why: "Cloned.", stopped: "Stopped." },
  /** A comparison of one case, and a run that ends before its first. */
  SCRIPT: { subjects, cases: 1 },
  BRIEF: { cases: 0, stop: AbortSignal.abort() },
};

/** A function of `it` that makes a call. */
function compiled(expression: string): (it: never) => Promise<unknown> {
  const use = new Function(...Object.keys(SCOPE), "it", `return ${expression};`);
  return async (it) => Reflect.apply(use, undefined, [...Object.values(SCOPE), it]);
}

const linesOf = (name: string) =>
  readFileSync(`test/package/${name}`, "utf8")
    .split("\n\n")
    .slice(1)
    .flatMap((paragraph) => paragraph.trimEnd().split("\n"));

/** The core works, and nothing is left behind. */
function expectUnharmed(): void {
  assert.is(stub.call("getpid"), BigInt(stub.pid));
  space.mapAnonymous(FILE, PAGE, "rw");
  for (const fd of [0, 1, 2]) fstatSync(fd);
  assert.not(existsSync(UNMADE));
}

const misuses = suite("misuses");
const lines = linesOf("misuses.txt");
for (const [i, line] of lines.entries()) {
  if (line.startsWith("  ")) continue;
  const expected = (lines[i + 1] ?? "").trim();
  misuses(line, async () => {
    const error = await rejection(Reflect.apply(compiled(line), undefined, []));
    assert.instance(error, core.StublabError);
    const message = error instanceof Error ? error.message : "";
    const parts = expected.split("…").map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
    assert.match(message, new RegExp(`^${parts.join("(.|\\n)*")}$`));
    expectUnharmed();
  });
}

const anything = suite("anything in place of an argument");
for (const line of linesOf("anything.txt")) {
  anything(line, async () => {
    await expectTypedRejections(line, compiled(line));
    expectUnharmed();
  });
}
anything("no process is left", async () => {
  await pool.close();
  for (const each of [tracer, platform, examiner]) each.close();
  assert.equal(childrenOf(process.pid), []);
});

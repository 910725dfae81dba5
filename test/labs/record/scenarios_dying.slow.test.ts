import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Tracer } from "../../../src/index.ts";
import { parseRecording, recordLesson } from "../../../src/labs/record/index.ts";
import { dumpNoCore, limitLife } from "../../../src/labs/record/precautions.ts";
import { Recorder } from "../../../src/labs/record/recorder.ts";
import type { Recording, Step } from "../../../src/labs/record/recording.ts";
import { Scene } from "../../../src/labs/record/scene.ts";
import { eventually, processState, run, stublabCommand } from "../../support/processes.ts";
import { testScenarios } from "../../support/scenario_tests.ts";

const all = suite("scenarios: dying");
testScenarios(all, ["no-exitkill", "exitkill", "stale-orig-rax", "rseq", "cascade"]);
all.run();

const decisive = suite("scenarios: dying: the decisive step");

/** The step that answers a question. */
function answerTo({ questions, steps }: Recording, index: number): Step {
  const step = steps[questions[index]?.step ?? -1];
  if (step === undefined) throw new Error(`there is no question ${index}`);
  return step;
}

decisive("with EXITKILL it is killed, and nobody has sent it a signal", async () => {
  const recording = await recordLesson("exitkill");
  const step = answerTo(recording, 0);
  assert.equal([step.lane, step.kind, step.title], ["guest", "exit", "killed by SIGKILL"]);
  assert.is(step.kernel?.state, "Z");
  const signals = recording.steps.filter(({ title }) => title.startsWith("tgkill"));
  assert.equal(
    signals.map(({ about }) => about),
    ["tracer"],
  );
});

decisive(
  "an unmapped rseq area stops the stub where it was, with a fault of the kernel's",
  async () => {
    const recording = await recordLesson("rseq");
    const munmap = recording.steps.find(({ title }) => title.startsWith("munmap"));
    assert.is(munmap?.kernel?.memory?.length, 1);
    // Where the kernel does not look at the area after a system call, it stops at its INT3 first.
    const stops = recording.steps.filter(({ kind }) => kind === "stop");
    const index = stops.findIndex(({ title }) => title === "stopped by SIGSEGV");
    const [stop, rest] = [stops[index], stops[index - 1]];
    const rests = answerTo(recording, 0).title === "stopped by SIGTRAP";
    const [question] = recording.questions;
    assert.match(
      question?.choices[question.answer] ?? "",
      rests ? /^Its INT3/ : /^A SIGSEGV, before/,
    );
    assert.is(answerTo(recording, 0), rests ? rest : stop);
    const before = rests ? rest?.registers?.after : munmap?.registers?.after;
    assert.equal(stop?.registers?.before, before);
  },
);

decisive(
  "where the C library registers no rseq, the recording says so, and ends the same",
  async () => {
    const [node, args] = stublabCommand("lesson", "rseq", "--json");
    const env = { ...process.env, GLIBC_TUNABLES: "glibc.pthread.rseq=0" };
    const { code, stdout, stderr } = await run([node, args], { env });
    assert.is(code, 0, stderr);
    const { observed, end } = parseRecording(stdout);
    assert.ok(observed.some((text) => /registers no area/.test(text)));
    assert.ok(end.every(({ held }) => held));
  },
);

decisive("the cascade: grandchild, master, host die in this order, each once reaped", async () => {
  const { steps } = await recordLesson("cascade");
  const told = steps.map(({ lane, about, title }) => `${lane} ${about} ${title}`);
  const order = [
    /^grandchild \w+ .*EVENT_EXIT$/,
    /^host grandchild ptrace\(PTRACE_CONT/,
    /^grandchild \w+ killed/,
    /^host master wait4\(.* = 0$/,
    /^host grandchild wait4\(.*killed/,
    /^master \w+ .*EVENT_EXIT$/,
    /^host master ptrace\(PTRACE_CONT/,
    /^master \w+ killed/,
    /^host host killed/,
    /^observer host wait4/,
    /^keeper master wait4/,
    /^keeper grandchild wait4/,
  ];
  const indices = order.map((pattern) => told.findIndex((text) => pattern.test(text)));
  assert.ok(!indices.includes(-1), `${indices}`);
  assert.equal(
    indices,
    indices.toSorted((a, b) => a - b),
  );
  const reaped = told.filter((text) => /^host master wait4\(.*killed/.test(text));
  assert.equal(reaped, [], "the host does not come to that");
});

decisive.run();

const precautions = suite("scenarios: dying: precautions");

precautions(
  "a stub with a limited life is killed though it is stopped, and nobody traces it",
  async () => {
    using tracer = new Tracer();
    const stub = tracer.createStub();
    limitLife(stub, 50);
    stub.detach();
    assert.ok(await eventually(() => processState(stub.pid)?.state === "Z", 2000));
  },
);

precautions("and when it has used the processor time that it may use", () => {
  using tracer = new Tracer();
  const stub = tracer.createStub();
  limitLife(stub);
  const limits = readFileSync(`/proc/${stub.pid}/limits`, "utf8");
  assert.match(limits, /^Max cpu time +5 +5 +seconds/m);
});

precautions("one that dumps no core says so, and so do its children", () => {
  using tracer = new Tracer();
  const stub = tracer.createStub();
  dumpNoCore(stub);
  for (const { pid } of [stub, stub.createStub()]) {
    const limits = readFileSync(`/proc/${pid}/limits`, "utf8");
    assert.match(limits, /^Max core file size +0 +0 /m);
  }
});

precautions(
  "what a stub traces for a lesson is gone if the lesson fails, with its tracer or without",
  () => {
    for (const tracerDies of [false, true]) {
      const scene = new Scene(new Recorder());
      const keeper = scene.keeper();
      const tracer = scene.act("tracer", "a stub that traces", keeper.stub.createStub());
      const subject = scene.enlist("stub", "a stub", tracer.stub.createStub());
      subject.callBriefly("prctl", [scene.tracer.flag("PR_SET_PDEATHSIG"), 0], "It would live on.");
      const traced = scene.handOver(subject, tracer);
      traced.resume("It runs into its INT3.");
      const told = { stop: "SIGTRAP.", wait: "Its tracer waits." };
      assert.is(traced.awaitStop(told).signal, scene.tracer.constant("SIGTRAP"));
      if (tracerDies) {
        const dying = scene.actor("tracer", tracer.stub);
        dying.signal("SIGKILL", "It dies.");
        dying.awaitEnd(told);
      }
      scene.close();
      for (const pid of [keeper.stub.pid, tracer.stub.pid, subject.pid]) {
        assert.is(processState(pid), undefined, `${tracerDies}`);
      }
    }
  },
);

precautions.run();

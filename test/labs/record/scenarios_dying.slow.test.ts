import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Tracer } from "../../../src/index.ts";
import { parseRecording } from "../../../src/labs/record/index.ts";
import { dumpNoCore, limitLife } from "../../../src/labs/record/precautions.ts";
import { Recorder } from "../../../src/labs/record/recorder.ts";
import { Scene } from "../../../src/labs/record/scene.ts";
import { eventually, processState, run, stublabCommand } from "../../support/processes.ts";
import { recordingOf } from "../../support/recordings.ts";
import { testScenarios } from "../../support/scenario_tests.ts";

const all = suite("scenarios: dying");
testScenarios(all, ["no-exitkill", "exitkill", "stale-orig-rax", "rseq", "cascade"]);
all.run();

const decisive = suite("scenarios: dying: the decisive step");

decisive("the question of rseq has the answer that this kernel gives", async () => {
  const { questions, steps } = await recordingOf("rseq");
  const [question] = questions;
  // Where the kernel does not look at the area after a system call, the stub stops at its INT3 first.
  const rests = steps[question?.step ?? -1]?.title === "stopped by SIGTRAP";
  const right = question?.choices[question.answer] ?? "";
  assert.match(right, rests ? /^Its INT3/ : /^A SIGSEGV, before/);
});

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

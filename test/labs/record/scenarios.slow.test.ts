import { ALL_ENCODERS } from "../../../src/index.ts";
import { refusalOf } from "../../../src/labs/record/course.ts";
import { eventsOf } from "../../../src/labs/record/event.ts";
import { LESSONS, type Recording } from "../../../src/labs/record/index.ts";
import { dumpNoCore, limitLife } from "../../../src/labs/record/precautions.ts";
import { Recorder } from "../../../src/labs/record/recorder.ts";
import { Scene } from "../../../src/labs/record/scene.ts";

const scenarios = suite("scenarios");

for (const name of LESSONS.filter((each) => refusalOf(each) === undefined)) {
  scenarios(`${name}: with each encoder it is the same, holds, leaves no process`, async () => {
    const outlines = [];
    for (const encoder of ALL_ENCODERS) {
      const recording = await recordLesson(name, { encoder: openEncoder(encoder) });
      const { lanes, steps, end } = recording;
      assert.is(recording.encoder, encoder);
      assert.ok(end.length >= 4);
      const events = eventsOf(recording);
      assert.ok(events.length <= 20, `${events.length} events`);
      const first = events.indexOf(recording.questions[0]?.step ?? -1);
      assert.ok(first >= 0 && first < 4, `the first question is before event ${first + 1}`);
      assert.equal(
        end.filter(({ held }) => !held),
        [],
        encoder,
      );
      for (const { title, why } of steps) assert.match(why, /^.+[.?)]$/s, title);
      const others = lanes.map(({ pid }) => pid).filter((pid) => pid !== process.pid);
      assert.ok(others.length > 0);
      assert.equal([others.filter(processState), childrenOf(process.pid)], [[], []]);
      outlines.push(outlineOf(recording));
    }
    for (const outline of outlines) assert.equal(outline, outlines[0]);
  });
}

/** A recording without what differs between two. */
function outlineOf({ steps, lanes, arrows, questions, end }: Recording): unknown {
  const lanesByPid = new Map(lanes.map(({ id, pid }) => [`${pid}`, id]));
  // Whole numbers only: one pid may begin with the digits of another.
  const anonymous = (text: string) =>
    text.replaceAll(/(?:0x|-|status |thread )[0-9a-f]+|\d+/g, (word) =>
      /^\d+$/.test(word) ? (lanesByPid.get(word) ?? word) : "…",
    );
  return {
    steps: steps.map(({ lane, about, kind, title, kernel }) => {
      const view = kernel && [kernel.state, kernel.blocked, kernel.ignored, kernel.pending];
      // An instruction has no pid, but may have the number of one.
      const told = kind === "instruction" ? title : anonymous(title);
      return [lane, about, kind, told, view, kernel && kernel.tracerTid > 0];
    }),
    arrows,
    questions: questions.map(({ step, answer }) => [step, answer]),
    end: end.map(({ fact }) => fact),
  };
}

scenarios("thread-dies: after the thread's end nothing is done to the untraced stub", async () => {
  const { steps, lanes } = await recordingOf("thread-dies");
  const pids = Object.fromEntries(lanes.map(({ id, pid }) => [id, pid]));
  assert.is(pids.main, process.pid);
  assert.is.not(pids.worker, process.pid);
  const of = (id: string) => steps.filter(({ lane }) => lane === id);
  const { kernel } = of("stub").find(({ title }) => title === "stopped by SIGSTOP") ?? {};
  assert.equal([kernel?.state, kernel?.tracerTid, kernel?.parentPid], ["T", 0, process.pid]);
  const over = steps.findIndex(({ lane, kind }) => lane === "worker" && kind === "exit");
  const next = steps.slice(over + 1, over + 3);
  lists(next, ["main note", "stub exit"], ({ lane, kind }) => `${lane} ${kind}`);
});

scenarios("early-attach: two SIGSTOPs of one status word, three stops, three places", async () => {
  const { steps } = await recordingOf("early-attach");
  const titles = steps.flatMap(({ about, title }) =>
    about === "watched" && /SIGSTOP: 0x137f/.test(title) ? [title] : [],
  );
  assert.equal([titles.length, new Set(titles).size], [2, 1]);
  const stops = steps.filter(({ lane, kind }) => lane === "watched" && kind === "stop");
  assert.is(new Set(stops.map(({ registers }) => registers?.after.rip)).size, 3);
});

scenarios("the question of rseq has the answer that this kernel gives", async () => {
  const { questions, steps } = await recordingOf("rseq");
  const [question] = questions;
  // Where the kernel does not look at the area after a system call, the stub stops at its INT3 first.
  const rests = steps[question?.step ?? -1]?.title === "stopped by SIGTRAP";
  const right = question?.choices[question.answer] ?? "";
  assert.match(right, rests ? /^Its INT3/ : /^A SIGSEGV, before/);
});

scenarios("if libc registers no rseq, the recording says so, and ends the same", async () => {
  const [node, args] = stublabCommand("lesson", "rseq", "--json");
  const env = { ...process.env, GLIBC_TUNABLES: "glibc.pthread.rseq=0" };
  const { stdout } = await succeeded(run([node, args], { env }));
  const { observed, end } = parseRecording(stdout);
  assert.ok(observed.some((text) => /registers no area/.test(text)));
  assert.ok(end.every(({ held }) => held));
});

const precautions = suite("scenarios: precautions");

precautions("a stub with a limited life is killed though it is stopped and untraced", async () => {
  using tracer = new Tracer();
  const stub = tracer.createStub();
  limitLife(stub, 50);
  stub.detach();
  assert.ok(await eventually(() => processState(stub.pid)?.state === "Z", 2000));
});

precautions("its processor time is limited, too; children inherit that no core is dumped", () => {
  using tracer = new Tracer();
  const stub = tracer.createStub();
  const limitsOf = (pid: number) => readFileSync(`/proc/${pid}/limits`, "utf8");
  limitLife(stub);
  assert.match(limitsOf(stub.pid), /^Max cpu time +5 +5 +seconds/m);
  dumpNoCore(stub);
  for (const { pid } of [stub, stub.createStub()]) {
    assert.match(limitsOf(pid), /^Max core file size +0 +0 /m);
  }
});

precautions("what a stub traces for a lesson ends if it fails, with its tracer or without", () => {
  for (const tracerDies of [false, true]) {
    const scene = new Scene(new Recorder());
    const keeper = scene.keeper();
    const tracer = scene.act("tracer", "a stub that traces", keeper.stub.createStub());
    const subject = scene.enlist("stub", "a stub", tracer.stub.createStub());
    subject.callBriefly(
      "prctl",
      [scene.tracer.host.flag("PR_SET_PDEATHSIG"), 0],
      "It would live on.",
    );
    const traced = scene.handOver(subject, tracer);
    traced.resume("It runs into its INT3.");
    const told = { stop: "SIGTRAP.", wait: "Its tracer waits." };
    assert.is(traced.awaitStop(told).signal, scene.tracer.host.constant("SIGTRAP"));
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
});

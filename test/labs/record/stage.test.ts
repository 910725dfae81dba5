import { openAssemblyEncoder } from "../../../src/core/encoder/assembly.ts";
import { Annotator } from "../../../src/labs/record/annotate.ts";
import { HOST } from "../../../src/labs/record/arch.ts";
import type { Recording, Step } from "../../../src/labs/record/recording.ts";
import { type Stage, stageAt } from "../../../src/labs/record/stage/stage.ts";
import { drawStage, toMarkup } from "../../../src/labs/record/stage/svg.ts";
import { textOf } from "../../../src/labs/record/terminal/frame.ts";
import { stageLines } from "../../../src/labs/record/terminal/stage.ts";

const stages = suite("stage");

const grandchild = await recordingOf("grandchild");
const cascade = await recordingOf("cascade");

/** The stages of a recording, by their steps. */
function allOf(recording: Recording): Stage[] {
  const moments = new Moments(recording);
  const { constants } = openAssemblyEncoder(recording.machine.arch);
  const annotator = new Annotator(moments, constants);
  return recording.steps.map((_, index) => stageAt(moments, annotator, index));
}

function at(recording: Recording, holds: (step: Step) => boolean): Stage {
  const index = recording.steps.findIndex(holds);
  const stage = allOf(recording)[index];
  if (stage === undefined) throw new Error("there is no such step");
  return stage;
}

const edgesOf = ({ edges }: Stage) =>
  edges.map(({ kind, from, to, past }) => `${from} ${kind} ${to}${past ? " past" : ""}`);

const boxOf = ({ boxes }: Stage, id: string) => boxes.find((box) => box.id === id);

stages("a clone hands two words down, and the child knows what they mean", () => {
  const { PARENT, MARK } = HOST;
  const pid = grandchild.lanes.find(({ id }) => id === "master")?.pid;
  const isBirth = ({ kind, lane }: Step) => kind === "clone" && lane === "grandchild";
  const before = allOf(grandchild)[grandchild.steps.findIndex(isBirth) - 1];
  assert.not.ok(before?.boxes.some(({ id }) => id === "grandchild"));
  const stage = at(grandchild, isBirth);
  const carries = [`${PARENT} = ${pid}`, `${MARK} = 1`];
  const ends = { from: "master", to: "grandchild" };
  assert.equal(stage.moves, [{ kind: "clone", ...ends, label: "clone", carries }]);
  const parents = ["host parent master", "host tracer master", "master parent grandchild"];
  assert.equal(edgesOf(stage), [...parents, "host tracer grandchild"]);
  const words = boxOf(stage, "grandchild")?.words.map(({ name, meaning }) => [name, meaning]);
  assert.equal(Object.fromEntries(words ?? [])[PARENT], "parent: master");
});

stages("threads are in the frame of their process; each has its own children", async () => {
  const { lanes, ...rest } = await recordingOf("thread-dies");
  const all = allOf({ lanes, ...rest });
  const [first, last] = [all[0], all.at(-1)];
  assert.ok(first && last);
  const { pid } = lanes.find(({ id }) => id === "main") ?? {};
  const frames = [{ title: `process ${pid}`, of: ["main", "worker"] }];
  for (const { frames: seen } of all) assert.equal(seen, frames);
  assert.equal(edgesOf(first), ["worker parent stub", "worker tracer stub"]);
  assert.equal(edgesOf(last), [
    "worker parent stub past",
    "main parent control",
    "main tracer control",
  ]);
  const told = ["main", "worker"].map((id) => boxOf(last, id)?.told);
  assert.equal(told, ["running", "ended"]);
  // Older recordings do not know threads.
  const old = { ...rest, lanes: lanes.map((lane) => ({ ...lane, process: undefined })) };
  assert.equal(allOf(parseRecording(JSON.stringify(old)))[0]?.frames, []);
});

stages("a terminal is no process; sessions are framed, and a key is its signal", async () => {
  const recording = await recordingOf("no-setsid");
  const { lanes, steps } = recording;
  const typed = steps.findIndex(({ lane }) => lane === "terminal");
  const all = allOf(recording);
  const [before, after] = [all[typed], all[typed + 2]];
  assert.ok(before && after);
  assert.ok(edgesOf(before).includes("terminal terminal host"));
  assert.not.ok(edgesOf(before).includes("terminal parent host"));
  const [host, control] = ["host", "control"].map(
    (id) => lanes.find((lane) => lane.id === id)?.pid,
  );
  assert.equal(before.frames, [
    { title: `session ${host}, foreground group ${host}`, of: ["host", "stub"] },
    { title: `session ${control}, no terminal`, of: ["control"] },
  ]);
  // What ^Z does is told, too, though nobody types it.
  assert.equal(
    boxOf(after, "terminal")?.words.map(({ name, value }) => [name, value]),
    [
      ["^C", "SIGINT"],
      ["^Z", "SIGTSTP"],
    ],
  );
  assert.equal(wordOf(after, "stub", "pending")?.tags, ["SIGINT"]);
});

const wordOf = (stage: Stage | undefined, id: string, name: string) =>
  stage && boxOf(stage, id)?.words.find((word) => word.name === name);

stages("mappings are bars: those that are there, and those that have been", async () => {
  const recording = await recordingOf("scrub");
  const all = allOf(recording);
  const maps = recording.steps.map(({ kernel }) => kernel?.memory?.length ?? 0);
  const unmapped = maps.lastIndexOf(1);
  const counts = [0, unmapped, all.length - 1].map((index) => {
    const { bars = [], by } = wordOf(all[index], "master", "memory") ?? {};
    return [bars.length, bars.filter(Boolean).length, by];
  });
  const [whole] = maps;
  assert.equal(counts, [
    [whole, whole, null],
    [whole, 1, unmapped],
    [whole, 1, null],
  ]);
  assert.is(wordOf(allOf(grandchild).at(-1), "master", "memory"), undefined);
});

stages("pending and blocked signals are tags, as long as they are known", async () => {
  const recording = await recordingOf("blocked-signals");
  const at = recording.steps.findIndex(({ title }) => title.includes("later"));
  const all = allOf(recording);
  assert.equal(wordOf(all[at], "stub", "pending")?.tags, ["SIGCHLD"]);
  assert.match(wordOf(all[at], "stub", "blocked")?.tags?.join() ?? "", /^all but /);
  assert.is(wordOf(all.at(-1), "stub", "blocked"), undefined);
  const resumed = recording.steps.findLastIndex(({ title }) =>
    title.startsWith("ptrace(PTRACE_CONT"),
  );
  assert.is(wordOf(all[resumed], "stub", "pending"), undefined);
});

stages("what a call fetches comes from the process that it is about", () => {
  const isInjected = ({ lane, title }: Step) => lane === "master" && title.startsWith("wait4");
  const [move] = at(grandchild, isInjected).moves;
  const told = { from: "grandchild", to: "master", label: "stopped by SIGSTOP" };
  assert.equal(move, { kind: "wait", ...told, carries: [] });
  const [sent] = at(cascade, ({ title }) => title.startsWith("tgkill")).moves;
  assert.is(`${sent?.from} ${sent?.label} ${sent?.to}`, "observer SIGKILL grandchild");
});

stages("an exit signal goes to the parent; who has ended has no live state", () => {
  const stage = at(cascade, ({ kind, lane }) => kind === "exit" && lane === "host");
  const moves = stage.moves.map(({ from, to, label }) => `${from} ${label} ${to}`);
  assert.equal(moves, ["master exit signal SIGKILL host"]);
  const master = boxOf(stage, "master");
  assert.equal([master?.told, master?.words], ["zombie · SIGKILL", []]);
  const past = ["keeper parent host past", "host parent master past"];
  assert.equal(edgesOf(stage), [...past, "master parent grandchild past"]);
});

stages("each process keeps its place, which no other has", () => {
  for (const recording of [grandchild, cascade]) {
    const boxes = allOf(recording).flatMap((stage) => stage.boxes);
    const places = new Map(boxes.map(({ id, row, column }) => [`${row} ${column}`, id]));
    const kept = boxes.every(({ id, row, column }) => places.get(`${row} ${column}`) === id);
    assert.equal([places.size, kept], [recording.lanes.length, true]);
  }
});

stages("of hundreds of processes eight are drawn, and the rest is counted", () => {
  const more = Array.from({ length: 300 }, (_, i) => ({
    ...{ role: "", pid: i + 1, process: null, terminal: false },
    id: `more ${i}`,
  }));
  const notes = more.map(({ id }) => ({ ...cascade.steps[0], lane: id, about: id }) as Step);
  const crowd = {
    ...cascade,
    lanes: [...cascade.lanes, ...more],
    steps: [...cascade.steps, ...notes],
  };
  const stage = allOf(crowd).at(-1);
  assert.is(stage?.boxes.length, 8);
  assert.is(stage?.omitted, crowd.lanes.length - 8);
  assert.ok(stage?.boxes.some(({ id, acts }) => id === "more 299" && acts));
});

stages("a hostile recording gives a bounded drawing, in which nothing is markup", () => {
  for (const stage of allOf(hostileRecording(grandchild)).slice(0, 20)) {
    for (const width of [360, 900]) {
      const { markup } = toMarkup(drawStage(stage, { width }));
      assert.ok(markup.length < 40_000, `${markup.length}`);
      assert.equal(
        new Set(markup.match(/<[a-z!]+/g)),
        new Set(["<svg", "<g", "<path", "<text", "<rect", "<circle"]),
      );
    }
    for (const line of stageLines(stage, 80)) assert.is(textOf(line).length, 80);
  }
});

stages("in few columns each process has a line", () => {
  const lines = stageLines(
    at(cascade, ({ kind }) => kind === "exit"),
    60,
  ).map(textOf);
  assert.is(lines.length, cascade.lanes.length);
  assert.match(lines.at(-1) ?? "", /^grandchild \d+ zombie, SIGKILL/);
});

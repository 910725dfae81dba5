// What pages and the stage show of /proc, compared with what /proc showed while the lessons were recorded.

import { constants } from "node:os";
import { openAssemblyEncoder } from "../../../src/core/encoder/assembly.ts";
import { Annotator } from "../../../src/labs/record/annotate.ts";
import { refusalOf } from "../../../src/labs/record/course.ts";
import { eventsOf, startOf } from "../../../src/labs/record/event.ts";
import { LESSONS } from "../../../src/labs/record/index.ts";
import { KernelViewer } from "../../../src/labs/record/kernel_view.ts";
import type { KernelView, Recording } from "../../../src/labs/record/recording.ts";
import { stageAt } from "../../../src/labs/record/stage/stage.ts";

const rows = suite("rows of /proc");

/** Of each view of this process's stubs, /proc/PID/status right before and after it, if both are the same. */
const seen = new Map<KernelView, string>();
const { view } = KernelViewer.prototype;
rows.before(() => {
  KernelViewer.prototype.view = function (pid, lanes) {
    const path = `/proc/${pid}/status`;
    // SigQ counts the signals of all processes of the user, those of other tests too.
    const read = () =>
      existsSync(path) ? readFileSync(path, "utf8").replace(/^SigQ:.*\n/m, "") : "";
    const before = read();
    const found = view.call(this, pid, lanes);
    if (found !== null && before !== "" && before === read()) seen.set(found, before);
    return found;
  };
});
rows.after(() => {
  KernelViewer.prototype.view = view;
});

const ALL = (1n << 64n) - 1n;

/** The set that a list of signals stands for: "none", "SIGHUP SIGINT", "all but SIGKILL". */
function setOf(told: string): bigint {
  if (told === "all") return ALL;
  if (told.startsWith("all but ")) return ALL & ~setOf(told.slice("all but ".length));
  const numbers = Object.entries(constants.signals);
  const named = told.match(/SIG[A-Z0-9]+|signal \d+/g) ?? [];
  return named.reduce((set, name) => {
    const number = numbers.find(([each]) => each === name)?.[1] ?? Number(name.split(" ")[1]);
    return set | (1n << BigInt(number - 1));
  }, 0n);
}

/** Whether a row says what a file /proc/PID/status does, by the names of both, which are the kernel's. */
function isTrue(name: string, value: string, status: string): boolean {
  const field = (name: string) => new RegExp(`^${name}:\\s+(.*)$`, "m").exec(status)?.[1] ?? "";
  const mask = (name: string) => BigInt(`0x${field(name)}`);
  const first = (text: string) => text.split(/\s/)[0];
  switch (name) {
    case "State":
      return value === field("State");
    case "Sig+ShdPnd":
    case "pending":
      return setOf(value) === (mask("SigPnd") | mask("ShdPnd"));
    case "blocked":
      return setOf(value) === mask("SigBlk");
    case "SigBlk":
    case "SigIgn":
      return setOf(value) === mask(name);
    case "VmRSS":
      // A zombie has no memory.
      return value === (field("VmRSS") || "0 kB");
    default:
      return first(value) === first(field(name));
  }
}

/** The rows that are shown at each step, on the stage and in the table beside it, with the views that they are of. */
function* shownIn(recording: Recording) {
  const moments = new Moments(recording);
  const annotator = new Annotator(moments, openAssemblyEncoder(recording.machine.arch).constants);
  const events = eventsOf(recording);
  for (const index of recording.steps.keys()) {
    const since = startOf(events, index);
    const viewOf = (id: string) => moments.lane(id, index).kernel?.value;
    const { subject } = moments.at(index, since);
    for (const { name, after } of annotator.kernelRows(subject, index, since))
      yield { where: "table", index, name, value: after, view: viewOf(subject) };
    for (const { id, words } of stageAt(moments, annotator, index, since).boxes)
      for (const { name, value } of words)
        if (/^(pending|blocked|NSsid|SigIgn|VmRSS)$/.test(name))
          yield { where: "stage", index, name, value, view: viewOf(id) };
  }
}

rows("each says what the kernel said, in every step of every lesson", async () => {
  const wrong: string[] = [];
  const counts = { stage: 0, table: 0, unseen: 0 };
  for (const lesson of LESSONS.filter((each) => refusalOf(each) === undefined)) {
    for (const { where, index, name, value, view } of shownIn(await recordingOf(lesson))) {
      const status = view && seen.get(view);
      // Of a process of a sandbox, and of one that runs on meanwhile.
      if (status === undefined) counts.unseen++;
      else {
        counts[where === "stage" ? "stage" : "table"]++;
        if (!isTrue(name, value, status)) wrong.push(`${lesson} ${index + 1}: ${name} ${value}`);
      }
    }
  }
  assert.equal(wrong, []);
  assert.ok(counts.stage >= 80 && counts.table >= 3000);
});

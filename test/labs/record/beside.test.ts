import { suite } from "uvu";
import * as assert from "uvu/assert";
import { renderBesideText } from "../../../src/labs/record/beside_text.ts";
import {
  alignRecordings,
  assignment,
  type Beside,
  gradeAnswerConfined,
  type Recording,
  recordLesson,
} from "../../../src/labs/record/index.ts";
import { hostileRecording } from "../../support/hostile_recording.ts";
import { recordingOf } from "../../support/recordings.ts";

const beside = suite("two recordings beside each other");

/** The rows as one can read them: "1 1 setsid() = 2358", and what differs. */
function told({ rows }: Beside, left: Recording, right: Recording): string[] {
  return rows.map(({ relation, left: i, right: j, differences }) => {
    const titles = [left.steps[i ?? -1]?.title ?? "", right.steps[j ?? -1]?.title ?? ""];
    return `${relation}: ${titles.join(" | ")} [${differences.map(({ what }) => what).join(" ")}]`;
  });
}

for (const name of ["host", "switch", "exitkill"]) {
  beside(`${name}: two recordings of it do not part, whatever their pids`, async () => {
    const [one, other] = [await recordingOf(name), await recordLesson(name)];
    assert.not.equal(one.lanes, other.lanes);
    const document = alignRecordings(one, other);
    assert.equal([document.part, document.end], [null, []], told(document, one, other).join("\n"));
    const { length } = one.steps;
    const [end] = renderBesideText(one, other).split("\n").slice(-2);
    assert.is(end, `     … ${length} steps the same: 1 to ${length}`);
  });
}

beside("host, parent-dies: the stub is paired with the orphan, and getppid differs", async () => {
  const [one, other] = [await recordingOf("host"), await recordingOf("parent-dies")];
  const document = alignRecordings(one, other);
  assert.ok(document.lanes.some(({ left, right }) => left === "master" && right === "child"));
  // Every step of both is in one row, in its order.
  assert.equal(
    document.rows.flatMap(({ left }) => left ?? []),
    [...one.steps.keys()],
  );
  assert.equal(
    document.rows.flatMap(({ right }) => right ?? []),
    [...other.steps.keys()],
  );
  const rows = told(document, one, other);
  const steps = [
    /^same: mov \$9, %esi/,
    /^same: prctl\(/,
    /^alike: getppid\(\) = \d+ \| getppid\(\) = \d+ \[title rax\]/,
    /^same: js fail/,
    /^alike: cmp %r15, %rax .*\[eflags\]/,
    /^alike: jne leave .*\[rip\]/,
    /^apart: mov \$39, .* \| mov \$60, /,
  ].map((pattern) => rows.findIndex((row) => pattern.test(row)));
  assert.ok(!steps.includes(-1), rows.join("\n"));
  assert.equal(
    steps,
    steps.toSorted((a, b) => a - b),
  );
});

beside("a wrong answer and the right one part at the word that is wrong", async () => {
  const text = assignment("wait-options", "ada");
  const wrong = await gradeAnswerConfined(text);
  const right = await gradeAnswerConfined(
    text.replace(/^options = .*/m, "options = WUNTRACED|__WALL"),
  );
  assert.equal([wrong.right, right.right], [false, true]);
  const document = alignRecordings(wrong.recording, right.recording);
  const { differences = [] } = document.rows[document.part ?? -1] ?? {};
  assert.equal(differences, [{ what: "rdx", left: "0x0", right: "0x40000002 = WUNTRACED|__WALL" }]);
  assert.ok(document.end.some(({ what, left }) => what === "wait4" && left === "-ECHILD"));
  const shown = renderBesideText(wrong.recording, right.recording);
  assert.match(shown, /^They part at step \d+: rdx\.\n\n {5}… \d+ steps the same: 1 to \d+$/m);
  assert.is(shown.match(/^.{81,}$/m), null);
});

beside("what a recording says is text", async () => {
  const one = await recordingOf("inject");
  const other = hostileRecording(one);
  for (const [left, right] of [
    [one, other],
    [other, other],
  ] as const)
    assert.is(renderBesideText(left, right).match(/[^\n\P{C}]/u), null);
  assert.throws(() => renderBesideText(one, { ...one, lanes: [] }), /there is no lane/);
});

beside.run();

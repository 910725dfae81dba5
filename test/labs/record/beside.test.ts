import { renderBeside } from "../../../src/labs/record/beside.ts";
import { assignment, gradeAnswerConfined } from "../../../src/labs/record/index.ts";

const beside = suite("two recordings beside each other");

for (const name of ["host", "switch", "exitkill"]) {
  beside(`${name}: two recordings of it do not part, whatever their pids`, async () => {
    const [one, other] = [await recordingOf(name), await recordLesson(name)];
    assert.not.equal(one.lanes, other.lanes);
    const { length } = one.steps;
    const told = new RegExp(
      `They do not part.*\\n\\n… ${length} steps the same: 1 to ${length}\\n`,
    );
    assert.match(renderBeside(one, other), told);
  });
}

beside("two lessons part at the first step that differs in anything", async () => {
  const shown = renderBeside(await recordingOf("no-exitkill"), await recordingOf("exitkill"));
  const [, step = 0] = /They part at step (\d+)\./.exec(shown) ?? [];
  assert.match(shown, new RegExp(`^${step} tracer: .* \\| ${step} tracer: `, "m"));
});

beside("a wrong answer and the right one part at the word that is wrong", async () => {
  const text = assignment("wait-options", "ada");
  const wrong = await gradeAnswerConfined(text);
  const right = await gradeAnswerConfined(
    text.replace(/^options = .*/m, "options = WUNTRACED|__WALL"),
  );
  assert.equal([wrong.right, right.right], [false, true]);
  const shown = renderBeside(wrong.recording, right.recording);
  assert.match(shown, /^They part at step \d+: rdx\.\n\n… \d+ steps the same: 1 to \d+$/m);
  assert.match(shown, /^rdx 0x0 +\| rdx 0x40000002 = WUNTRACED\|__WALL$/m);
  assert.is(shown.match(/^.{81,}$/m), null);
});

beside("what a recording says is text", async () => {
  const one = await recordingOf("inject");
  const other = hostileRecording(one);
  for (const [left, right] of [
    [one, other],
    [other, other],
  ] as const)
    assert.is(renderBeside(left, right).match(/[^\n\P{C}]/u), null);
  assert.throws(() => renderBeside(one, { ...one, lanes: [] }), /there is no lane/);
});

import { renderText } from "../../../src/labs/record/text.ts";
import { wrap } from "../../../src/labs/record/wrap.ts";
import { LESSONS } from "../../support/recordings.ts";

const view = suite("text view");

/** Text without its spaces and the ends of its lines. */
const flat = (text: string) => text.replace(/\s+/g, "");

for (const name of LESSONS) {
  view(`${name}: all that it says is there within 80 columns, answers at the end`, async () => {
    const recording = await recordingOf(name);
    const text = renderText(recording);
    assert.is(text.match(/^.{81,}$/m), null);
    const all = flat(text);
    const [walk = ""] = text.split("\nAnswers\n");
    const before = flat(walk);
    const { introduction, lanes, observed, steps, questions, end } = recording;
    const told = [
      ...[...introduction, ...observed],
      ...lanes.map(({ role }) => role),
      ...steps.flatMap(({ title, why, detail, observer }) => [title, why, detail, observer]),
      ...questions.flatMap(({ text, choices, replies }) => [text, ...choices, ...replies]),
      ...end.map(({ fact }) => fact),
    ];
    for (const each of told) assert.ok(all.includes(flat(each ?? "")), each ?? "");
    const replies = questions.flatMap((question) => question.replies);
    for (const reply of replies) assert.not(before.includes(flat(reply)), reply);
    assert.not.match(renderText({ ...recording, questions: [] }), /^Answers|questions? /m);
  });
}

view("strings of a recording do not move a terminal", async () => {
  const recording = await recordingOf("inject");
  const evil = "\x1b[2J\x1b]0;title\x07\r\n\u009b1A\u202e\ud800";
  const text = renderText(hostileRecording(recording, [evil]));
  assert.is(text.match(/[^\n -~µ]/u), null);
  assert.match(text, "\\x1b[2J\\x1b]0;title\\x07\\r\\n");
});

view("lines break at spaces and flags, and inside of a word that is too long", () => {
  assert.equal(wrap("a stub makes a stub", 8), ["a stub", "makes a", "stub"]);
  assert.equal(wrap("CLONE_VM|CLONE_FS|SIGKILL", 18), ["CLONE_VM|CLONE_FS|", "SIGKILL"]);
  assert.equal(wrap("abcdefgh", 3), ["abc", "def", "gh"]);
  assert.equal(wrap("", 3), [""]);
});

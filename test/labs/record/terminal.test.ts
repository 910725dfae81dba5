import { suite } from "uvu";
import * as assert from "uvu/assert";
import { choiceOrder, replyTo, seenAt } from "../../../src/labs/record/reading.ts";
import type { Question, Recording } from "../../../src/labs/record/recording.ts";
import { type Size, textOf, widthOf } from "../../../src/labs/record/terminal/frame.ts";
import { KeyReader } from "../../../src/labs/record/terminal/keys.ts";
import { type Frame, render, settle } from "../../../src/labs/record/terminal/layout.ts";
import { paint, repaint } from "../../../src/labs/record/terminal/paint.ts";
import { press } from "../../../src/labs/record/terminal/press.ts";
import { lookOf } from "../../../src/labs/record/terminal/screen.ts";
import { begin, type State } from "../../../src/labs/record/terminal/state.ts";
import { hostileRecording } from "../../support/hostile_recording.ts";
import { LESSONS, recordingOf } from "../../support/recordings.ts";

const USUAL: Size = { columns: 80, rows: 24 };
const WIDE: Size = { columns: 200, rows: 50 };
const SIZES: readonly Size[] = [USUAL, { columns: 120, rows: 40 }, WIDE, { columns: 40, rows: 12 }];

/** What a frame says, line by line. */
const linesOf = ({ lines }: Frame) => lines.map(textOf);
const screen = (state: State, size = USUAL) =>
  linesOf(render(state, size))
    .map((line) => line.trimEnd())
    .join("\n");

/** A state after keys, each of which is shown. */
function type(state: State, keys: readonly string[], size = USUAL): State {
  return keys.reduce((now, key) => {
    const next = press(now, key);
    return settle(next, render(next, size).limits);
  }, state);
}

/** What styles a line. */
const ESC = "\x1b";
const STYLES = new RegExp(`${ESC}\\[[\\d;]*m`, "g");
const WEIGHTS = new RegExp(`${ESC}\\[[127]?m`, "g");

function questionOf({ questions }: Recording, index: number): Question {
  const question = questions[index];
  if (question === undefined) throw new Error(`the recording has no question ${index}`);
  return question;
}

/** Letters and digits only: what is left of a text however it is laid out. */
const bare = (text: string) => text.replace(/[^a-zA-Z0-9]/g, "");

const frames = suite("terminal: frames");

/** A recording without questions. */
async function unasked(name: string): Promise<Recording> {
  return { ...(await recordingOf(name)), questions: [] };
}

for (const name of LESSONS) {
  for (const size of name === "grandchild" ? SIZES : [USUAL]) {
    frames(`${name}: every step fits ${size.columns} x ${size.rows}`, async () => {
      const recording = await recordingOf(name);
      for (let at = -1; at <= recording.steps.length; at++) {
        const { lines } = render(begin(recording, at), size);
        assert.is(lines.length, size.rows);
        for (const line of lines) assert.is(widthOf(line), size.columns, textOf(line));
      }
    });

    frames(`${name}: all of a step can be read at ${size.columns} x ${size.rows}`, async () => {
      const recording = await unasked(name);
      const told = new Set<string>();
      for (const [at, { title, why, observer }] of recording.steps.entries()) {
        const seen = bare(scrolled(begin(recording, at), size));
        for (const text of [title, why]) assert.ok(seen.includes(bare(text)), text);
        if (observer === null) continue;
        assert.is(seen.includes(bare(observer)), !told.has(observer), `once: ${observer}`);
        told.add(observer);
      }
    });
  }
}

/** The lines of the story, whole, from as many frames as it takes. */
function scrolled(start: State, size: Size): string {
  let state = start;
  let all = storyOf(state, size).join("");
  for (;;) {
    const next = type(state, ["j"], size);
    if ((next.scroll.story ?? 0) === (state.scroll.story ?? 0)) return all;
    state = next;
    all += storyOf(state, size).at(-1);
  }
}

function storyOf(state: State, size: Size): string[] {
  const story = render(state, size).limits.story;
  if (story === undefined) throw new Error("the story is not shown");
  // The last column says whether there is more.
  return story.lines.map((line) => textOf(line).slice(0, -1));
}

frames("a recording without registers leaves their room to /proc and memory", async () => {
  const recording = await unasked("grandchild");
  const steps = recording.steps.map((step) => ({ ...step, instruction: null, registers: null }));
  for (const size of [{ columns: 120, rows: 40 }, WIDE]) {
    const text = screen(begin({ ...recording, steps }, 40), size);
    assert.match(text, /─ [/]proc of grandchild ─.*─ memory of grandchild ─/);
    assert.not.match(text, "─ code ─");
  }
});

frames("the mark under the lanes stands under the step, also where not all find room", async () => {
  const recording = await unasked("grandchild");
  for (const size of [USUAL, WIDE]) {
    for (const [at, { lane, kind }] of recording.steps.entries()) {
      const lines = linesOf(render(begin(recording, at), size));
      const ruler = lines.findIndex((line) => line.includes("▲"));
      const column = lines[ruler]?.indexOf("▲") ?? -1;
      const row = lines.findIndex((line, i) => i > 0 && line.startsWith(` ${lane} `));
      const mark = lines[row]?.[column];
      if (kind === "instruction") assert.is(mark, "·");
      if (kind === "syscall") assert.is(mark, "c");
    }
  }
});

frames("many lanes leave room for the rest, and the one of the step is among them", async () => {
  const recording = await recordingOf("grandchild");
  const more = Array.from({ length: 50 }, (_, i) => ({ id: `other${i}`, role: "another", pid: i }));
  const crowded = { ...recording, questions: [], lanes: [...more, ...recording.lanes] };
  for (const at of recording.steps.keys()) {
    const text = screen(begin(crowded, at));
    const lane = recording.steps[at]?.lane ?? "";
    assert.match(text, `\n ${lane}`);
    assert.match(text, "─ stub code ─");
  }
});

frames("what is too small says so, and no size is an error", async () => {
  const recording = await recordingOf("host");
  assert.match(screen(begin(recording, 3), { columns: 29, rows: 24 }), /^29 x 24 characters are/);
  for (let columns = 1; columns < 140; columns += 7) {
    for (let rows = 1; rows < 50; rows += 3) {
      const { lines } = render(begin(recording, 20), { columns, rows });
      assert.is(lines.length, rows);
      for (const line of lines) assert.is(widthOf(line), columns);
    }
  }
});

frames("the strings of a recording move no terminal and no column", async () => {
  const evil = hostileRecording(await recordingOf("grandchild"), [
    "\x1b[2J\r\n\u009b1A\u202e\ud800漢é",
  ]);
  for (const size of [USUAL, WIDE]) {
    for (let at = -1; at <= evil.steps.length; at++) {
      for (const line of render(begin(evil, at), size).lines) {
        assert.is(widthOf(line), size.columns);
        const painted = paint(line, { color: true, unicode: true }).replace(STYLES, "");
        assert.is(painted.match(/[^ -~─━│┬┴┼▲▶▷·…←→↑↓✓✗]/u), null);
      }
    }
  }
  assert.match(screen(begin(evil, 0)), "\\x1b[2J\\r\\n\\x9b1A\\u{202e}\\u{d800}\\u{6f22}\\xe9");
});

frames("without colour nothing but weights is left, and ASCII is enough", async () => {
  const recording = await recordingOf("grandchild");
  for (let at = -1; at <= recording.steps.length; at++) {
    for (const line of render(begin(recording, at), USUAL).lines) {
      const plain = paint(line, { color: false, unicode: false });
      assert.is(plain.replace(WEIGHTS, "").match(/[^ -~]/), null);
    }
  }
  const C = { LC_ALL: "C", LANG: "en_US.UTF-8", NO_COLOR: "1" };
  assert.equal(lookOf(C), { color: false, unicode: false });
  assert.equal(lookOf({ LANG: "C.utf8" }), { color: true, unicode: true });
});

frames("only lines that differ are written", () => {
  assert.is(repaint(["a", "b", "c"], ["a", "B", "c"]), "\x1b[2;1HB");
  assert.is(repaint([], ["a", "b"]), "\x1b[1;1Ha\x1b[2;1Hb");
});

frames.run();

const keys = suite("terminal: keys");

/** The key that answers a question with a choice. */
const keyOf = (state: State, question: number, choice: number) =>
  String(choiceOrder(state, question).indexOf(choice) + 1);

for (const name of LESSONS) {
  keys(
    `${name}: End stops at each question, which hides its step, and scores the answers`,
    async () => {
      const recording = await recordingOf(name);
      let state = begin(recording, -1, 7);
      for (const [i, { step, text, choices, answer, because }] of recording.questions.entries()) {
        state = type(state, ["end", "end"]);
        assert.equal([state.asked, state.at, seenAt(state)], [i, step, step - 1]);
        assert.match(screen(state), "s shows the answer");
        const seen = bare(scrolled(state, USUAL));
        for (const said of [text, ...choices]) assert.ok(seen.includes(bare(said)), said);
        assert.is(seen.includes(bare(because)), false);
        assert.match(screen(state), `before step ${step + 1} of`);
        state = type(state, [keyOf(state, i, answer)]);
        const reply = replyTo(state, i, answer);
        const told = bare(scrolled(state, USUAL));
        assert.ok(state.asked !== null || told.includes(bare(`Right! ${reply}`)), reply);
      }
      const { length } = recording.questions;
      const end = screen(type(state, ["end"]));
      assert.match(end, `You answered ${length} of ${length} question`);
      assert.match(end, `right: ${length}.`);
    },
  );
}

keys("a search and a number do not lead past an open question", async () => {
  const recording = await recordingOf("grandchild");
  const [{ step: first }, { step: second }] = [questionOf(recording, 0), questionOf(recording, 1)];
  const title = (index: number) => recording.steps[index]?.title ?? "";
  const steps = recording.steps.map((step, i) => ({ ...step, title: `${title(i)} <${i}>` }));
  const find = (state: State, index: number) => type(state, ["/", ...`<${index}>`, "enter"]);
  const start = begin({ ...recording, steps }, 0);
  const sought = find(start, first);
  assert.equal([sought.at, sought.asked, sought.reached], [0, null, 0]);
  assert.match(screen(sought), `is in no step before the question of step ${first + 1}.`);
  const named = type(start, ["g", ...`${first + 3}`, "enter"]);
  assert.equal([named.at, named.asked, named.reached], [first, 0, first - 1]);
  const shown = type(named, ["s"]);
  assert.is(find(shown, second - 1).at, second - 1);
  assert.is(find(shown, second).at, first);
  assert.is(find(shown, 0).at, 0);
});

keys("an answer is replied to: each wrong choice has a reply of its own", async () => {
  const recording = await recordingOf("grandchild");
  const first = questionOf(recording, 0);
  const replies = first.choices.map((_, i) => `reply to ${i}`);
  const replying = { ...recording, questions: [{ ...first, replies }] };
  const asked = type(begin(replying, -1, 3), ["end"]);
  for (const choice of first.choices.keys()) {
    const text = bare(scrolled(type(asked, [keyOf(asked, 0, choice)]), USUAL));
    assert.is(text.includes(bare(because(choice))), true, because(choice));
    assert.is(text.includes(bare(first.because)), choice !== first.answer);
  }
  function because(choice: number): string {
    if (choice === first.answer) return `Right! reply to ${choice}`;
    return `Not ${keyOf(asked, 0, choice)}. reply to ${choice}`;
  }
});

keys("a recording without replies says why the answer is right, once", async () => {
  const recording = await recordingOf("grandchild");
  const questions = [{ ...questionOf(recording, 0), replies: [] }];
  const asked = type(begin({ ...recording, questions }), ["end"]);
  const { answer, because } = questionOf(recording, 0);
  const wrong = bare(scrolled(type(asked, [keyOf(asked, 0, answer === 0 ? 1 : 0)]), USUAL));
  assert.match(wrong, bare(`Answer: ${keyOf(asked, 0, answer)}.`));
  assert.is(wrong.split(bare(because)).length, 2);
});

keys("a terminal's sequences are keys, also in pieces", () => {
  const all = "\x1b[A\x1b[B\x1bOC\x1b[1;5D\x1b[H\x1b[4~\x1b[6~\x1b[Z\tq\r\x7f\x03é\x1b[200~";
  const names = ["up", "down", "right", "left", "home", "end", "page-down", "shift-tab", "tab"];
  const wanted = [...names, "q", "enter", "backspace", "ctrl-c", "é"];
  assert.equal(new KeyReader().push(all), wanted);
  const reader = new KeyReader();
  assert.equal(
    [...all].flatMap((character) => reader.push(character)),
    wanted,
  );
  assert.is(reader.waits, false);
});

keys("a lone ESC is the key, once nothing has followed it", () => {
  const reader = new KeyReader();
  assert.equal(reader.push("\x1b"), []);
  assert.ok(reader.waits);
  assert.equal(reader.flush(), ["escape"]);
  assert.equal(reader.push("\x1b["), []);
  assert.equal(reader.flush(), []);
  assert.equal(reader.push("\x1bx"), ["escape", "x"]);
  assert.equal(reader.push(`\x1b[${"1;".repeat(40)}`).includes("1"), true);
});

keys.run();

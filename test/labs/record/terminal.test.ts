import { eventAt, eventsOf } from "../../../src/labs/record/event.ts";
import { choiceOrder, seenAt } from "../../../src/labs/record/reading.ts";
import { type Line, type Size, textOf } from "../../../src/labs/record/terminal/frame.ts";
import { render } from "../../../src/labs/record/terminal/layout.ts";
import { lookOf, paint } from "../../../src/labs/record/terminal/screen.ts";
import { begin, FOLDS, press, type State } from "../../../src/labs/record/terminal/state.ts";
import { LESSONS } from "../../support/recordings.ts";

const USUAL: Size = { columns: 80, rows: 24 };
const WIDE: Size = { columns: 200, rows: 50 };
const SIZES: readonly Size[] = [USUAL, { columns: 120, rows: 40 }, WIDE, { columns: 40, rows: 12 }];

const widthOf = (line: Line) => textOf(line).length;
const linesOf = (state: State, size = USUAL) => render(state, size).lines.map(textOf);
const screen = (state: State, size = USUAL) => linesOf(state, size).join("\n");

/** A state after keys, each of which is shown. */
function type(state: State, keys: readonly string[], size = USUAL): State {
  return keys.reduce((now, key) => render(press(now, key), size).state, state);
}

/** Letters and digits only: what is left of a text however it is laid out. */
const bare = (text: string) => text.replace(/[^a-zA-Z0-9]/g, "");

/** All that there is to read in one column, from as many frames as it takes. */
function scrolled(start: State, { columns, rows }: Size): string {
  const body = (state: State) =>
    linesOf(state, { columns, rows })
      .slice(1, -2)
      .map((line) => line.slice(0, -1));
  let state = type(start, ["pageup", "pageup"], { columns, rows });
  const all = body(state);
  for (;;) {
    const next = type(state, ["j"], { columns, rows });
    if (next.scroll === state.scroll) return bare(all.join(""));
    all.push(body(next).at(-1) ?? "");
    state = next;
  }
}

const frames = suite("terminal: frames");

for (const name of LESSONS) {
  for (const size of name === "grandchild" ? SIZES : [USUAL]) {
    frames(`${name}: every step fits ${size.columns} x ${size.rows}`, async () => {
      const recording = await recordingOf(name);
      for (let at = -1; at <= recording.steps.length; at++) {
        const { lines } = render(begin(recording, at), size);
        assert.equal([...new Set(lines.map(widthOf))], [size.columns]);
        assert.is(lines.length, size.rows);
      }
    });
  }

  frames(`${name}: all of a step can be read at 80 x 24`, async () => {
    const recording = { ...(await recordingOf(name)), questions: [] };
    const told = new Set<string>();
    for (const [at, { title, why, observer }] of recording.steps.entries()) {
      const seen = scrolled(begin(recording, at), USUAL);
      for (const text of [title, why]) assert.ok(seen.includes(bare(text)), text);
      if (observer === null) continue;
      assert.is(seen.includes(bare(observer)), !told.has(observer), `once: ${observer}`);
      told.add(observer);
    }
  });
}

frames("what folds opens and closes by its key", async () => {
  const recording = await recordingOf("grandchild");
  const steps = recording.steps.map((step) => ({ ...step, detail: "a detail" }));
  const state = begin({ ...recording, steps, questions: [] }, 30);
  for (const [key, fold] of Object.entries(FOLDS)) {
    const header = new RegExp(`^─ ${fold}.* \\(${key}\\) ─`, "m");
    const closed = type(
      state,
      [...Object.keys(FOLDS)].flatMap((each) => [each, each]),
    );
    const opened = closed.open.includes(fold) ? closed : type(closed, [key]);
    assert.match(screen(opened, { columns: 80, rows: 200 }), header);
    assert.not.match(screen(type(opened, [key]), { columns: 80, rows: 200 }), header);
  }
});

frames("a choice that is picked is seen", async () => {
  const recording = await recordingOf("grandchild");
  const size = { columns: 60, rows: 8 };
  let state = type(begin(recording), ["end"], size);
  const { choices = [] } = recording.questions[0] ?? {};
  for (const i of choices.keys()) {
    state = type(state, ["down"], size);
    assert.match(screen(state, size), new RegExp(`^▶ ${i + 1} `, "m"));
  }
});

frames("what is too small says so, and no size is an error", async () => {
  const recording = await recordingOf("host");
  assert.match(screen(begin(recording, 3), { columns: 29, rows: 24 }), /^29 x 24 characters are/);
  for (let columns = 1; columns < 190; columns += 7) {
    for (let rows = 1; rows < 50; rows += 3) {
      const { lines } = render(begin(recording, 20), { columns, rows });
      assert.equal([lines.length, ...new Set(lines.map(widthOf))], [rows, columns]);
    }
  }
});

/** What styles a line. */
const STYLES = new RegExp(`${"\\x1b"}\\[[\\d;]*m`, "g");
const WEIGHTS = new RegExp(`${"\\x1b"}\\[[127]?m`, "g");

frames("the strings of a recording move no terminal and no column", async () => {
  const evil = hostileRecording(await recordingOf("grandchild"), [
    "\x1b[2J\r\n\u009b1A\u202e\ud800漢é",
  ]);
  for (const size of [USUAL, WIDE]) {
    for (let at = -1; at <= evil.steps.length; at++) {
      for (const line of render(begin(evil, at), size).lines) {
        assert.is(widthOf(line), size.columns);
        const painted = paint(line, { color: true, unicode: true }).replace(STYLES, "");
        assert.is(painted.match(/[\p{C}\u202e漢é]/u), null);
      }
    }
  }
  assert.match(screen(begin(evil, 0)), "\\x1b[2J\\r\\n\\x9b1A\\u{202e}\\u{d800}\\u{6f22}\\xe9");
});

frames("without colour nothing but weights is left, and ASCII is enough", async () => {
  const recording = await recordingOf("grandchild");
  for (let at = -1; at <= recording.steps.length; at++) {
    for (const line of render(begin(recording, at), USUAL).lines) {
      const plain = paint(line, { color: false, unicode: false }).replace(WEIGHTS, "");
      assert.is(plain.match(/[^ -~]/), null);
      assert.not.match(plain.replaceAll(textOf(line).match(/\?/) ? "?" : "", ""), "\\?");
    }
  }
  const C = { LC_ALL: "C", LANG: "en_US.UTF-8", NO_COLOR: "1" };
  assert.equal(lookOf(C), { color: false, unicode: false });
  assert.equal(lookOf({ LANG: "C.utf8" }), { color: true, unicode: true });
});

const keys = suite("terminal: keys");

/** The key that answers a question with a choice. */
const keyOf = (state: State, question: number, choice: number) =>
  String(choiceOrder(state, question).indexOf(choice) + 1);

for (const name of LESSONS) {
  keys(`${name}: End stops at questions, which hide their steps, and counts answers`, async () => {
    const recording = await recordingOf(name);
    let state = begin(recording, -1, 7);
    for (const [i, { step, text, choices, answer, because }] of recording.questions.entries()) {
      state = type(state, ["end", "end"]);
      assert.equal([state.asked, state.at, seenAt(state)], [i, step, step - 1]);
      assert.match(screen(state), "s shows the answer");
      const seen = scrolled(state, USUAL);
      for (const said of [text, ...choices]) assert.ok(seen.includes(bare(said)), said);
      assert.is(seen.includes(bare(because)), false);
      assert.match(screen(state), `before event ${eventAt(eventsOf(recording), step) + 1} of`);
      state = type(state, [keyOf(state, i, answer)]);
    }
    const { length } = recording.questions;
    assert.match(screen(type(state, ["end"])), `You answered ${length} of ${length} question`);
  });
}

keys("a number does not lead past an open question", async () => {
  const recording = await recordingOf("grandchild");
  const first = recording.questions[0]?.step ?? 0;
  const named = type(begin(recording, 0), ["g", ...`${first + 3}`, "enter"]);
  assert.equal([named.at, named.asked, named.reached], [first, 0, first - 1]);
  for (const [typed, left] of [
    [["g", "9", "backspace", "backspace"], null],
    [["g", "9", "escape"], null],
    [["g", "x", "enter"], null],
    [["g", "x"], ""],
  ] as const)
    assert.is(type(named, typed).typed, left);
  assert.match(screen(type(begin(recording, 0), ["g", ..."999", "enter"])), "There are steps 1 to");
});

keys("a wrong choice is refuted by its own reply, and the right one explained once", async () => {
  const recording = await recordingOf("grandchild");
  const asked = type(begin(recording, -1, 3), ["end"]);
  const { choices = [], replies = [], answer, because = "" } = recording.questions[0] ?? {};
  for (const i of choices.keys()) {
    const text = scrolled(type(asked, [keyOf(asked, 0, i)]), USUAL);
    const verdict = i === answer ? "Right:" : "Not so:";
    assert.ok(text.includes(bare(`${verdict} ${choices[i]} ${replies[i]}`)), text);
    assert.is(text.split(bare(because)).length, 2);
  }
});

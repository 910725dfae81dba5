import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Question, Recording } from "../src/record/recording.ts";
import { type Size, textOf, widthOf } from "../src/record/terminal/frame.ts";
import { KeyReader } from "../src/record/terminal/keys.ts";
import { type Frame, render, settle } from "../src/record/terminal/layout.ts";
import { paint, repaint } from "../src/record/terminal/paint.ts";
import { press } from "../src/record/terminal/press.ts";
import { lookOf } from "../src/record/terminal/screen.ts";
import { begin, type State, seenAt } from "../src/record/terminal/state.ts";
import { LESSONS, poisoned, recordingOf } from "./recordings.ts";

const USUAL: Size = { columns: 80, rows: 24 };
const SIZES: readonly Size[] = [USUAL, { columns: 120, rows: 40 }, { columns: 40, rows: 12 }];

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

for (const name of LESSONS) {
  for (const size of SIZES) {
    frames(`${name}: every step fits ${size.columns} x ${size.rows}`, async () => {
      const recording = await recordingOf(name);
      for (let at = -1; at <= recording.steps.length; at++) {
        const { lines } = render(begin(recording, at), size);
        assert.is(lines.length, size.rows);
        for (const line of lines) assert.is(widthOf(line), size.columns, textOf(line));
      }
    });

    frames(`${name}: all of a step can be read at ${size.columns} x ${size.rows}`, async () => {
      const recording = await recordingOf(name);
      for (const [at, { title, why, observer }] of recording.steps.entries()) {
        const seen = bare(scrolled(begin(recording, at), size));
        for (const text of [title, why, observer ?? ""]) assert.ok(seen.includes(bare(text)), text);
      }
    });
  }

  frames(`${name}: no step has to be scrolled at 80 x 24`, async () => {
    const recording = await recordingOf(name);
    for (const at of recording.steps.keys()) {
      assert.is(render(begin(recording, at), USUAL).limits.story?.most, 0, `step ${at + 1}`);
    }
  });
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

frames("a step has its lane, code, registers and what has changed", async () => {
  const recording = await recordingOf("grandchild");
  const index = recording.steps.findIndex(({ title }) => title.startsWith("mov $157"));
  const text = screen(begin(recording, index));
  const rip = recording.steps[index]?.registers?.before.rip;
  assert.match(text, `step ${index + 1} of ${recording.steps.length}`);
  assert.match(
    text,
    "grandchild: mov $157, %eax  # __NR_prctl\nThe number of a system call goes into",
  );
  assert.match(text, "▶+0  mov $157, %eax  # __NR_prctl");
  assert.match(text, "▷+5  mov $1, %edi  # PR_SET_PDEATHSIG");
  assert.match(text, "─ registers of grandchild ─");
  assert.match(text, "* rax    0x0 → 0x9d");
  assert.match(text, `* rip    ${rip} → 0x`);
});

frames("no line of code is cut at 80 x 24", async () => {
  for (const name of LESSONS) {
    const recording = await recordingOf(name);
    for (const at of recording.steps.keys()) {
      const code = render(begin(recording, at), USUAL).limits.code?.lines ?? [];
      assert.not.match(code.map(textOf).join("\n"), "…");
    }
  }
});

frames("the mark under the lanes stands under the step, also where not all find room", async () => {
  const recording = await recordingOf("grandchild");
  for (const size of SIZES) {
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
  const crowded = { ...recording, lanes: [...more, ...recording.lanes] };
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
  const evil = poisoned(await recordingOf("grandchild"), "\x1b[2J\r\n\u009b1A\u202e\ud800漢é");
  for (const size of SIZES) {
    for (let at = -1; at <= evil.steps.length; at++) {
      for (const line of render(begin(evil, at), size).lines) {
        assert.is(widthOf(line), size.columns);
        const painted = paint(line, { color: true, unicode: true }).replace(STYLES, "");
        assert.is(painted.match(/[^ -~─│┬▲▶▷·…←→↑↓]/u), null);
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

/** A recording without questions. */
async function unasked(name: string): Promise<Recording> {
  return { ...(await recordingOf(name)), questions: [] };
}

keys("left and right step from the introduction to the end, and no further", async () => {
  const recording = await unasked("inject");
  const { length } = recording.steps;
  let state = begin(recording);
  for (let at = 0; at <= length; at++) {
    state = press(state, "right");
    assert.is(state.at, at);
  }
  assert.is(press(state, "right").at, length);
  assert.match(press(state, "right").message, "the end");
  assert.match(screen(state), "In the end\n");
  for (let at = length - 1; at >= -1; at--) {
    state = press(state, "left");
    assert.is(state.at, at);
  }
  assert.is(press(state, "left").at, -1);
  assert.is(press(state, "end").at, length);
  assert.is(press(press(state, "end"), "home").at, -1);
});

keys("a chosen lane keeps the steps to itself", async () => {
  const recording = await unasked("grandchild");
  let state = type(begin(recording, 0), ["down", "down", "down"]);
  assert.is(state.lane, "grandchild");
  assert.match(screen(state), "\n▶grandchild");
  const own = [...recording.steps.keys()].filter((i) => recording.steps[i]?.lane === "grandchild");
  for (const index of own) {
    state = press(state, "right");
    assert.is(state.at, index);
  }
  assert.match(press(state, "right").message, "There is no later step of grandchild.");
  assert.is(press(state, "left").at, own.at(-2));
  assert.is(press(state, "escape").lane, null);
  assert.is(press(state, "down").lane, null);
  assert.is(press(state, "up").lane, "master");
});

keys("brackets go from event to event", async () => {
  const recording = await unasked("grandchild");
  const events = [...recording.steps.keys()].filter(
    (i) => recording.steps[i]?.kind !== "instruction",
  );
  let state = begin(recording);
  for (const index of events) {
    state = press(state, "]");
    assert.is(state.at, index);
  }
  assert.match(press(state, "]").message, "There is no later event.");
  assert.is(press(state, "[").at, events.at(-2));
});

keys("g goes to a step by the number that is shown", async () => {
  const recording = await recordingOf("grandchild");
  const state = type(begin(recording), ["g", "1", "x", "2"]);
  assert.match(screen(state), "go to step 12");
  assert.is(type(state, ["enter"]).at, 11);
  assert.is(type(state, ["backspace", "enter"]).at, 0);
  assert.is(type(state, ["escape"]).at, -1);
  assert.is(type(state, ["backspace", "backspace", "backspace"]).prompt, null);
  const far = type(state, ["3", "enter"]);
  assert.equal([far.at, far.message], [-1, `There are steps 1 to ${recording.steps.length}.`]);
});

keys("a search goes along while it is typed, on with n, back with N, and around", async () => {
  const recording = await recordingOf("grandchild");
  const hits = [...recording.steps.keys()].filter((i) =>
    JSON.stringify(recording.steps[i]).toLowerCase().includes("int3 raised"),
  );
  const [first = 0, second = 0, last = 0] = [hits[0], hits[1], hits.at(-1)];
  assert.ok(hits.length > 2);
  const typed = type(begin(recording), ["/", ..."iNt3 raised"]);
  assert.is(typed.at, first);
  assert.is(type(typed, ["escape"]).at, -1);
  const found = type(typed, ["enter"]);
  assert.is(found.at, first);
  assert.is(type(found, ["n"]).at, second);
  assert.is(type(found, ["n", "N"]).at, first);
  const around = type(found, ["N"]);
  assert.equal([around.at, around.message], [last, "The search went around."]);
  assert.is(type(begin(recording, 20), ["/", "enter"]).at, 20);
  const nothing = type(begin(recording, 20), ["/", ..."xyzzy"]);
  assert.equal([nothing.at, nothing.message], [20, '"xyzzy" is in no step.']);
  assert.is(type(begin(recording, recording.steps.length), ["/", ..."rests", "enter"]).at, 0);
});

keys("Tab goes through the panes, and j and k scroll the one that has the keys", async () => {
  const recording = await recordingOf("host");
  let state = begin(recording, 20);
  const shown = ["[stub code]", "[registers of master]", "[/proc of master]", "[memory of master]"];
  for (const title of shown) {
    state = type(state, ["tab"]);
    assert.match(screen(state), title);
  }
  const top = screen(state);
  const down = type(state, ["j", "j", "page-down"]);
  assert.is.not(screen(down), top);
  assert.is(screen(type(down, ["k", "k", "page-up"])), top);
  assert.is(screen(type(state, ["k", "page-up"])), top);
  // What is scrolled too far is not to be scrolled back.
  const bottom = type(state, Array(60).fill("page-down"));
  assert.is.not(screen(type(bottom, ["k"])), screen(bottom));
  assert.is(type(state, ["tab"]).pane, "story");
  assert.is(type(state, ["shift-tab"]).pane, "kernel");
});

keys("help covers the panes, can be scrolled, and goes away", async () => {
  const state = begin(await recordingOf("host"), 3);
  const help = type(state, ["?"]);
  assert.match(screen(help), "the next and the previous step");
  assert.match(screen(type(help, ["page-down", "page-down"])), "where RIP is after it");
  assert.is(screen(type(help, ["x"])), screen(state));
  assert.ok(press(help, "q").over);
  assert.ok(press(state, "q").over);
  assert.ok(press(state, "ctrl-d").over);
});

for (const name of LESSONS) {
  keys(`${name}: each question comes before its step, and hides it`, async () => {
    const recording = await recordingOf(name);
    let state = begin(recording);
    const asked: number[] = [];
    while (state.at < recording.steps.length) {
      if (state.asked === null) {
        state = press(state, "right");
        continue;
      }
      const question = recording.questions[state.asked];
      assert.is(question?.step, state.at);
      assert.is(seenAt(state), state.at - 1);
      const seen = bare(scrolled(state, USUAL));
      for (const text of [question?.text ?? "", ...(question?.choices ?? [])]) {
        assert.ok(seen.includes(bare(text)), text);
      }
      assert.is(seen.includes(bare(question?.because ?? "")), false);
      assert.match(screen(state), `before step ${state.at + 1} of`);
      asked.push(state.asked);
      state = press(state, String((question?.answer ?? 0) + 1));
      const after = bare(scrolled(state, USUAL));
      assert.ok(state.asked !== null || after.includes(bare(`Right! ${question?.because}`)));
    }
    const order = [...recording.questions.keys()];
    assert.equal(
      asked.sort((a, b) => a - b),
      order,
    );
    const { length } = order;
    assert.match(screen(state), `You guessed at ${length} of ${length} question`);
    assert.match(screen(state), `right: ${length}.`);
  });
}

keys("a question can be skipped, left, guessed wrong, and asked again", async () => {
  const recording = await recordingOf("grandchild");
  const [{ step, answer, choices }] = [questionOf(recording, 0)];
  const asked = type(begin(recording, step - 1), ["right"]);
  assert.is(asked.asked, 0);
  const skipped = type(asked, ["enter"]);
  assert.equal([skipped.at, skipped.asked], [step, null]);
  assert.match(screen(skipped), `Answer: ${answer + 1}. `);
  const left = type(asked, ["left"]);
  assert.equal([left.at, left.asked], [step - 1, null]);
  assert.is(type(left, ["right"]).asked, 0);
  const wrong = type(asked, [answer === 0 ? "2" : "1"]);
  assert.match(screen(wrong), `Not ${answer === 0 ? 2 : 1}, but ${answer + 1}. `);
  const none = type(asked, ["9"]);
  assert.equal([none.asked, none.message], [0, `1 to ${choices.length}, or Enter`]);
  assert.equal([type(wrong, ["enter"]).at, type(wrong, ["a"]).asked], [step + 1, 0]);
  assert.match(type(left, ["a"]).message, "no question");
  assert.is(type(wrong, ["left", "right"]).asked, null);
});

keys("long steps forward stop at questions; jumps do not, and say that there was one", async () => {
  const recording = await recordingOf("grandchild");
  const { step } = questionOf(recording, 1);
  const event = type(begin(recording, step - 2), ["]"]);
  assert.equal([event.at, event.asked], [step, 1]);
  const jumped = type(begin(recording), ["g", ...String(step + 1), "enter"]);
  assert.equal([jumped.at, jumped.asked], [step, null]);
  assert.match(screen(jumped), "This step answers a question: Enter asks it.");
  assert.is(type(jumped, ["enter"]).asked, 1);
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

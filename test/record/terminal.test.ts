import { suite } from "uvu";
import * as assert from "uvu/assert";
import { choiceOrder, replyTo, seenAt } from "../../src/record/reading.ts";
import type { Question, Recording } from "../../src/record/recording.ts";
import { type Size, textOf, widthOf } from "../../src/record/terminal/frame.ts";
import { KeyReader } from "../../src/record/terminal/keys.ts";
import { type Frame, render, settle } from "../../src/record/terminal/layout.ts";
import { paint, repaint } from "../../src/record/terminal/paint.ts";
import { press } from "../../src/record/terminal/press.ts";
import { lookOf } from "../../src/record/terminal/screen.ts";
import { begin, type State } from "../../src/record/terminal/state.ts";
import { hostileRecording } from "../support/hostile_recording.ts";
import { LESSONS, recordingOf } from "../support/recordings.ts";

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

  frames(`${name}: at 80 x 24 neither a step nor the operands have to be scrolled`, async () => {
    const recording = await unasked(name);
    for (const at of recording.steps.keys()) {
      const state = begin(recording, at);
      const { story, registers } = render(state, USUAL).limits;
      assert.is(story?.most, 0, `step ${at + 1}`);
      const shown = registers?.lines.map(textOf).join("\n") ?? "";
      const { known } = state.moments.at(at);
      if (known.registers === null) continue;
      for (const name of state.annotator.operands(state.moments.at(at))) {
        assert.match(shown, new RegExp(`^[* ] ${name} `, "m"), `step ${at + 1}`);
      }
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

frames("a step has its lane, code, registers, what has changed, and what it means", async () => {
  const recording = await unasked("grandchild");
  const index = recording.steps.findIndex(({ title }) => title.startsWith("mov $157"));
  const text = screen(begin(recording, index));
  const rip = recording.steps[index]?.registers?.before.rip;
  assert.match(text, `step ${index + 1} of ${recording.steps.length}`);
  assert.match(
    text,
    "grandchild: mov $157, %eax  # __NR_prctl\nThe number of a system call goes into",
  );
  assert.match(text, "▶+00 mov $157, %eax  # __NR_prctl");
  assert.match(text, "▷+05 mov $1, %edi  # PR_SET_PDEATHSIG");
  assert.match(text, "─ registers of grandchild ─");
  assert.match(text, "* rax    0x0 → 0x9d");
  assert.match(text, `* rip    ${rip} → 0x`);
  const compared = recording.steps.findIndex(({ title }) => title.startsWith("cmp %r15"));
  const { pid } = recording.lanes.find(({ id }) => id === "master") ?? {};
  const seen = screen(begin(recording, compared));
  assert.match(seen, `  r15    0x${pid?.toString(16)} ${pid} master`);
  assert.match(seen, /[*] eflags .*ZF=1/);
});

frames("values of a process that runs stand under its state and their step", async () => {
  const recording = await unasked("grandchild");
  const detached = recording.steps.findIndex(({ title }) => /PTRACE_DETACH/.test(title));
  const told = (at: number) => screen(begin(recording, at), WIDE).match(/now R .*? step \d+/g);
  const note = `now R (running); values of step ${detached}`;
  assert.equal(told(detached), [note, note]);
  assert.is(told(detached + 1), null);
});

frames("200 columns show the code, the story, /proc, memory and the registers", async () => {
  const recording = await unasked("grandchild");
  const at = recording.steps.findIndex(({ title }) => title.startsWith("cmp %r15"));
  const text = screen(begin(recording, at), WIDE);
  assert.match(text, "▶+27 4c 39 f8              cmp %r15, %rax");
  for (const title of ["[step", "/proc of grandchild", "memory of grandchild", "registers of"]) {
    assert.match(text, title);
  }
  const { limits } = render(begin(recording, at), WIDE);
  for (const box of Object.values(limits)) assert.is(box.most, 0);
});

frames(
  "the lanes end at the last step that was seen; arrows and questions are in them",
  async () => {
    const recording = await recordingOf("grandchild");
    const birth = recording.steps.findIndex(({ lane }) => lane === "grandchild");
    const { step } = questionOf(recording, 0);
    const asked = type(begin(recording), ["end"]);
    const lanesOf = (state: State) => {
      const lines = linesOf(render(state, USUAL));
      const ruler = lines.findIndex((line) => line.includes("▲"));
      return { lanes: lines.slice(1, ruler), ruler: lines[ruler] ?? "" };
    };
    const before = lanesOf(asked);
    const column = before.ruler.indexOf("▲");
    assert.is(asked.at, step);
    assert.is(before.ruler[column + 1], "?");
    for (const line of before.lanes) assert.is(line.slice(column + 1).trim(), "");
    const { lanes, ruler } = lanesOf(begin(recording, birth));
    const now = ruler.indexOf("▲");
    assert.equal(
      lanes.map((line) => line.slice(now).trimEnd()),
      ["━", "┬", "+"],
    );
    assert.match(lanes[0] ?? "", / R .*p/);
    assert.match(lanes[2] ?? "", / t /);
    // The pid of a process that is not born would answer a question.
    const { pid } = recording.lanes.find(({ id }) => id === "grandchild") ?? {};
    assert.not.match(before.lanes[2] ?? "", `${pid}`);
    assert.match(lanes[2] ?? "", ` ${pid} `);
    // A request has its target; what was seen stays when the reader goes back.
    const attach = recording.steps.findIndex(({ kind }) => kind === "ptrace");
    const first = now - birth;
    assert.is(lanesOf(begin(recording, attach)).lanes[1]?.[first + attach], "↓");
    const seen = lanesOf(type(begin(recording, birth), ["left", "left"]));
    const fromFirst = (line: string) => line.slice(first);
    assert.equal(seen.lanes.map(fromFirst), lanes.map(fromFirst));
  },
);

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
  for (const size of SIZES) {
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

keys("what is read and what is shown move together", async () => {
  const recording = await unasked("grandchild");
  const lane = type(begin(recording, 0), ["down", "down", "down"]);
  assert.match(screen(lane), "\n▶grandchild");
  assert.match(lane.message, "← and → keep to grandchild");
  const born = recording.steps.findIndex(({ lane: its }) => its === "grandchild");
  assert.match(screen(type(lane, ["right"])), `step ${born + 1} of`);
  assert.match(screen(type(lane, ["left"])), "There is no earlier step of grandchild.");
  assert.match(screen(type(lane, ["escape", "end"])), "In the end\n");
});

keys(
  "the end leads on: to the next lesson, the tasks, the lesson's page, and what to try",
  async () => {
    const recording = await unasked("grandchild");
    const tasks = [{ name: "clone-registers", title: "Write the registers" }];
    const end = screen(begin(recording, recording.steps.length, 0, tasks), {
      columns: 80,
      rows: 60,
    });
    for (const line of [
      "Next    stublab step inject: ",
      "Task    stublab task clone-registers: Write the registers",
      "Page    docs/lessons/grandchild.md",
      "Try it\n- ",
    ]) {
      assert.match(end, line);
    }
  },
);

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
  const recording = await unasked("grandchild");
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
  assert.is(type(typed, ["escape"]).reached, -1);
  assert.is(type(begin(recording, 20), ["/", ..."int3 raised", "enter", "backspace"]).at, 20);
});

keys(
  "w goes to the step that wrote a register or a field of /proc, and Backspace back",
  async () => {
    const recording = await unasked("grandchild");
    const find = (title: string) =>
      recording.steps.findIndex((step) => step.title.startsWith(title));
    const compared = begin(recording, find("cmp %r15"));
    const origin = type(compared, ["w", ..."R15", "enter"]);
    assert.is(origin.at, find("ptrace(PTRACE_SETREGS"));
    assert.match(screen(origin), "R15 of grandchild was set here, and copied by the clone;");
    assert.is(type(origin, ["backspace"]).at, compared.at);
    assert.is(type(compared, ["w", ..."ppid", "enter"]).at, find("process"));
    const unknown = type(compared, ["w", ..."constructor", "enter"]);
    assert.equal([unknown.at, unknown.left], [compared.at, null]);
    assert.match(unknown.message, "Nothing is known of constructor");
    assert.equal(type(compared, ["w", "r", "escape"]), compared);
  },
);

keys("Tab goes through the panes, and j and k scroll the one that has the keys", async () => {
  const recording = await unasked("host");
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
  assert.match(screen(type(help, Array(4).fill("page-down"))), "where RIP is after it");
  assert.is(screen(type(help, ["x"])), screen(state));
  assert.ok(press(help, "q").over);
  assert.ok(press(state, "q").over);
  assert.ok(press(state, "ctrl-d").over);
});

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

keys("the score names the questions that were jumped over", async () => {
  const recording = await recordingOf("grandchild");
  const { length } = recording.steps;
  const jumped = type(begin(recording), ["g", ...String(length), "enter", "end"]);
  const numbers = recording.questions.map(({ step }) => step + 1).join(", ");
  assert.match(screen(jumped), `Not asked: those of step ${numbers}; g goes there.`);
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

keys(
  "the choice that Enter answers with is marked, and seen also where room is short",
  async () => {
    const recording = await recordingOf("grandchild");
    const asked = type(begin(recording, -1, 5), ["end"]);
    const [choice = 0] = choiceOrder(asked, 0);
    const { choices } = questionOf(recording, 0);
    assert.match(screen(type(asked, ["down"])), `\n▶ 1  ${choices[choice]?.slice(0, 30)}`);
    const last = screen(type(asked, ["up"]), { columns: 40, rows: 12 });
    assert.match(last, `\n▶ ${choices.length}  `);
  },
);

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

// One recording in every view, as test/labs/record/views has it: text, and the screens of a walk through it in
// a terminal. `WRITE_DOCUMENTS=1` writes them anew: read what has changed.

import { readFileSync, writeFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseRecording, renderText } from "../../../src/labs/record/index.ts";
import { read } from "../../../src/labs/record/reading.ts";
import { textOf } from "../../../src/labs/record/terminal/frame.ts";
import { render, settle } from "../../../src/labs/record/terminal/layout.ts";
import { press } from "../../../src/labs/record/terminal/press.ts";
import { begin, type State } from "../../../src/labs/record/terminal/state.ts";

const views = suite("views");
const FOLDER = "test/labs/record/views";

const recording = parseRecording(readFileSync(`${FOLDER}/grandchild.recording`, "utf8"));
const TASKS = [{ name: "clone-registers", title: "Write the registers" }];

/** Keys, after "size" the columns and rows of the terminal, after "at" a step to begin at. What is typed is in quotes. */
const WALK = `
; right; right; right; down down down; right; left; escape; left
size 120x40; size 200x50; size 40x12; size 29x24; size 80x24
at -1; end; up; down; 9; 1; a; end; s; end; 2; end; end
at 40; g; 1 x 2; enter; backspace; g; 3 0 0 enter
/ "iNt3 raised"; n; n; N; N; N; N; / escape; / "iNt3 raised" enter; n; N; / "xyzzy"; escape
at 30; w "R15" enter; backspace; w "ppid" enter; w "constructor" enter; w "r" escape
at 20; tab; tab; tab; tab; j j; page-down; k; page-up; shift-tab; tab tab
?; page-down page-down; x
at 62 size 80x60`;

/** At a step, once the answers to the questions before it were shown. */
function beginAt(at: number): State {
  let state = begin(recording, at, 7, TASKS);
  while (state.at < at) state = { ...state, ...read(press(state, "s"), { kind: "go", at }) };
  return state;
}

/** The screens of the walk. */
function walk(): string {
  let size = { columns: 80, rows: 24 };
  let state = begin(recording, -1, 7, TASKS);
  return WALK.split(/[;\n]/)
    .map((part) => {
      const words = part.match(/"[^"]*"|\S+/g)?.values() ?? [].values();
      for (const word of words) {
        if (word === "size") {
          const [columns = 0, rows = 0] = String(words.next().value).split("x").map(Number);
          size = { columns, rows };
        } else if (word === "at") state = beginAt(Number(words.next().value));
        else {
          for (const key of word.startsWith('"') ? word.slice(1, -1) : [word]) {
            state = press(state, key);
            state = settle(state, render(state, size).limits);
          }
        }
      }
      const screen = render(state, size).lines.map((line) => textOf(line).trimEnd());
      return `──${part.trimEnd()}\n${screen.join("\n").trimEnd()}\n`;
    })
    .join("");
}

const VIEWS: Readonly<Record<string, () => string>> = {
  "text.txt": () => renderText(recording),
  "narrow.txt": () => renderText(recording, { width: 40, from: 50 }),
  "terminal.txt": walk,
};

for (const [name, view] of Object.entries(VIEWS)) {
  views(name, () => {
    const file = `${FOLDER}/${name}`;
    const seen = view();
    if (process.env.WRITE_DOCUMENTS) writeFileSync(file, seen);
    const [expected, lines] = [readFileSync(file, "utf8").split("\n"), seen.split("\n")];
    const at = lines.findIndex((line, i) => line !== expected[i]);
    if (at >= 0)
      assert.is(
        lines.slice(at, at + 5).join("\n"),
        expected.slice(at, at + 5).join("\n"),
        `line ${at + 1}`,
      );
    assert.is(lines.length, expected.length);
  });
}

views.run();

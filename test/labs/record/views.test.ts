// One recording in every view, as test/labs/record/views has it: text, and the screens of a walk through it in
// a terminal. `WRITE_DOCUMENTS=1` writes them anew: read what has changed.

import { textOf } from "../../../src/labs/record/terminal/frame.ts";
import { render } from "../../../src/labs/record/terminal/layout.ts";
import { begin, press } from "../../../src/labs/record/terminal/state.ts";

const views = suite("views");
const FOLDER = "test/labs/record/views";

const recording = parseRecording(readFileSync(`${FOLDER}/grandchild.recording`, "utf8"));
const TASKS = [{ name: "clone-registers", title: "Write the registers" }];

/** The screens of a walk, each after keys: of 80 x 24 characters, or of another size. */
const WALK: readonly (readonly [keys: string, columns?: number, rows?: number])[] = [
  [""],
  ["right right end"],
  ["down 9 1"],
  ["a s . c r"],
  ["end s end s end"],
  ["s left", 120, 40],
  ["", 200, 50],
  ["p c", 40, 12],
  ["g 3 enter"],
  ["end"],
];

function walk(): string {
  let state = begin(recording, -1, 7, TASKS);
  const screens = WALK.map(([keys, columns = 80, rows = 24]) => {
    for (const key of keys.split(" ")) state = render(press(state, key), { columns, rows }).state;
    const lines = render(state, { columns, rows }).lines.map((line) => textOf(line).trimEnd());
    return `── ${keys}\n${lines.join("\n")}\n`;
  });
  return screens.join("");
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
    const at = Math.max(
      0,
      lines.findIndex((line, i) => line !== expected[i]),
    );
    assert.equal(lines.slice(at, at + 5), expected.slice(at, at + 5), `line ${at + 1}`);
    assert.is(lines.length, expected.length);
  });
}

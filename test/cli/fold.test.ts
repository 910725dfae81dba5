import { suite } from "uvu";
import * as assert from "uvu/assert";
import { fold } from "../../src/cli/fold.ts";

const folds = suite("folded lines");

for (const [why, text, width, folded] of [
  [
    "a line continues under its text",
    "name  one two three four\nshort",
    14,
    "name  one two\n      three\n      four\nshort",
  ],
  [
    "without two spaces it continues after an indent of two",
    "one two three",
    8,
    "one two\n  three",
  ],
  ["colours have no width", "\x1b[1mone two\x1b[0m", 7, "\x1b[1mone two\x1b[0m"],
  ["long words are not broken", "/a/long/path/to/nowhere", 7, "/a/long/path/to/nowhere"],
] as const) {
  folds(why, () => assert.is(fold(text, width), folded));
}

folds.run();

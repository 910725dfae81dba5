import { fold } from "../../src/cli/fold.ts";

const folds = suite("folded lines");

for (const [why, text, width, folded] of [
  [
    "a line continues under its text",
    "name  one two three four\nshort",
    14,
    "name  one two\n      three\n      four\nshort",
  ],
  ["a text may begin in the middle", "name  one two", 12, "name  one\n      two"],
  [
    "of several labels the last one in the first half counts, and a line may be full",
    "a  b  one two  three four",
    16,
    "a  b  one two\n      three four",
  ],
  ["an indent stays", "    one two", 9, "    one\n    two"],
  [
    "a label may have colours",
    "\x1b[1mname\x1b[0m  one two",
    12,
    "\x1b[1mname\x1b[0m  one\n      two",
  ],
  [
    "a command to repeat can be copied",
    "  repeat     stublab inject getpid",
    14,
    "  repeat     stublab inject getpid",
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

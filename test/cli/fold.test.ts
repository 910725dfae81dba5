import { fold } from "../../src/cli/report.ts";

const folds = suite("folded lines");

/** A text, and what becomes of it within a width. */
interface Row {
  readonly why: string;
  readonly text: string;
  readonly width: number;
  readonly folded: string;
}

for (const { why, text, width, folded } of jsonLines<Row>("cli/fold")) {
  folds(why, () => assert.is(fold(text, width), folded));
}

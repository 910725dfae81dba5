/* What checks need of the machine: lines of needs.jsonl. Without it, a check is skipped, for the reason there. */

import { rowsOf } from "../../../lib/rows.ts";
import { count, oneOf, optional, record, text, truth } from "../../../lib/shape.ts";
import { FEATURES } from "../machine.ts";
import LINES from "./needs.jsonl";

export type Need = ReturnType<typeof needShape>;

const needShape = record({
  need: text,
  /** The machine must have it, or lack it. */
  ...{ feature: optional(oneOf(FEATURES)), lacks: optional(truth) },
  /** In its place: of these the XSAVE area must have some. */
  components: optional(count(0xffff_ffff)),
  reason: text,
});

/** The order of bits and of the table in the probe. */
export const NEEDS = rowsOf(LINES, needShape);
export const NEED_NAMES = NEEDS.map(({ need }) => need);

import { type Check, STATUSES } from "../../check.ts";
import { list, members, oneOf, record, type Shape, text, truth } from "../../shape.ts";

/** The descriptor of the file in memory that a process writes the pieces of its recording to. */
export const PIECES = 4;

/** What a process that has tried an answer says at its end. */
export type Judgement =
  | {
      readonly kind: "judged";
      readonly checks: readonly Check[];
      /** Whether a deadline was missed for no reason that is known: the machine may be busy. */
      readonly late: boolean;
    }
  /** The answer could not be tried. */
  | {
      readonly kind: "failed";
      readonly message: string;
      readonly code: string;
      readonly remedy: string;
    };

const checkShape: Shape<Check> = record({
  name: text,
  status: oneOf(STATUSES),
  expected: text,
  seen: text,
  reason: text,
});

/** @throws InputError */
export const judgementShape: Shape<Judgement> = (value, place) => {
  const read = members(value, place);
  if (read("kind", text) === "judged") {
    return {
      kind: "judged",
      checks: read("checks", list(checkShape, 1000)),
      late: read("late", truth),
    };
  }
  return {
    kind: "failed",
    message: read("message", text),
    code: read("code", text),
    remedy: read("remedy", text),
  };
};

import { type Check, STATUSES } from "../../../lib/check.ts";
import {
  list,
  members,
  nullable,
  oneOf,
  record,
  type Shape,
  type Shaped,
  text,
  truth,
} from "../../../lib/shape.ts";
import { listing } from "../recording.ts";

/** The descriptor of the file in memory that a process writes the pieces of its recording to. */
export const PIECES = 4;

/** What the process that tries an answer is sent: the file, and its code. */
export const toTryShape = record({ text, code: nullable(listing) });
export interface ToTry extends Shaped<typeof toTryShape> {}

/** What decided about an answer. */
export interface Judged {
  readonly checks: readonly Check[];
  /** Whether a deadline was missed for no reason that is known: the machine may be busy. */
  readonly late: boolean;
}

/** Why an answer could not be tried. */
export interface Failed {
  readonly message: string;
  readonly code: string;
  readonly remedy: string;
}

/** What a process that has tried an answer says at its end. */
export type Judgement =
  | ({ readonly kind: "judged" } & Judged)
  | ({ readonly kind: "failed" } & Failed);

const checkShape: Shape<Check> = record({
  name: text,
  status: oneOf(STATUSES),
  expected: text,
  seen: text,
  reason: text,
});
const judgedShape = record<Judged>({ checks: list(checkShape, 1000), late: truth });
const failedShape = record<Failed>({ message: text, code: text, remedy: text });

/** @throws InputError */
export const judgementShape: Shape<Judgement> = (value, place) =>
  members(value, place)("kind", text) === "judged"
    ? { kind: "judged", ...judgedShape(value, place) }
    : { kind: "failed", ...failedShape(value, place) };

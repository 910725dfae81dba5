/* Where a check finds a field of what it expects. */

import { errnoOf } from "../../../../lib/errno.ts";
import { indexOf } from "../../case/arch.ts";
import { numbersOf } from "../../case/layout.ts";
import { PLACE } from "../../case/requests.ts";
import { statusOf } from "./numbers.ts";

/** The kinds of places, with their numbers; the last four have an offset in an answer. */
export const PLACES = numbersOf(PLACE);
export interface Place {
  readonly kind: keyof typeof PLACES;
  readonly offset: number;
}
/** What is expected at a place: an errno or a stop by its name, or a number. */
export type Value = string | number | bigint;
export type Places = Readonly<Record<string, Place>>;

const at = (kind: Place["kind"]) => (offset: number) => ({ kind, offset });
export const [byte, int, half, word] = [at("byte"), at("int"), at("half"), at("word")];
/** A register in an answer that has registers. */
export const register = (name: string) => word(8 * indexOf(name));
export const [KEPT_RESULT, DIFFERS] = [at("kept")(0), at("differs")(0)];

/** The fields that checks of all groups have. */
export const USUAL: Places = Object.fromEntries(
  (["result", "written", "length", "stop", "first", "differs"] as const).map((kind) => [
    kind,
    at(kind)(0),
  ]),
);

/** What is expected at a place, as a word. @throws RangeError for an unknown name */
export function wordOf({ kind }: Place, value: Value): bigint {
  if (typeof value !== "string") return BigInt.asUintN(64, BigInt(value));
  if (value === "nowhere") return BigInt.asUintN(64, -1n);
  if (kind === "stop" || kind === "first") return BigInt.asUintN(64, BigInt(statusOf(value)));
  const errno = errnoOf(value);
  if (errno === undefined) throw new RangeError(`unknown errno ${value}`);
  return BigInt.asUintN(64, BigInt(-errno));
}

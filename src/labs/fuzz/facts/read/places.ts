/* Where a check finds a field of what it expects. */

import { indexOf } from "../../case/arch.ts";

/** The kinds of places; the last four have an offset in an answer. */
export const PLACES = [
  // What the last request returned, and what the kept one did.
  ...["result", "kept"],
  // How many bytes the last answer has, and the length in its iovec.
  ...["written", "length"],
  // The last stop, and the first one of a child.
  ...["stop", "first"],
  // Where the last answer differs from the one that was kept.
  "differs",
  // An unsigned byte, an int, and words of 32 and of 64 bits.
  ...["byte", "int", "half", "word"],
] as const;
export interface Place {
  readonly kind: (typeof PLACES)[number];
  readonly offset: number;
}
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

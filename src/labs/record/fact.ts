import { type Check, checkRow, tellCheck } from "../../lib/check.ts";
import type { Fact, Recording } from "./recording.ts";

/** A check as documents have it: recordings, and what was judged of an answer. */
export function factOf(check: Check): Fact {
  return { fact: check.name, ...checkRow(check) };
}

/** "its parent: expected 7, seen 1"; "its parent: 7" if it holds. */
export function tellFact({ fact, held, expected, seen }: Fact): string {
  return tellCheck({ name: fact, status: held ? "held" : "failed", expected, seen }, "seen");
}

/** "Recorded again: its parent: expected 7, seen 1", for each attempt that was not kept. */
export function tellDiscarded({ discarded }: Pick<Recording, "discarded">): string[] {
  return discarded.map((failure) => `Recorded again: ${failure}`);
}

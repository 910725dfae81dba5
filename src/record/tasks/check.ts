import type { Fact } from "../recording.ts";

/** A fact that decides, and what it means if it does not hold. */
export interface Check extends Fact {
  readonly meaning: string;
}

export function check(fact: string, expected: string, seen: string, meaning: string): Check {
  return { fact, expected, seen, held: expected === seen, meaning };
}

import type { Recording } from "../record/recording.ts";

/** A line for each fact that the kernel does not bear out. */
export function failures({ end }: Pick<Recording, "end">): string[] {
  return end
    .filter(({ held }) => !held)
    .map(({ fact, expected, seen }) => `FAIL ${fact}: expected ${expected}, seen ${seen}\n`);
}

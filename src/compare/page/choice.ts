import { cut } from "../../visible.ts";
import type { Disagreement } from "../report.ts";

/** How many disagreements of one encoder about one field of one function are shown. */
export const PER_FIELD = 6;

/** How many are shown in all. */
export const TOTAL = 300;

/** How much of each of its names tells a field from others. */
const NAME = 200;

/**
 * The disagreements that a page shows, the most wanted first: each function of each encoder gets one before any
 * gets a second, and each field of those likewise.
 */
export function choose(disagreements: readonly Disagreement[]): Disagreement[] {
  const inField = ranks(disagreements, ({ arch, encoder, against, name, field }) =>
    keyOf(arch, encoder, against, name ?? "", field),
  );
  const wanted = disagreements
    .map((disagreement, i) => ({ disagreement, rank: inField[i] ?? 0 }))
    .filter(({ rank }) => rank < PER_FIELD)
    .toSorted((a, b) => a.rank - b.rank)
    .map(({ disagreement }) => disagreement);
  const inFunction = ranks(wanted, ({ arch, encoder, name }) => keyOf(arch, encoder, name ?? ""));
  return wanted
    .map((disagreement, i) => ({ disagreement, rank: inFunction[i] ?? 0 }))
    .toSorted((a, b) => a.rank - b.rank)
    .slice(0, TOTAL)
    .map(({ disagreement }) => disagreement);
}

function keyOf(...names: readonly string[]): string {
  return JSON.stringify(names.map((name) => cut(name, NAME).text));
}

/** For each thing, how many of the same key come before it. */
function ranks<T>(things: readonly T[], key: (thing: T) => string): number[] {
  const seen = new Map<string, number>();
  return things.map((thing) => {
    const own = key(thing);
    const rank = seen.get(own) ?? 0;
    seen.set(own, rank + 1);
    return rank;
  });
}

import { add } from "../../../lib/group.ts";

/** Counts of outcomes. */
export interface Counts {
  cases: number;
  /** Cases that ended their stub, and those of them that did not stop. */
  deaths: number;
  hangs: number;
  /** Outcomes that contradicted their predictions, and did not occur again. */
  unconfirmed: number;
  /** Cases that were not predicted, by rule. */
  readonly unpredicted: Map<string, number>;
  /** Cases whose predictions used a rule, by rule. */
  readonly exercised: Map<string, number>;
  /** Cases that were not tried, by the reason. */
  readonly untried: Map<string, number>;
}

export function noCounts(): Counts {
  const [unpredicted, exercised, untried] = [new Map(), new Map(), new Map()];
  return { cases: 0, deaths: 0, hangs: 0, unconfirmed: 0, unpredicted, exercised, untried };
}

/** Adds counts to others. */
export function addCounts(to: Counts, counts: Readonly<Counts>): void {
  for (const name of ["cases", "deaths", "hangs", "unconfirmed"] as const) to[name] += counts[name];
  for (const name of ["unpredicted", "exercised", "untried"] as const)
    for (const [rule, cases] of counts[name]) add(to[name], rule, cases);
}

import { fuzzModule } from "../case/module.ts";
import { obstacleKey } from "../case/obstacles.ts";
import { OBSTACLE } from "../case/records.ts";
import { rules } from "./rules.ts";

/** Counts of outcomes. */
export interface Counts {
  cases: number;
  /** Cases that ended their stub, and those of them that did not stop. */
  deaths: number;
  hangs: number;
  /** Cases that were not predicted, by rule. */
  readonly unpredicted: Map<string, number>;
  /** Cases whose predictions used a rule, by rule. */
  readonly exercised: Map<string, number>;
  /** Cases that were not tried, by obstacle (case/obstacles.ts). */
  readonly untried: Map<string, number>;
}

export function noCounts(): Counts {
  const [unpredicted, exercised, untried] = [new Map(), new Map(), new Map()];
  return { cases: 0, deaths: 0, hangs: 0, unpredicted, exercised, untried };
}

/** Adds counts to others. */
export function addCounts(to: Counts, counts: Readonly<Counts>): void {
  to.cases += counts.cases;
  to.deaths += counts.deaths;
  to.hangs += counts.hangs;
  addEach(to.unpredicted, counts.unpredicted);
  addEach(to.exercised, counts.exercised);
  addEach(to.untried, counts.untried);
}

function addEach(to: Map<string, number>, counts: Iterable<readonly [string, number]>): void {
  for (const [rule, cases] of counts) to.set(rule, (to.get(rule) ?? 0) + cases);
}

/** Takes what the module has counted since the last time, and adds it. */
export function takeCounts(to: Counts): void {
  const module = fuzzModule();
  const take = (name: string, length: number) => {
    const counts = new Uint32Array(module.buffer, module.address(name), length);
    const taken = [...counts];
    counts.fill(0);
    return taken;
  };
  const byRule = (name: string) => {
    const [, ...counts] = take(name, rules().length + 1);
    const rows = rules().map(({ id }, k) => [id, counts[k] ?? 0] as const);
    return new Map(rows.filter(([, cases]) => cases !== 0));
  };
  const errors = take("untriedErrors", OBSTACLE.values.length);
  const byObstacle = take("untried", OBSTACLE.values.length)
    .map((cases, k) => [obstacleKey(k, errors[k] ?? 0), cases] as const)
    .filter(([, cases]) => cases !== 0);
  const [cases = 0, deaths = 0, hangs = 0] = take("tally", 3);
  const [unpredicted, exercised] = [byRule("unpredicted"), byRule("exercised")];
  const untried = new Map(byObstacle);
  addCounts(to, { cases, deaths, hangs, unpredicted, exercised, untried });
}

/** The counts in the order of rules, so that the same counts are the same text. */
export function sortedCounts(counts: Counts): Counts {
  const sorted = (of: Map<string, number>) => new Map([...of].sort(([a], [b]) => (a < b ? -1 : 1)));
  const { unpredicted, exercised, untried } = counts;
  return {
    ...counts,
    unpredicted: sorted(unpredicted),
    exercised: sorted(exercised),
    untried: sorted(untried),
  };
}

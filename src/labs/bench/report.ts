import { sum } from "../../lib/page/figures.ts";
import type { Machine } from "./machine.ts";
import type { Group, Mechanism } from "./mechanism.ts";
import type { Conditions } from "./noise.ts";
import type { Processors } from "./side.ts";
import type { Spread } from "./spread.ts";

/** A figure in units of another mechanism's. */
export interface Ratio extends Spread {
  readonly against: string;
}

/** What was measured of a mechanism, or why nothing was. */
export interface Result {
  readonly mechanism: Mechanism;
  /** Of one operation; undefined if it was skipped. */
  readonly microseconds: Spread | undefined;
  /** Undefined if it is the reference itself, or the reference was skipped. */
  readonly ratio: Ratio | undefined;
  /** Why it was skipped. */
  readonly reason: string | undefined;
  /** How many batches count, and how many operations were in each. */
  readonly batches: number;
  readonly size: number;
}

/** A run. */
export interface Report {
  /** Undefined if the floor was not measured. */
  readonly conditions: Conditions | undefined;
  /** What disturbed the run; empty for a quiet one. */
  readonly noise: readonly string[];
  readonly machine: Machine;
  readonly bound: Processors;
  readonly groups: readonly Group[];
  readonly results: readonly Result[];
  readonly rounds: number;
  readonly seconds: number;
  /** Whether a signal ended it before all rounds. */
  readonly interrupted: boolean;
}

/** The system calls of one operation, by all processes. */
export function callsOf({ cost }: Mechanism): number | undefined {
  if (cost === undefined) return undefined;
  const repeated = (call: string) => Number(/^\d+(?= )/.exec(call)?.[0] ?? 1);
  return sum([...cost.calls, ...cost.others].map(repeated)) / (cost.per ?? 1);
}

/** A report as a document, "stublab.bench/1". */
export function benchDocument(report: Report): object {
  const { conditions, noise, machine, bound, groups, results, rounds, seconds, interrupted } =
    report;
  return {
    noisy: noise.length > 0,
    noise,
    conditions:
      conditions === undefined ? null : { ...conditions, floor: rounded(conditions.floor) },
    machine,
    bound: { own: bound.own, other: bound.other ?? null },
    rounds,
    seconds: Number(seconds.toFixed(1)),
    interrupted,
    groups,
    results: results.map((result) => resultDocument(result, noise.length > 0)),
  };
}

function resultDocument(
  { mechanism, microseconds, ratio, reason, batches, size }: Result,
  noisy: boolean,
): object {
  const { name, group, title, lane, cost } = mechanism;
  return {
    name,
    group,
    title,
    side: lane === undefined ? "C" : "stublab",
    options: lane?.options ?? null,
    status: reason === undefined ? "measured" : "skipped",
    reason: reason ?? null,
    microseconds: microseconds === undefined ? null : rounded(microseconds),
    ratio:
      ratio === undefined ? null : { against: ratio.against, ...rounded(ratio), clean: !noisy },
    batches,
    batchSize: size,
    cost:
      cost === undefined
        ? null
        : { ...cost, per: cost.per ?? 1, systemCalls: callsOf(mechanism) ?? null },
  };
}

/** With as many digits as figures may have. */
function rounded({ lower, median, upper }: Spread): Spread {
  const cut = (number: number) => Number(number.toPrecision(5));
  return { lower: cut(lower), median: cut(median), upper: cut(upper) };
}

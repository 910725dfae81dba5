import { sum } from "../../lib/page/figures.ts";
import type { Cluster } from "./clusters.ts";
import type { FunctionComparison } from "./function.ts";
import { smallestInput } from "./minimise.ts";

/** Of how many masks of one field an example is minimised. */
const EXAMPLES = 4;

/** A fault: the smallest input that shows it, and further ones that show the same. */
export interface Fault {
  readonly cluster: Cluster;
  readonly input: BigUint64Array;
  readonly others: BigUint64Array[];
  /** In how many ways the results differ. */
  readonly masks: number;
  cases: number;
}

/**
 * The faults of encoders in one function.
 *
 * @param smaller whether each is to have the smallest input that shows it, or the one that it was found with
 */
export async function faultsOf(compared: FunctionComparison, smaller: boolean): Promise<Fault[]> {
  const all: Fault[] = [];
  for (const clusters of withoutEchoes(compared.clusters.byField)) {
    const seen: Fault[] = [];
    for (const cluster of clusters.slice(0, EXAMPLES)) {
      const input = smaller ? await smallestInput(compared, cluster) : cluster.example;
      seen.push({ cluster, input, others: [], masks: clusters.length, cases: cluster.cases });
    }
    const faults = smaller ? distinct(seen, compared.namedFlags) : seen;
    const [first] = faults;
    if (first === undefined) continue;
    first.cases += casesOf(clusters.slice(EXAMPLES));
    all.push(...faults);
  }
  return all;
}

function casesOf(clusters: readonly Cluster[]): number {
  return sum(clusters.map(({ cases }) => cases));
}

/** How many times as frequent a field must be to be the reason for another's differences. */
const OFTEN = 16;

/**
 * Leaves out fields that differ whenever another one does, and are the first to differ only in the few cases in which
 * the other has the right value by chance: that is one fault.
 */
function withoutEchoes(fields: readonly Cluster[][]): Cluster[][] {
  const isEcho = (field: readonly Cluster[], other: readonly Cluster[]) => {
    const [echo, cause] = [field[0], other[0]];
    if (echo?.encoder !== cause?.encoder || echo?.place.name === cause?.place.name) return false;
    if (echo === undefined || casesOf(other) < OFTEN * casesOf(field)) return false;
    return other.every(({ words }) => words.includes(Math.floor(echo.place.byte / 8)));
  };
  return fields.filter((field) => !fields.some((other) => isEcho(field, other)));
}

/**
 * Puts inputs together that show the same fault: the input of one is part of the other's, or differs from it only in
 * which flags are set.
 */
function distinct(faults: readonly Fault[], flags: ReadonlyMap<number, bigint>): Fault[] {
  const kept: Fault[] = [];
  for (const fault of faults.toSorted((a, b) => compareInputs(a.input, b.input))) {
    const same = kept.find(
      ({ input }) =>
        isPart(input, fault.input, flags) ||
        shapeOf(input, flags).join() === shapeOf(fault.input, flags).join(),
    );
    if (same === undefined) kept.push(fault);
    else {
      same.others.push(fault.input);
      same.cases += fault.cases;
    }
  }
  return kept.sort((a, b) => b.cases - a.cases);
}

/** Fewer bits come first, then smaller words. */
function compareInputs(a: BigUint64Array, b: BigUint64Array): number {
  const bits = (input: BigUint64Array) => sum(Array.from(input, bitsOf));
  const differing = a.findIndex((word, at) => word !== b[at]);
  return bits(a) - bits(b) || ((a[differing] ?? 0n) < (b[differing] ?? 0n) ? -1 : 1);
}

function bitsOf(word: bigint): number {
  return word.toString(2).replaceAll("0", "").length;
}

/** Whether every word of an input is 0 or, in another input, not 0; whether every flag is set there, too. */
function isPart(
  input: BigUint64Array,
  other: BigUint64Array,
  flags: ReadonlyMap<number, bigint>,
): boolean {
  return input.every((word, at) => {
    const whole = other[at] ?? 0n;
    return flags.has(at) ? (word & ~whole) === 0n : word === 0n || whole !== 0n;
  });
}

/** Which words are not 0, and how many flags each has. */
function shapeOf(input: BigUint64Array, flags: ReadonlyMap<number, bigint>): number[] {
  return Array.from(input, (word, at) => (flags.has(at) ? bitsOf(word) : word === 0n ? 0 : 1));
}

import type { Case } from "../case/case.ts";
import type { Generator } from "../draw/generate.ts";
import type { Comparison, Experiment } from "../experiment.ts";
import type { KnownSignatures } from "../predict/known.ts";
import { AGREES } from "../predict/signature.ts";
import { addCounts, type Counts, noCounts, sortedCounts, takeCounts } from "../predict/tally.ts";
import { type Chunk, firstOfEach } from "./round.ts";

/** A case whose outcome has a new signature. */
export interface Found extends Comparison {
  /** The number of the case. */
  readonly index: number;
  readonly it: Case;
}

/** The result of some cases. */
export interface PartResult extends Counts {
  readonly found: Found[];
  /** How many outcomes another attempt contradicted: they do not count. */
  unconfirmed: number;
}

/**
 * A part of a round: keeps cases whose outcomes are of new kinds. A case whose outcome differs from its prediction is
 * tried again first: only an outcome that two attempts have counts.
 */
export class Part {
  readonly result: PartResult = { ...noCounts(), found: [], unconfirmed: 0 };
  readonly #experiment: Experiment;
  readonly #known: KnownSignatures;

  /** @param known the signatures that are known; new ones are added */
  constructor(experiment: Experiment, known: KnownSignatures) {
    this.#experiment = experiment;
    this.#known = known;
  }

  /** Tries a generator's cases. */
  drawn(generator: Generator, { from, to }: Chunk): void {
    this.#experiment.draw(generator, from, to - from);
    this.#assess(from, to - from);
  }

  /** Tries cases that are given; the first has the number 0. */
  given(cases: readonly Case[]): void {
    this.#experiment.try(cases);
    this.#assess(0, cases.length);
  }

  /** Assesses the first `count` cases of the batch; the first has the number `from`. */
  #assess(from: number, count: number): void {
    const { model, batch } = this.#experiment;
    for (const i of model.assess(batch, count, this.#known)) {
      const confirmed = this.#confirm(i);
      model.count(batch, i);
      if (confirmed === undefined || !this.#known.add(confirmed.signature)) continue;
      this.result.found.push({ ...confirmed, index: from + i, it: batch.at(i) });
    }
    takeCounts(this.result);
  }

  /** Compares case `i`; undefined if it is new, and no two attempts agree on it. */
  #confirm(i: number): Comparison | undefined {
    const first = this.#experiment.compare(i);
    if (first.agreement === AGREES || this.#known.has(first.signature)) return first;
    const { outcome, contradictions } = this.#experiment.confirm(i, first);
    this.result.unconfirmed += contradictions;
    return outcome;
  }
}

/** Puts the results of all parts of a round together: the first case of each signature counts. */
export function mergeResults(parts: readonly PartResult[]): PartResult {
  const counts = noCounts();
  for (const part of parts) addCounts(counts, part);
  return {
    ...sortedCounts(counts),
    unconfirmed: parts.reduce((total, { unconfirmed }) => total + unconfirmed, 0),
    found: firstOfEach(
      parts.flatMap(({ found }) => found),
      ({ signature }) => signature,
    ),
  };
}

/* How far a run is: what its rounds came to. It does not matter who made them, nor in which order they are added. */

import { add } from "../../../lib/group.ts";
import { count, members, type Shape } from "../../../lib/shape.ts";
import type { Case } from "../case/case.ts";
import type { Path } from "../draw/arch.ts";
import type { ModelOptions } from "../known/arch.ts";
import type { FieldDifference } from "../predict/differences.ts";

/** What decides which cases a run has, and what is a finding. */
export interface Plan extends ModelOptions {
  readonly seed: bigint;
  readonly path: Path;
  /** The rule that cases are near to, if there is one. */
  readonly focus?: string | undefined;
}

/** One of `of` parts of a run, counted from 1: every so many-th round. */
export interface Shard {
  readonly index: number;
  readonly of: number;
}

export const shardShape: Shape<Shard> = (value, place) => {
  const read = members(value, place);
  const of = read("of", count(999_999, 1));
  return { of, index: read("index", count(of, 1)) };
};

/** A kind of outcome, and the number of the first case that has it. */
export interface SeenKind {
  readonly signature: number;
  readonly index: number;
}

/** A case whose outcome contradicts its prediction: the first that differs in its way. */
export interface FoundCase {
  /** The same for cases that differ in the same way. */
  readonly key: number;
  readonly index: number;
  readonly it: Case;
  /** Its first difference when it was found. */
  readonly first: FieldDifference & { readonly seen: bigint };
  /** The id of the rule that decides it; null if no single rule does. */
  readonly rule: string | null;
}

/** The result of the cases `from` up to and without `to`. */
export interface Round {
  readonly from: number;
  readonly to: number;
  readonly counts: Counts;
  /** Kinds of outcomes that the process that tried these cases had not seen before. */
  readonly signatures: readonly SeenKind[];
  readonly findings: readonly FoundCase[];
  /** Cases with an outcome that contradicted its prediction, and did not occur again: the first 64. */
  readonly once: readonly FoundCase[];
}

export class RunState {
  /** By their first case. */
  readonly #rounds = new Map<number, Round>();
  #counts = noCounts();
  /** By signature, the lowest number of a case. */
  readonly #signatures = new Map<number, number>();
  readonly #findings = new Map<number, FoundCase>();

  get counts(): Readonly<Counts> {
    return this.#counts;
  }

  /** One for each kind of outcome, in the order of cases. */
  get signatures(): SeenKind[] {
    const all = [...this.#signatures].map(([signature, index]) => ({ signature, index }));
    return all.sort((a, b) => a.index - b.index);
  }

  /** How many kinds of outcomes there are. */
  get kinds(): number {
    return this.#signatures.size;
  }

  /** One for each way to contradict a prediction, in the order of cases. */
  get findings(): FoundCase[] {
    return [...this.#findings.values()].sort((a, b) => a.index - b.index);
  }

  /** Outcomes that contradicted their predictions, and did not occur again, in the order of cases. */
  get once(): FoundCase[] {
    return this.rounds.flatMap(({ once }) => once);
  }

  /** In the order of cases, each with what occurs in it first. */
  get rounds(): Round[] {
    const rounds = [...this.#rounds.values()].sort((a, b) => a.from - b.from);
    return rounds.map((round) => ({
      ...round,
      signatures: round.signatures.filter(
        ({ signature, index }) => this.#signatures.get(signature) === index,
      ),
      findings: round.findings.filter(({ key, index }) => this.#findings.get(key)?.index === index),
    }));
  }

  /** Whether the cases `from` up to and without `to`, of one round, were tried. */
  has(from: number, to: number): boolean {
    return (this.#rounds.get(from)?.to ?? 0) >= to;
  }

  /** Adds a round, unless it is there. One in which a run ended gives way to the whole. @internal */
  add(round: Round): void {
    const { from, to, counts, signatures, findings } = round;
    if (this.has(from, to)) return;
    const isLonger = this.#rounds.has(from);
    this.#rounds.set(from, round);
    if (isLonger) {
      this.#counts = noCounts();
      for (const each of this.#rounds.values()) addCounts(this.#counts, each.counts);
    } else addCounts(this.#counts, counts);
    for (const { signature, index } of signatures) {
      if (index < (this.#signatures.get(signature) ?? Number.POSITIVE_INFINITY)) {
        this.#signatures.set(signature, index);
      }
    }
    for (const found of findings) {
      if (found.index < (this.#findings.get(found.key)?.index ?? Number.POSITIVE_INFINITY)) {
        this.#findings.set(found.key, found);
      }
    }
  }
}

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

import type { Case } from "./case.ts";
import { emptyResult, type PartResult } from "./part.ts";
import type { DifferenceKind } from "./predicted.ts";
import type { Shard } from "./round.ts";

/** A case of the corpus: the first with its signature. */
export interface Entry {
  readonly signature: number;
  /** The number of the case; -1 of one that somebody gave. */
  readonly index: number;
  readonly it: Case;
  /** Whether the model said what would come of it. */
  readonly predicted: boolean;
}

/**
 * Whether cases are made from it. What comes of those near a case that is not predicted is as a rule not predicted
 * either, and so tells little. Cases that somebody gave are made from in any case.
 */
export const isParent = ({ predicted, index }: Entry): boolean => predicted || index < 0;

/** A case whose outcome is not as predicted: the first that differs in its way. */
export interface FoundCase extends Entry {
  /** What those share whose outcomes differ in the same way. */
  readonly key: number;
  /** How it differed first when it was come upon. */
  readonly kind: DifferenceKind;
}

/** What some cases came to. */
export interface Counts {
  cases: number;
  deaths: number;
  hangs: number;
  /** Cases that were not predicted, by rule. */
  readonly unpredicted: Map<string, number>;
}

/** What a round adds to a run. */
export interface Step {
  readonly from: number;
  readonly to: number;
  readonly counts: Counts;
  readonly corpus: readonly Entry[];
  readonly findings: readonly FoundCase[];
  /** Files that somebody put into the folder, if these are their cases. */
  readonly given?: readonly string[];
}

/** How far a run is: what its rounds so far have come to. */
export class RunState {
  /** The first case of the next round. */
  next = 0;
  readonly counts: Counts = emptyResult();
  /** In the order in which cases may be made from them. */
  readonly corpus: Entry[] = [];
  readonly findings: FoundCase[] = [];
  /** Files of the folder that have been tried. */
  readonly given = new Set<string>();
  /** Which part of the run it is; what it finds feeds no round of its own then. */
  shard: Shard | null = null;
  /** How many of the corpus cases are made from. */
  #parents = 0;
  readonly #signatures = new Set<number>();
  readonly #keys = new Set<number>();

  get parents(): number {
    return this.shard === null ? this.corpus.length : this.#parents;
  }

  /** From now on it is a shard: the corpus that cases are made from stays as it is. @internal */
  become(shard: Shard): void {
    this.#parents = this.corpus.length;
    this.shard = shard;
  }

  /** Adds what a round came to. What is known already is left out. @internal */
  add({ to, counts, corpus, findings, given = [] }: Step): void {
    for (const name of given) this.given.add(name);
    this.next = Math.max(this.next, to);
    addCounts(this.counts, counts);
    for (const entry of corpus) {
      if (this.#signatures.has(entry.signature)) continue;
      this.#signatures.add(entry.signature);
      this.corpus.push(entry);
    }
    for (const found of findings) {
      if (this.#keys.has(found.key)) continue;
      this.#keys.add(found.key);
      this.findings.push(found);
    }
  }

  /** Whether a way to differ is known. @internal */
  has(key: number): boolean {
    return this.#keys.has(key);
  }

  /** The same, to be gone on with apart. @internal */
  copy(): RunState {
    const copy = new RunState();
    copy.add({ ...this, from: 0, to: this.next, given: [...this.given] });
    copy.#parents = this.#parents;
    copy.shard = this.shard;
    return copy;
  }
}

/** Adds counts to others. */
export function addCounts(to: Counts, counts: Readonly<Counts>): void {
  to.cases += counts.cases;
  to.deaths += counts.deaths;
  to.hangs += counts.hangs;
  for (const [rule, cases] of counts.unpredicted) {
    to.unpredicted.set(rule, (to.unpredicted.get(rule) ?? 0) + cases);
  }
}

/** The counts alone of what a part came to. */
export function countsOf({ cases, deaths, hangs, unpredicted }: PartResult): Counts {
  return { cases, deaths, hangs, unpredicted };
}

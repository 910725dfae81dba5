import type { Case } from "../case/case.ts";
import type { Path } from "../draw/arch.ts";
import type { KnownName } from "../known/arch.ts";
import type { DifferenceKind } from "../predict/differences.ts";
import type { Change } from "../predict/model.ts";
import { addCounts, type Counts, noCounts } from "../predict/tally.ts";
import type { Shard } from "./round.ts";

/** What decides which cases a run has, and what is a finding. */
export interface Plan {
  readonly seed: bigint;
  readonly path: Path;
  /** The rule that cases are near to, if there is one. */
  readonly focus?: string | undefined;
  /** The bug that is planted in the model, if any. */
  readonly change?: Change | undefined;
  /** The known deviations that the model predicts, if any. */
  readonly known?: KnownName | undefined;
}

/** A case of the corpus: the first with its signature. */
export interface Entry {
  readonly signature: number;
  /** The number of the case; -1 for a case from a file. */
  readonly index: number;
  readonly it: Case;
  /** Whether the model predicted its outcome. */
  readonly predicted: boolean;
}

/** A case whose outcome contradicts its prediction: the first that differs in its way. */
export interface FoundCase extends Entry {
  /** The same for cases that differ in the same way. */
  readonly key: number;
  /** How it first differed when it was found. */
  readonly kind: DifferenceKind;
}

/** What a round adds to a run. */
export interface Step {
  readonly from: number;
  readonly to: number;
  readonly counts: Counts;
  readonly corpus: readonly Entry[];
  readonly findings: readonly FoundCase[];
  /** The names of the files, if the cases are from files in the folder. */
  readonly given?: readonly string[];
}

/** How far a run is: the results of its rounds so far. */
export class RunState {
  /** The first case of the next round. */
  next = 0;
  readonly counts: Counts = noCounts();
  /** In the order in which cases may be made from them. */
  readonly corpus: Entry[] = [];
  readonly findings: FoundCase[] = [];
  /** Files of the folder that have been tried. */
  readonly given = new Set<string>();
  /** Which part of the run it is; then its rounds do not build on what it finds. */
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

  /** Adds the result of a round, except what is known already. @internal */
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

  /** A copy that can be continued independently. @internal */
  copy(): RunState {
    const copy = new RunState();
    copy.add({ ...this, from: 0, to: this.next, given: [...this.given] });
    copy.#parents = this.#parents;
    copy.shard = this.shard;
    return copy;
  }
}

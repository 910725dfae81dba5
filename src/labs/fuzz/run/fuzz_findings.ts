/* The findings of a run: each is minimized, tried once more, and written into a folder of its own. */

import { setImmediate } from "node:timers/promises";
import type { Case } from "../case/case.ts";
import { formatCase } from "../case/text.ts";
import { DEFAULT_PATH } from "../draw/arch.ts";
import { type CaseOutcome, Examiner } from "../examiner.ts";
import { modelOptions } from "../known/arch.ts";
import type { Machine } from "../machine.ts";
import { type FieldDifference, kindOf } from "../predict/differences.ts";
import { type Causes, NO_CAUSES } from "../predict/model.ts";
import { formatSignature } from "../predict/signature.ts";
import { writeFinding } from "../tell/finding.ts";
import { onceOf, subjectOf } from "../tell/told.ts";
import type { FoundCase, Plan, RunState, Shard } from "./state.ts";

/** Findings beyond these are reported as they were found: so many have one reason. */
const MOST = 100;

/** A case whose outcome contradicts its prediction. */
export interface Finding {
  /** What it shares with the cases that differ in the same way, as 14 hex digits. */
  readonly signature: string;
  /** The number of the case in its run. */
  readonly index: number;
  /** The case as it was found. */
  readonly original: Case;
  /** The smallest case near it that differs in the same way. */
  readonly it: Case;
  readonly differences: readonly FieldDifference[];
  /** The rules that may be wrong. */
  readonly causes: Causes;
  /** The first difference in a sentence; undefined for findings beyond the first hundred, which are not minimized. */
  readonly subject: string | undefined;
  /** What is predicted of `it`, by which rules, and what was seen; undefined where `subject` is. */
  readonly outcome: CaseOutcome | undefined;
  /** The path of its folder; null if the run has no folder. */
  readonly folder: string | null;
}

/** The run that the findings belong to. */
interface FindingRun extends Plan {
  readonly shard: Shard | undefined;
  readonly machine: Machine;
  /** The folder of the run, if it has one. */
  readonly corpus: string | undefined;
}

/** Examines the findings of a run as it goes on. */
export class FindingExaminer {
  /** All that were examined. Cases that are the same once they are minimized are one finding. */
  readonly findings: Finding[] = [];
  readonly #run: FindingRun;
  readonly #known = new Set<string>();
  /** Of the raw findings, the keys of those that were taken. */
  readonly #taken = new Set<number>();

  constructor(run: FindingRun) {
    this.#run = run;
  }

  /**
   * Examines what a run has found before case `until` since the last call, and writes the findings that have no folder
   * yet. One that does not occur again stays as it was found.
   *
   * @throws OutputError
   */
  async *examine({ findings }: RunState, until: number): AsyncGenerator<Finding, void, undefined> {
    const news = findings.filter(({ index, key }) => index < until && !this.#taken.has(key));
    if (news.length === 0) return;
    using examiner = new Examiner({ change: this.#run.change, known: this.#run.known });
    for (const raw of news) {
      this.#taken.add(raw.key);
      // One may take a second, and nothing else runs meanwhile.
      await setImmediate();
      const finding = this.#examineOne(raw, examiner);
      if (finding === undefined) continue;
      this.findings.push(finding);
      yield finding;
    }
  }

  #examineOne(raw: FoundCase, examiner: Examiner): Finding | undefined {
    const { key, index, it: original } = raw;
    const seenFirst = kindOf(raw.first);
    const signature = formatSignature(key);
    const found = { signature, index, original };
    if (this.#taken.size > MOST) {
      const unexamined = { differences: [], causes: NO_CAUSES, subject: undefined };
      return { ...found, ...unexamined, outcome: undefined, it: original, folder: null };
    }
    const occursAgain = examiner.examine(original).differences.length > 0;
    const it = occursAgain ? examiner.minimize(original) : original;
    const document = JSON.stringify(formatCase(it));
    if (this.#known.has(document)) return undefined;
    this.#known.add(document);
    const examination = examiner.examine(it);
    const { differences, causes } = examination;
    const { corpus, machine, change, known } = this.#run;
    const cases = { signature, examination, original, seenFirst };
    const content = { ...cases, machine, change, known, found: this.#command(index + 1) };
    const folder = corpus === undefined ? null : writeFinding(corpus, content);
    const subject = occursAgain ? subjectOf(differences, it) : onceOf(seenFirst);
    return { ...found, it, differences, causes, subject, outcome: examination, folder };
  }

  /** The command that finds the same from the beginning. */
  #command(cases: number): string {
    const { seed, path, focus, shard } = this.#run;
    const way = path === DEFAULT_PATH ? "" : ` --path ${path}`;
    const near = focus === undefined ? "" : ` --focus ${focus}`;
    const part = shard === undefined ? "" : ` --shard ${shard.index}/${shard.of}`;
    return `stublab fuzz --seed ${seed} --cases ${cases}${way}${near}${part}${modelOptions(this.#run)}`;
  }
}

/* Predicts the cases of a recording of this architecture, and compares. */

import { countsOf, grouped } from "../../../lib/group.ts";
import { Batch } from "../case/batch.ts";
import { fieldsOf, writeFields } from "../case/fields.ts";
import { CONSTANTS } from "../case/records.ts";
import { type CaseDocument, formatCase } from "../case/text.ts";
import { deviationsOf } from "../known/arch.ts";
import {
  type DifferenceKind,
  differencesOf,
  type FieldDifference,
  kindOf,
} from "../predict/differences.ts";
import { type Change, Model } from "../predict/model.ts";
import { formatPlant } from "../predict/plant.ts";
import { rules, textOn } from "../predict/rules.ts";
import { type CauseRow, causeRows } from "../tell/causes.ts";
import type { RecordedCase, RecordingFile, RecordingHeader } from "./recording.ts";

/** Steps that are in the memory of the fuzzer's module at a time. */
const BATCH = 512;

/** The setups and outcomes of a batch. */
type Piece = readonly [setups: Uint8Array, outcomes: Uint8Array];

/** A recorded case, and where its last step is in a piece. */
interface PlacedCase extends RecordedCase {
  readonly line: number;
  readonly piece: number;
  readonly i: number;
}

/** A recorded outcome that contradicts its prediction. */
export interface Contradiction {
  /** The line of the file. */
  readonly line: number;
  /** "stublab.case/1": it may be of another architecture. */
  readonly case: CaseDocument;
  readonly differences: readonly FieldDifference[];
}

/** A rule because of which stops are not predicted. */
export interface UnpredictedCases {
  readonly rule: string;
  /** Its sentence. */
  readonly text: string;
  readonly cases: number;
}

/** What the model makes of a recording. */
export interface Judgement extends RecordingHeader {
  /** The bug that is planted in the model; null without one. */
  readonly planted: string | null;
  readonly cases: number;
  /** Those with the most cases first. */
  readonly unpredicted: readonly UnpredictedCases[];
  readonly contradictions: readonly Contradiction[];
  /** The causes of contradictions, of at most a hundred of them, as `fuzz` has those of findings. */
  readonly causes: readonly JudgedCause[];
}

/** A cause, and the lines of the cases that have it. */
export interface JudgedCause extends CauseRow {
  readonly lines: readonly number[];
}

/** Contradictions whose rules are tried: that takes many predictions for each. */
const MOST_EXAMINED = 100;

/** The cases of a recording as records, in pieces that many models can judge in the memory of the fuzzer's module. */
export class RecordedCases {
  readonly #cases: PlacedCase[] = [];
  readonly #pieces: Piece[] = [];
  readonly #batch = new Batch(BATCH);
  /** The piece that the batch has. */
  #piece = 0;

  /** @throws InputError if a line is malformed */
  constructor(file: RecordingFile) {
    const { setupBytes, outcomeBytes } = this.#batch;
    const keep = () => this.#pieces.push([setupBytes.slice(), outcomeBytes.slice()]);
    let next = 0;
    for (const each of file.cases()) {
      if (next + CONSTANTS.MOST_STEPS > BATCH) {
        keep();
        next = 0;
      }
      const [i = next] = this.#batch.put([each.it], next);
      writeFields(each.it, each.seen, this.#batch, i);
      this.#cases.push({ ...each, piece: this.#pieces.length, i });
      next = i + 1;
    }
    this.#piece = this.#pieces.length;
    keep();
  }

  /** The batch with the piece that a case is in. */
  #batchOf({ piece }: PlacedCase): Batch {
    const [setups, outcomes] = this.#pieces[piece] ?? [];
    if (piece !== this.#piece && setups && outcomes) {
      this.#batch.setupBytes.set(setups);
      this.#batch.outcomeBytes.set(outcomes);
      this.#piece = piece;
    }
    return this.#batch;
  }

  get length(): number {
    return this.#cases.length;
  }

  /** Counts the cases that a model does not predict, by rule. */
  unpredicted(model: Model): UnpredictedCases[] {
    const reasons = this.#cases.map((it) => model.predict(this.#batchOf(it), it.i).unpredicted);
    const counts = countsOf(reasons);
    const { features } = model.machine;
    const countOf = (id: string) => counts.get(id) ?? 0;
    return rules()
      .map((rule) => ({ rule: rule.id, text: textOn(rule, features), cases: countOf(rule.id) }))
      .filter(({ cases }) => cases > 0)
      .sort((a, b) => b.cases - a.cases);
  }

  /** How many cases use each rule of a model. */
  exercised(model: Model): Map<string, number> {
    const usedBy = (it: PlacedCase) =>
      new Set(model.explain(this.#batchOf(it), it.i).map(({ id }) => id));
    return countsOf(this.#cases.flatMap((it) => [...usedBy(it)]));
  }

  /** The causes of contradictions: of as many for each way to differ first. */
  causes(contradictions: readonly Contradiction[], model: Model): JudgedCause[] {
    if (contradictions.length === 0) return [];
    const byLine = new Map(this.#cases.map((each) => [each.line, each]));
    const groups = groupsOf(contradictions);
    const examined = groups
      .flatMap(([, group]) => group.slice(0, Math.ceil(MOST_EXAMINED / groups.length)))
      .slice(0, MOST_EXAMINED)
      .flatMap(({ line, differences }) => {
        const { it, seen } = byLine.get(line) ?? {};
        if (it === undefined || seen === undefined) return [];
        // A recording lacks the outcomes of the steps before.
        const outcomes = [...(it.before ?? []).map(() => new Map()), seen];
        return [{ index: line, it, differences, causes: model.causesOf(it, outcomes) }];
      });
    const counts = { cases: this.length, exercised: this.exercised(model) };
    return causeRows(examined, counts, model.machine).map(({ found, ...cause }) => ({
      ...cause,
      lines: found.map(({ index }) => index).sort((a, b) => a - b),
    }));
  }

  /** The cases whose outcomes contradict what a model predicts. */
  *contradictions(model: Model): Iterable<Contradiction> {
    for (const each of this.#cases) {
      const { i, it, line, seen } = each;
      if (!model.differs(this.#batchOf(each), i)) continue;
      const { prediction } = model;
      const predicted = fieldsOf(it, prediction.outcome, prediction);
      // Fields that were not the same in two stubs are not compared.
      const known = new Map([...predicted].filter(([field]) => seen.has(field)));
      const differences = differencesOf(known, seen);
      if (differences.length > 0) yield { line, case: formatCase(it), differences };
    }
  }

  [Symbol.dispose](): void {
    this.#batch[Symbol.dispose]();
  }
}

/** @throws InputError if a line is malformed */
export function judgeHere(file: RecordingFile, change?: Change): Judgement {
  const { header } = file;
  const model = new Model(header.machine, change, deviationsOf(header.known));
  using cases = new RecordedCases(file);
  const contradictions = [...cases.contradictions(model)];
  return {
    ...header,
    planted: change === undefined ? null : formatPlant(change),
    cases: cases.length,
    unpredicted: cases.unpredicted(model),
    contradictions,
    causes: cases.causes(contradictions, model),
  };
}

/** Contradictions that begin in the same way, the largest groups first. */
export function groupsOf(
  contradictions: readonly Contradiction[],
): [kind: DifferenceKind, group: Contradiction[]][] {
  const keyOf = ({ differences: [first] }: Contradiction) => {
    if (first === undefined) return "";
    const { field, predicted, seen } = kindOf(first);
    return `${field} ${predicted} ${seen}`;
  };
  return [...grouped(contradictions, keyOf).values()]
    .flatMap((group): [DifferenceKind, Contradiction[]][] => {
      const [first] = group[0]?.differences ?? [];
      return first === undefined ? [] : [[kindOf(first), group]];
    })
    .sort((a, b) => b[1].length - a[1].length);
}

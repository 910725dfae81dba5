import type { Mapping } from "../../core/stub/proc.ts";
import { checkOptions, count, type OptionShapes } from "../../lib/shape.ts";
import { type Case, expectCase, stepsOf } from "./case/case.ts";
import { type Fields, HALF, readFields } from "./case/fields.ts";
import type { CaseTrier } from "./engine.ts";
import { type ExaminerOptions, Experiment } from "./experiment.ts";
import { MODEL_SHAPES } from "./known/arch.ts";
import type { Machine } from "./machine.ts";
import { adoptFlags, type FieldDifference } from "./predict/differences.ts";
import { minimize } from "./predict/minimize.ts";
import { type Causes, NO_CAUSES } from "./predict/model.ts";
import { type CasePrediction, predictionOf, type StepPrediction } from "./predict/prediction.ts";

/** So many cases that do not stop are waited for, each for two deadlines, while one is minimized. */
const MOST_HANGS = 20;

/** A step with its prediction and its outcome. */
export interface StepOutcome extends StepPrediction {
  /** The outcome. */
  readonly seen: Fields;
  /** The fields of the outcome that are the same in two stubs, and for every host. */
  readonly stable: Fields;
}

/** A case with its prediction and its outcome, up to the first step that differs from the prediction. */
export interface CaseOutcome extends CasePrediction, StepOutcome {
  readonly it: Case;
  readonly before: readonly StepOutcome[];
  readonly differences: readonly FieldDifference[];
  /** What explains the difference; nothing, if no single rule or feature does. */
  readonly causes: Causes;
  /** Why this kernel cannot be given the case: then nothing was seen. */
  readonly untried?: string;
}

/** Whether a word is an address of a mapping, or the low half of one. */
function isIn({ start, end }: Mapping, word: bigint): boolean {
  const [whole, low] = [BigInt(start), BigInt.asUintN(32, BigInt(start))];
  const size = BigInt(end - start);
  return BigInt.asUintN(64, word - whole) < size || BigInt.asUintN(64, word - low) < size;
}

/** The fields of an outcome that are the same in another stub, and for every host: not addresses in the vDSO. */
export function stableFields(seen: Fields, other: Fields, { vdso }: CaseTrier): Fields {
  return new Map(
    [...seen].filter(
      ([field, word]) => other.get(field) === word && (vdso === undefined || !isIn(vdso, word)),
    ),
  );
}

/** How often something is tried until two attempts have the same result. */
const MOST_ATTEMPTS = 5;

/**
 * Tries again until two attempts have the same result, and returns the first with the last. What one alone has seen may be the
 * work of another process: it can send signals to a stub, stop it, write to its memory or end it.
 *
 * @param keyOf the same for results that are the same
 */
function confirm<T>(first: T, again: () => T, keyOf: (outcome: T) => string): [T, T] {
  const seen = new Map([[keyOf(first), first]]);
  while (seen.size < MOST_ATTEMPTS) {
    const outcome = again();
    const other = seen.get(keyOf(outcome));
    if (other !== undefined) return [outcome, other];
    seen.set(keyOf(outcome), outcome);
  }
  return [first, again()];
}

const SHAPES: OptionShapes<ExaminerOptions> = {
  deadline: count(2 ** 31 - 1, 1),
  ...MODEL_SHAPES,
};

/**
 * Tries single cases in stubs of its own. It belongs to the thread that made it.
 *
 * @example
 * using examiner = new Examiner();
 * const { differences, seen } = examiner.examine(it);
 * if (differences.length > 0) console.log(formatCase(examiner.minimize(it)));
 */
export class Examiner {
  readonly machine: Machine;
  readonly #experiment: Experiment;
  /** Cases of a search that did not stop. */
  #hangs = 0;

  /** @throws InputError; UnsupportedError if cases cannot be tried here. @internal @param trier of tests */
  constructor(options: ExaminerOptions = {}, trier?: CaseTrier) {
    checkOptions(options, "options", SHAPES);
    this.#experiment = new Experiment(options, trier);
    this.machine = this.#experiment.machine;
  }

  /**
   * Tries a case in two stubs with different parents, and again if their stops differ; compares the outcome with the
   * prediction, step by step. The result is about the case as far as the first step that differs, and without steps after one
   * that ends the stub.
   *
   * @throws what trying it throws
   */
  examine(it: Case): CaseOutcome {
    expectCase(it);
    const [steps, others] = confirm(
      this.#attempt(it),
      () => this.#attempt(it),
      (tried) => tried.map(({ seen }) => HALF.map((field) => seen.get(field))).join(),
    );
    // What one stub alone shows may be the work of another process.
    const confirmed = steps.map(({ differences }, k) =>
      differences.filter(({ field, predicted }) => others[k]?.seen.get(field) !== predicted),
    );
    const last = decisiveOf(confirmed);
    const { model, batch, trier } = this.#experiment;
    const outcomeOf = <T extends StepPrediction>(prediction: T, k: number) => {
      const seen = steps[k]?.seen ?? new Map();
      const predicted = adoptFlags(prediction.predicted, seen, model.ignoredFlags);
      const stable = stableFields(seen, others[k]?.seen ?? new Map(), trier);
      return { ...prediction, predicted, seen, stable };
    };
    const prediction = predictionOf(batch.at(last), model);
    const untried = steps[last]?.untried;
    const outcome = {
      ...outcomeOf(prediction, last),
      before: prediction.before.map(outcomeOf),
      ...(untried !== undefined && { untried }),
      differences: confirmed[last] ?? [],
    };
    const fields = [...outcome.before, outcome].map(({ stable }) => stable);
    const causes =
      outcome.differences.length === 0 ? NO_CAUSES : model.causesOf(outcome.it, fields);
    return { ...outcome, causes };
  }

  #attempt(it: Case): TriedStep[] {
    this.#experiment.trier.renewAll();
    return this.#try(it);
  }

  /** Tries a case alone: the steps up to one that ends the stub, or cannot be tried. */
  #try(it: Case): TriedStep[] {
    const experiment = this.#experiment;
    experiment.try([it]);
    const steps = stepsOf(it).map((step, i) => ({
      seen: readFields(step, experiment.batch, i),
      untried: experiment.obstacle(i),
      differences: experiment.differences(i),
    }));
    return steps.filter((_, i) => !experiment.isAfterEnd(i));
  }

  /** The smallest case near one that differs from its prediction in the same way; the case itself if it does not differ. */
  minimize(it: Case): Case {
    expectCase(it);
    const key = this.#keyOf(it, true);
    if (key === undefined) return it;
    this.#hangs = 0;
    const holds = (other: Case, fresh: boolean) =>
      this.#hangs < MOST_HANGS && this.#keyOf(other, fresh) === key;
    const quick = minimize(it, (other) => holds(other, false));
    // What an earlier case has left in a stub may have had a part in it.
    if (this.#keyOf(quick, true) === key) return quick;
    return minimize(it, (other) => holds(other, true));
  }

  close(): void {
    this.#experiment[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** What must stay the same; undefined if nothing differs. */
  #keyOf(it: Case, fresh: boolean): string | undefined {
    if (fresh) this.#experiment.trier.renew();
    const steps = this.#try(it);
    if (steps.some(({ seen }) => seen.get("status") === 0n)) this.#hangs++;
    return this.#experiment.kind(decisiveOf(steps.map(({ differences }) => differences)));
  }
}

/** A step of a case, as one stub has shown it. */
interface TriedStep {
  readonly seen: Fields;
  readonly untried: string | undefined;
  readonly differences: readonly FieldDifference[];
}

/** The index of the step that decides what is said of a case: the first that differs, otherwise the last. */
function decisiveOf(steps: readonly (readonly FieldDifference[])[]): number {
  const first = steps.findIndex(({ length }) => length > 0);
  return first < 0 ? steps.length - 1 : first;
}

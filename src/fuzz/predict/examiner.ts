import { checkOptions, count, type OptionShapes, text } from "../../shape.ts";
import { Batch } from "../case/batch.ts";
import { type Case, expectCase, writeSetup } from "../case/case.ts";
import { type Fields, readFields } from "../case/fields.ts";
import { type Machine, readMachine } from "../try/machine.ts";
import { Observer } from "../try/observer.ts";
import { Trier } from "../try/trial.ts";
import { minimize } from "./minimize.ts";
import { type Change, Model } from "./model.ts";
import { changeShape } from "./plant.ts";
import { type CasePrediction, predictionOf } from "./predict.ts";
import {
  differencesOf,
  type FieldDifference,
  kindOf,
  kindText,
  predictedFields,
} from "./predicted.ts";
import { signatureOf } from "./signature.ts";

/** So many cases that do not stop are waited for, each for two deadlines, while one is made small. */
const MOST_HANGS = 20;

/** A case with its prediction and its outcome. */
export interface CaseOutcome extends CasePrediction {
  /** The outcome. */
  readonly seen: Fields;
  /** The fields of the outcome that are the same in two stubs, and for every host. */
  readonly stable: Fields;
  readonly differences: readonly FieldDifference[];
}

export interface ExaminerOptions {
  /** The encoder that builds the stubs' registers. Default: "assembly". */
  readonly encoder?: string | undefined;
  /** For each stop, in whole milliseconds. Default: 200. */
  readonly deadline?: number | undefined;
  /** A rule of the model to remove or alter: a planted bug. */
  readonly change?: Change | undefined;
}

/** The tracer checks the encoder's name, and that the deadline is not too long. */
const SHAPES: OptionShapes<ExaminerOptions> = {
  encoder: text,
  deadline: count(Number.MAX_SAFE_INTEGER, 1),
  change: changeShape,
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
  readonly #observer: Observer;
  readonly #trier: Trier;
  readonly #batch: Batch;
  readonly #model: Model;

  /** @throws InputError; what creating stubs throws */
  constructor(examinerOptions: ExaminerOptions = {}) {
    checkOptions(examinerOptions, "options", SHAPES);
    const { change, ...options } = examinerOptions;
    this.#observer = new Observer(options);
    try {
      this.#trier = new Trier(options);
    } catch (error) {
      this.#observer.close();
      throw error;
    }
    this.#batch = new Batch(1);
    this.machine = readMachine(this.#trier.tracer);
    this.#model = new Model(this.machine, change);
  }

  /** The names of signals, errnos and calls. */
  get constants(): ReadonlyMap<string, bigint> {
    return this.#trier.tracer.encoder.constants;
  }

  /** Tries a case, and compares the outcome with the prediction. @throws what trying it throws */
  examine(it: Case): CaseOutcome {
    expectCase(it);
    const { all: seen, other, stable } = this.#observer.observe(it);
    writeSetup(it, this.#batch, 0);
    const prediction = predictionOf(it, this.#model, this.#batch);
    return {
      it,
      ...prediction,
      seen,
      stable,
      // What one stub alone shows may be somebody's doing.
      differences: differencesOf(prediction.predicted, seen).filter(
        ({ field, predicted: word }) => other.get(field) !== word,
      ),
    };
  }

  /**
   * The smallest case near one that differs from its prediction in the same way; if it does not differ, the smallest
   * with the same kind of outcome.
   */
  minimize(it: Case): Case {
    expectCase(it);
    const key = this.#keyOf(it, true);
    const most = this.#trier.hangs + MOST_HANGS;
    const holds = (other: Case, fresh: boolean) =>
      this.#trier.hangs < most && this.#keyOf(other, fresh) === key;
    const quick = minimize(it, (other) => holds(other, false));
    // What an earlier case has left in a stub may have had a part in it.
    if (this.#keyOf(quick, true) === key) return quick;
    return minimize(it, (other) => holds(other, true));
  }

  close(): void {
    this.#observer.close();
    this.#trier.close();
    this.#batch.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** What must stay the same. Values of registers need not, but a stop or an errno is another if it has another. */
  #keyOf(it: Case, fresh: boolean): string {
    writeSetup(it, this.#batch, 0);
    if (fresh) this.#trier.renew();
    this.#trier.run(this.#batch, 1);
    const prediction = this.#model.predict(this.#batch, 0);
    const predicted = predictedFields(it, prediction);
    const [first] = differencesOf(predicted, readFields(it, this.#batch, 0));
    const { stoppedKnown } = prediction;
    if (first === undefined) return `signature ${signatureOf(this.#batch, 0, 0, stoppedKnown)}`;
    return kindText(kindOf(first));
  }
}

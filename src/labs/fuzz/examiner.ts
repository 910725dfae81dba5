import { openAssemblyEncoder } from "../../core/encoder/assembly.ts";
import { parseMaps, readProc } from "../../core/stub/proc.ts";
import { checkOptions, count, type OptionShapes } from "../../lib/shape.ts";
import { type Case, expectCase } from "./case/case.ts";
import { type Fields, HALF } from "./case/fields.ts";
import type { CaseTrier } from "./engine.ts";
import { type ExaminerOptions, Experiment } from "./experiment.ts";
import { knownShape } from "./known/known.ts";
import type { Machine } from "./machine.ts";
import { adoptFlags, type FieldDifference } from "./predict/differences.ts";
import { minimize } from "./predict/minimize.ts";
import { changeShape } from "./predict/plant.ts";
import { type CasePrediction, predictionOf } from "./predict/predict.ts";
import { type Suspects, suspectsOf } from "./predict/suspects.ts";

/** So many cases that do not stop are waited for, each for two deadlines, while one is minimized. */
const MOST_HANGS = 20;

/** A case with its prediction and its outcome. */
export interface CaseOutcome extends CasePrediction {
  /** The outcome. */
  readonly seen: Fields;
  /** The fields of the outcome that are the same in two stubs, and for every host. */
  readonly stable: Fields;
  readonly differences: readonly FieldDifference[];
  /** The rules that may be wrong, if it differs. */
  readonly suspects: Suspects;
  /** Why this kernel cannot be given the case: then nothing was seen. */
  readonly untried?: string;
}

/** Where a 32-bit SYSCALL continues. Stubs inherit the address, though they have unmapped the vDSO. */
const VDSO = parseMaps(readProc("/proc/self/maps")).find(({ name }) => name === "[vdso]");

/** Whether a word is an address in the vDSO, or the low half of one: it is another in each program. */
function isInVdso(word: bigint): boolean {
  const [start, end] = [BigInt(VDSO?.start ?? 0), BigInt(VDSO?.end ?? 0)];
  const low = BigInt.asUintN(32, start);
  return (word >= start && word < end) || (word >= low && word < low + (end - start));
}

/** The fields of an outcome that are the same in another stub, and for every host. */
export function stableFields(seen: Fields, other: Fields): Fields {
  return new Map([...seen].filter(([field, word]) => other.get(field) === word && !isInVdso(word)));
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
  change: changeShape,
  known: knownShape,
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

  /** The names of signals, errnos and calls. */
  get constants(): ReadonlyMap<string, bigint> {
    return openAssemblyEncoder().constants;
  }

  /**
   * Tries a case in two stubs with different parents, and again if their stops differ; compares the outcome with the
   * prediction.
   *
   * @throws what trying it throws
   */
  examine(it: Case): CaseOutcome {
    expectCase(it);
    const [{ seen, differences, untried }, other] = confirm(
      this.#attempt(it),
      () => this.#attempt(it),
      ({ seen }) => HALF.map((field) => seen.get(field)).join(),
    );
    const { model } = this.#experiment;
    const prediction = predictionOf(it, model);
    const outcome = {
      ...prediction,
      predicted: adoptFlags(prediction.predicted, seen, model.ignoredFlags),
      seen,
      ...(untried !== undefined && { untried }),
      stable: stableFields(seen, other.seen),
      // What one stub alone shows may be the work of another process.
      differences: differences.filter(
        ({ field, predicted }) => other.seen.get(field) !== predicted,
      ),
    };
    return { ...outcome, suspects: suspectsOf(outcome, model) };
  }

  #attempt(it: Case) {
    this.#experiment.trier.renewAll();
    const [seen = new Map<string, bigint>()] = this.#experiment.try([it]);
    const untried = this.#experiment.obstacle(0);
    return { seen, untried, differences: this.#experiment.differences(0) };
  }

  /**
   * The smallest case near one that differs from its prediction in the same way; if it does not differ, the smallest
   * with the same kind of outcome.
   */
  minimize(it: Case): Case {
    expectCase(it);
    const key = this.#keyOf(it, true);
    this.#hangs = 0;
    const holds = (other: Case, fresh: boolean) =>
      this.#hangs < MOST_HANGS && this.#keyOf(other, fresh) === key;
    const quick = minimize(it, (other) => holds(other, false));
    // What an earlier case has left in a stub may have had a part in it.
    if (this.#keyOf(quick, true) === key) return quick;
    return minimize(it, (other) => holds(other, true));
  }

  close(): void {
    this.#experiment.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** What must stay the same. */
  #keyOf(it: Case, fresh: boolean): string {
    if (fresh) this.#experiment.trier.renew();
    const [seen] = this.#experiment.try([it]);
    if (seen?.get("status") === 0n) this.#hangs++;
    return this.#experiment.kind(0);
  }
}

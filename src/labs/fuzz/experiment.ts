/*
 * One experiment: cases are drawn, tried, predicted and compared. Rounds of the fuzzer, commands for single cases and
 * facts stand on it.
 */

import { errnoName } from "../../lib/errno.ts";
import { Batch } from "./case/batch.ts";
import type { Case } from "./case/case.ts";
import { type Fields, fieldsOf, readFields } from "./case/fields.ts";
import { numbersOf } from "./case/layout.ts";
import { CONSTANTS, OBSTACLE, OUTCOME, outcomeAt } from "./case/records.ts";
import type { Generator } from "./draw/generate.ts";
import { type CaseTrier, Engine } from "./engine.ts";
import { deviationsOf, type ModelOptions } from "./known/arch.ts";
import type { Machine } from "./machine.ts";
import { differencesOf, type FieldDifference, kindOf } from "./predict/differences.ts";
import { Model } from "./predict/model.ts";

export interface ExaminerOptions extends ModelOptions {
  /** For each stop, in whole milliseconds. Default: 200. */
  readonly deadline?: number | undefined;
}

const { ENDED } = numbersOf(OBSTACLE);

/** Tries batches of cases in stubs of its own, and compares them with a model. It belongs to the thread that made it. */
export class Experiment {
  readonly trier: CaseTrier;
  readonly machine: Machine;
  readonly model: Model;
  /** The cases that were tried last. */
  readonly batch: Batch;

  /** @param options with the largest number of steps that are tried at once @throws what creating stubs throws */
  constructor(
    {
      change,
      known,
      capacity = CONSTANTS.MOST_STEPS,
      ...options
    }: ExaminerOptions & { readonly capacity?: number } = {},
    trier: CaseTrier = new Engine(options),
  ) {
    this.trier = trier;
    try {
      this.machine = trier.machine;
      this.model = new Model(this.machine, change, deviationsOf(known));
      this.batch = new Batch(capacity);
    } catch (error) {
      trier.close();
      throw error;
    }
  }

  /** Tries a generator's cases from `index` on. @throws as `Trier.run` does */
  draw(generator: Generator, index: number, count = this.batch.capacity): void {
    generator.generate(this.batch, 0, index, count);
    this.trier.run(this.batch, count);
  }

  /** Whether step `i` of the batch was not tried because a step before it ended the stub. */
  isAfterEnd(i: number): boolean {
    return this.batch.outcomes[outcomeAt(i) + OUTCOME.obstacle] === ENDED;
  }

  /** Why step `i` of the batch was not tried, such as "PTRACE_SYSEMU is refused: EIO"; undefined if it was. */
  obstacle(i: number): string | undefined {
    const { outcomes } = this.batch;
    const obstacle = outcomes[outcomeAt(i) + OUTCOME.obstacle] ?? 0;
    if (obstacle === 0) return undefined;
    const errno = errnoName(outcomes[outcomeAt(i) + OUTCOME.obstacleError] ?? 0);
    return `${OBSTACLE.values[obstacle]?.[1] ?? obstacle}: ${errno}`;
  }

  /**
   * Tries cases, and returns the fields of the outcomes of their last steps: none of a case that was not tried.
   *
   * @throws as `Trier.run` does
   */
  try(cases: readonly Case[]): Fields[] {
    const last = this.batch.put(cases);
    this.trier.run(this.batch, (last.at(-1) ?? -1) + 1);
    return last.map((i, k) => readFields(cases[k] ?? this.batch.at(i), this.batch, i));
  }

  /** The indices of the first `count` steps of the batch that differ from what a model predicts. */
  *differing(model = this.model, count = this.batch.capacity): Iterable<number> {
    for (let i = 0; i < count; i++) if (model.differs(this.batch, i)) yield i;
  }

  /** All differences of step `i` of the batch. @throws Error if the module's comparison does not agree */
  differences(i: number): FieldDifference[] {
    if (this.obstacle(i) !== undefined) return [];
    const it = this.batch.at(i);
    const differs = this.model.differs(this.batch, i);
    const { prediction } = this.model;
    const predicted = fieldsOf(it, prediction.outcome, prediction);
    const differences = differencesOf(predicted, readFields(it, this.batch, i));
    if (differs === differences.length > 0) return differences;
    const fields = differences.map(({ field }) => field).join(", ") || "no field";
    throw new Error(`two comparisons of an outcome disagree: ${fields} differs`);
  }

  /** How step `i` of the batch differs, as a text: the same for others of its kind. Undefined if it does not. */
  kind(i: number): string | undefined {
    const [first] = this.differences(i);
    return first && Object.values(kindOf(first)).join(" ");
  }

  [Symbol.dispose](): void {
    this.trier.close();
    this.batch[Symbol.dispose]();
  }
}

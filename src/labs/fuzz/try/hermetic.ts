/*
 * The hermetic kernel, for tests: a trier whose outcomes are those that the model of a described machine predicts. A bug that
 * is planted in another model differs by construction, on any processor.
 */

import type { Batch } from "../case/batch.ts";
import { KNOWS } from "../case/fields.ts";
import { CONSTANTS } from "../case/records.ts";
import { OUTCOME, OUTCOME_SIZE, outcomeAt } from "../case/setups.ts";
import { type CaseTrier, Engine } from "../engine.ts";
import type { Machine } from "../machine.ts";
import { Model, type Prediction } from "../predict/model.ts";
import { hermeticMachine } from "./hermetic_machine.ts";

/** What a stop that is not predicted is: by SIGTRAP, of the kernel. */
const [STOPPED_BY_SIGTRAP, SIGTRAP, SI_KERNEL] = [0x57f, 5, 0x80];

/** Tries cases on this kernel; on the hermetic one if the environment describes a machine. @throws what creating stubs throws */
export function openTrier(options: { deadline?: number | undefined } = {}): CaseTrier {
  const machine = hermeticMachine();
  return machine === undefined ? new Engine(options) : new HermeticTrier(machine);
}

/** A word that is not predicted: one that no other model predicts by chance, as 0 would be. */
const UNKNOWN = 0x5eedn;

/** Answers what a model predicts. */
export class HermeticTrier implements CaseTrier {
  readonly machine: Machine;
  readonly #model: Model;

  constructor(machine: Machine) {
    this.machine = machine;
    this.#model = new Model(machine);
  }

  run(batch: Batch, count: number, first = 0): void {
    for (let i = first; i < first + count; i++) write(batch, i, this.#model.predict(batch, i));
  }

  renew(): void {}

  renewAll(): void {}

  close(): void {}

  [Symbol.dispose](): void {
    this.close();
  }
}

/** Writes a prediction as outcome `i`. */
function write({ outcomes, outcomeWords }: Batch, i: number, prediction: Prediction): void {
  const { outcome, fields, written, stopped, frame } = prediction;
  const [at, word] = [outcomeAt(i), (i * OUTCOME_SIZE) / 8];
  outcomes.fill(0, at, outcomeAt(i + 1));
  const half = (name: "error" | "refusedAt" | "resumed" | "status" | "signal" | "code") => {
    outcomes[at + OUTCOME[name]] = outcome.halves[OUTCOME[name]] ?? 0;
  };
  const words = (from: number, set: number, length: number) => {
    for (let k = from / 2; k < from / 2 + length; k++) {
      const bit = Math.min(k - from / 2, 31);
      outcomeWords[word + k] = ((set >> bit) & 1) === 1 ? (outcome.words[k] ?? 0n) : UNKNOWN;
    }
  };
  outcomes[at + OUTCOME.refusedAt] = -1;
  if ((fields & KNOWS.ERROR) !== 0) {
    half("error");
    half("refusedAt");
  }
  words(OUTCOME.written, written, CONSTANTS.WRITTEN);
  if ((fields & KNOWS.STATUS) !== 0) {
    half("resumed");
    half("status");
  } else outcomes[at + OUTCOME.status] = STOPPED_BY_SIGTRAP;
  if ((fields & KNOWS.INFO) !== 0) {
    half("signal");
    half("code");
  } else {
    outcomes[at + OUTCOME.signal] = SIGTRAP;
    outcomes[at + OUTCOME.code] = SI_KERNEL;
  }
  if ((fields & KNOWS.ADDRESS) !== 0) {
    outcomeWords[word + OUTCOME.address / 2] = outcome.words[OUTCOME.address / 2] ?? 0n;
  }
  words(OUTCOME.stopped, stopped, CONSTANTS.REGISTERS);
  words(OUTCOME.frame, frame, CONSTANTS.SIGCONTEXT);
}

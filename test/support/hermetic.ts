/*
 * The hermetic kernel: a trier whose outcomes are those that the model of a described machine predicts. A bug that is planted in
 * another model differs by construction, on any processor.
 */

import { HOST_ARCH } from "../../src/core/machine/index.ts";
import type { Batch } from "../../src/labs/fuzz/case/batch.ts";
import { KNOWS } from "../../src/labs/fuzz/case/fields.ts";
import { CONSTANTS, OUTCOME, OUTCOME_SIZE, outcomeAt } from "../../src/labs/fuzz/case/records.ts";
import type { CaseTrier } from "../../src/labs/fuzz/engine.ts";
import { type Machine, NO_XSTATE } from "../../src/labs/fuzz/machine.ts";
import { Model, type Prediction } from "../../src/labs/fuzz/predict/model.ts";
import { AMD, machineWith } from "./hidden_cases.ts";

const AMD64: Machine = machineWith(
  ...(["fsgsbase", "ia32", "icebp_trap"] as const),
  ...AMD,
  ...(["set_syscall_info", "uretprobe", "uprobe", "sud", "sud_inclusive"] as const),
);
const ARM64: Machine = {
  ...{ arch: "arm64", release: "6.12", vendor: "0x61", family: 8, model: 0x32 },
  features: ["dit", "ssbs", "tco", "bti", "orig_x0"],
  ...NO_XSTATE,
  stubCode: 0xffff_ffff_f000,
};

const own = HOST_ARCH === "arm64" ? ARM64 : AMD64;
export const HERMETIC: Machine = { ...own, release: `${own.release}-model` };

/** What a stop that is not predicted is: by SIGTRAP, of the kernel. */
const [STOPPED_BY_SIGTRAP, SIGTRAP, SI_KERNEL] = [0x57f, 5, 0x80];

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

/* Facts about registers, each a case: the kernel is asked, and so is the model. */

import type { Test } from "uvu";
import * as assert from "uvu/assert";
import { hex } from "../src/errors.ts";
import { Batch } from "../src/fuzz/case/batch.ts";
import { parseCase, writeSetup } from "../src/fuzz/case/case.ts";
import { readFields } from "../src/fuzz/case/fields.ts";
import { Model } from "../src/fuzz/predict/model.ts";
import { differencesAt, predictedFields } from "../src/fuzz/predict/predicted.ts";
import { type Machine, readMachine } from "../src/fuzz/try/machine.ts";
import { Trier } from "../src/fuzz/try/trial.ts";

/** A case, as a document without what is as usual, and fields of what comes of it. */
export interface Fact {
  readonly of: object;
  readonly sees: Readonly<Record<string, number | bigint>>;
  /** A rule that says it, where there is one. */
  readonly rule?: string;
}

const USUAL = {
  schema: "stublab.case/1",
  from: "signal",
  way: "SETREGS",
  on: "CONT",
  signal: null,
};

/** What facts are tried with. */
export class Facts {
  readonly machine: Machine;
  readonly #trier = new Trier();
  readonly #batch: Batch;
  readonly #model: Model;

  constructor() {
    this.#batch = new Batch(1);
    this.machine = readMachine(this.#trier.tracer);
    this.#model = new Model(this.machine);
  }

  /** Makes a test of each. */
  test(suite: Test, facts: Readonly<Record<string, Fact>>): void {
    for (const [name, fact] of Object.entries(facts)) suite(name, () => this.#check(fact));
  }

  close(): void {
    this.#trier.close();
  }

  #check({ of, sees, rule }: Fact): void {
    const batch = this.#batch;
    const it = parseCase({ ...USUAL, ...of }, this.#trier.tracer.encoder.constants);
    writeSetup(it, batch, 0);
    this.#trier.run(batch, 1);
    const prediction = this.#model.predict(batch, 0);
    const seen = readFields(it, batch, 0);
    const predicted = predictedFields(it, prediction);
    for (const [field, value] of Object.entries(sees)) {
      const word = BigInt(value);
      const show = (it: bigint | undefined) => (it === undefined ? "nothing" : hex(it));
      assert.is(show(seen.get(field)), show(word), `${field}, as the kernel has it`);
      assert.is(show(predicted.get(field)), show(word), `${field}, as the model has it`);
    }
    assert.equal(differencesAt(prediction, batch, 0), []);
    assert.not(this.#model.differs(batch, 0));
    if (rule === undefined) return;
    const applied = this.#model.explain(batch, 0).map(({ id }) => id);
    assert.ok(applied.includes(rule), `rule ${rule} of ${applied.join(", ")}`);
  }
}

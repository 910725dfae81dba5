/* Facts about registers, each a case: the kernel is asked, and so is the model. */

import type { Test } from "uvu";
import * as assert from "uvu/assert";
import { hex } from "../src/errors.ts";
import { parseCase } from "../src/fuzz/case/case.ts";
import { Experiment } from "../src/fuzz/experiment.ts";
import { predictionOf } from "../src/fuzz/predict/predict.ts";

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
  readonly #experiment = new Experiment();
  readonly machine = this.#experiment.machine;

  /** Makes a test of each. */
  test(suite: Test, facts: Readonly<Record<string, Fact>>): void {
    for (const [name, fact] of Object.entries(facts)) suite(name, () => this.#check(fact));
  }

  close(): void {
    this.#experiment.close();
  }

  #check({ of, sees, rule }: Fact): void {
    const it = parseCase({ ...USUAL, ...of });
    const [seen] = this.#experiment.try([it]);
    assert.equal(this.#experiment.differences(0), []);
    const { predicted, rules } = predictionOf(it, this.#experiment.model);
    for (const [field, value] of Object.entries(sees)) {
      const word = BigInt(value);
      const show = (it: bigint | undefined) => (it === undefined ? "nothing" : hex(it));
      assert.is(show(seen?.get(field)), show(word), `${field}, as the kernel has it`);
      assert.is(show(predicted.get(field)), show(word), `${field}, as the model has it`);
    }
    if (rule === undefined) return;
    const applied = rules.map(({ id }) => id);
    assert.ok(applied.includes(rule), `rule ${rule} of ${applied.join(", ")}`);
  }
}

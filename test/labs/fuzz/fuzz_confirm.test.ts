// Another process writes into the memory of a stub, so that its outcomes are those of no other.

import { closeSync, openSync, writeSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { placeOf } from "../../../src/labs/fuzz/case/amd64/code.ts";
import { Batch } from "../../../src/labs/fuzz/case/batch.ts";
import { Engine } from "../../../src/labs/fuzz/engine.ts";
import { Experiment } from "../../../src/labs/fuzz/experiment.ts";
import { AGREES, DIFFERS } from "../../../src/labs/fuzz/predict/signature.ts";
import { FuzzWorker } from "../../../src/labs/fuzz/run/fuzz_worker.ts";
import { confirm } from "../../../src/labs/fuzz/try/confirm.ts";
import { SIMPLE } from "../../support/seeds.ts";
import { stubsOf } from "../../support/stubs.ts";

const confirming = suite("fuzz: outcomes that another attempt contradicts");

const UD2 = [0x0f, 0x0b];

/** Puts UD2 where a stub has an INT3. */
function spoil(pid: number): void {
  const memory = openSync(`/proc/${pid}/mem`, "r+");
  writeSync(memory, Uint8Array.from(UD2), 0, UD2.length, Number(placeOf("int3")));
  closeSync(memory);
}

/** An engine whose `spoiled`-th stubs are written to. */
class SpoiledEngine extends Engine {
  renewals = 0;
  readonly #spoiled: readonly number[];
  readonly #plain = new Batch(1);
  #isNew = true;

  constructor(...spoiled: number[]) {
    super();
    this.#spoiled = spoiled;
    this.#plain.put([SIMPLE]);
  }

  override run(batch: Batch, count: number, first?: number): void {
    if (this.#isNew && this.#spoiled.includes(this.renewals)) {
      super.run(this.#plain, 1);
      spoil(stubsOf(this).traced);
    }
    this.#isNew = false;
    super.run(batch, count, first);
  }

  override renew(): void {
    super.renew();
    this.renewals++;
    this.#isNew = true;
  }
}

for (const [what, spoiled, agrees, unconfirmed, renewals] of [
  ["an outcome that agrees with its prediction is not tried again", [], true, 0, 0],
  ["the outcome of one stub alone is no finding", [0], true, 1, 2],
  ["the same outcome of two stubs is a finding, and costs one stub more", [0, 1], false, 0, 1],
  ["a contradiction in between does not hide it", [0, 2], false, 1, 2],
] as const) {
  confirming(what, () => {
    const trier = new SpoiledEngine(...spoiled);
    using experiment = new Experiment({}, trier);
    const counters = new Int32Array(new SharedArrayBuffer(8));
    const worker = new FuzzWorker(experiment, { seed: 1n, path: "both", counters });
    const news = { parents: new Uint8Array(0), known: new Float64Array(0) };
    const {
      found: [found, ...others],
      unconfirmed: contradicted,
    } = worker.obey({ news, given: [SIMPLE], chunks: [] });
    assert.equal(others, []);
    assert.is(found?.agreement === AGREES, agrees);
    assert.is((found?.agreement ?? 0) >= DIFFERS, !agrees);
    const kind = { field: "status", predicted: 0x57fn, seen: 0x47fn };
    assert.equal(found?.kind, agrees ? undefined : kind);
    assert.equal([contradicted, trier.renewals], [unconfirmed, renewals]);
  });
}

confirming("if all attempts have different outcomes, none counts", () => {
  let attempts = 0;
  const { outcome, other, contradictions } = confirm(
    attempts,
    () => ++attempts,
    (each) => each,
  );
  assert.equal([outcome, other, contradictions], [undefined, undefined, attempts + 1]);
});

confirming.run();

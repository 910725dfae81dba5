// Somebody writes into the memory of a stub, so that it comes to what no other does.

import { closeSync, openSync, writeSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { BASELINE } from "../src/fuzz/case/baseline.ts";
import { Batch } from "../src/fuzz/case/batch.ts";
import { type Case, recordsOf } from "../src/fuzz/case/case.ts";
import { placeOf } from "../src/fuzz/case/code.ts";
import { indexOf } from "../src/fuzz/case/setups.ts";
import { FACTS } from "../src/fuzz/facts/facts.ts";
import { lookAt } from "../src/fuzz/facts/run.ts";
import { KnownSignatures } from "../src/fuzz/predict/known.ts";
import { Model } from "../src/fuzz/predict/model.ts";
import { parsePlant } from "../src/fuzz/predict/plant.ts";
import { AGREES, DIFFERS } from "../src/fuzz/predict/signature.ts";
import { emptyResult, Part } from "../src/fuzz/run/part.ts";
import { confirm } from "../src/fuzz/try/confirm.ts";
import { readMachine } from "../src/fuzz/try/machine.ts";
import { Trier } from "../src/fuzz/try/trial.ts";

const confirming = suite("fuzz: outcomes that another attempt contradicts");

const UD2 = [0x0f, 0x0b];
const CODE = "int3";

/** Puts UD2 where a stub has an INT3. */
function spoil(pid: number): void {
  const memory = openSync(`/proc/${pid}/mem`, "r+");
  writeSync(memory, Uint8Array.from(UD2), 0, UD2.length, Number(placeOf(CODE)));
  closeSync(memory);
}

/** A trier whose `spoiled`-th stubs are written to. */
class SpoiledTrier extends Trier {
  renewals = 0;
  readonly #spoiled: readonly number[];

  constructor(...spoiled: number[]) {
    super();
    this.#spoiled = spoiled;
    if (spoiled.includes(0)) spoil(this.pid);
  }

  override renew(): void {
    super.renew();
    if (this.#spoiled.includes(++this.renewals)) spoil(this.pid);
  }
}

const toInt3: Case = {
  ...{ from: "signal", way: "SETREGS", on: "CONT", signal: 0 },
  ...{ block: BASELINE.with(indexOf("rip"), placeOf(CODE)), pairs: [], words: [], length: 0 },
};

/** What a part finds that has one case, and how many stubs it took more than one. */
function find(trier: SpoiledTrier, plant?: string) {
  const change = plant === undefined ? undefined : parsePlant(plant);
  const model = new Model(readMachine(trier.tracer), change);
  const part = new Part(trier, new Batch(1), model, new KnownSignatures());
  const result = emptyResult();
  part.given(recordsOf([toInt3]), 0, result);
  const [found, ...others] = result.found;
  assert.equal(others, []);
  return { found, unconfirmed: result.unconfirmed, renewals: trier.renewals };
}

confirming("what one stub alone comes to is no finding", () => {
  using trier = new SpoiledTrier(0);
  const { found, unconfirmed, renewals } = find(trier);
  assert.equal([found?.agreement, found?.kind], [AGREES, undefined]);
  assert.equal([unconfirmed, renewals], [1, 2]);
});

confirming("what two stubs come to is one, and costs one stub more", () => {
  using trier = new SpoiledTrier(0, 1);
  const { found, unconfirmed, renewals } = find(trier);
  assert.ok((found?.agreement ?? 0) >= DIFFERS);
  assert.equal(found?.kind, { field: "status", predicted: 0x57fn, seen: 0x47fn });
  assert.equal([unconfirmed, renewals], [0, 1]);
});

confirming("a contradiction in between does not hide it", () => {
  using trier = new SpoiledTrier(0, 2);
  const { found, unconfirmed } = find(trier);
  assert.equal(found?.kind?.field, "status");
  assert.is(unconfirmed, 1);
});

confirming("what agrees with its prediction is not tried again", () => {
  using trier = new SpoiledTrier();
  const { found, unconfirmed, renewals } = find(trier);
  assert.equal([found?.agreement, unconfirmed, renewals], [AGREES, 0, 0]);
});

confirming("if each attempt comes to something else, none counts", () => {
  let attempts = 0;
  const { outcome, contradictions } = confirm(
    attempts,
    () => ++attempts,
    (each) => each,
  );
  assert.is(outcome, undefined);
  assert.is(contradictions, attempts + 1);
});

confirming("a fact that does not hold is looked at again", () => {
  const facts = FACTS.filter(({ name }) => name.startsWith("INT3: SIGTRAP"));
  assert.is(facts.length, 1);
  for (const [spoiled, status, contradictions] of [
    [[], "held", 0],
    [[1], "held", 1],
    [[1, 3], "failed", 1],
    [[1, 2], "failed", 0],
  ] as const) {
    using trier = new SpoiledTrier(...spoiled);
    const [verdict] = lookAt(facts, trier, readMachine(trier.tracer));
    assert.equal(
      [verdict?.status, verdict?.contradictions],
      [status, contradictions],
      `${spoiled}`,
    );
  }
});

confirming.run();

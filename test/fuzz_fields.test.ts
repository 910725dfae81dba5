import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Batch } from "../src/fuzz/case/batch.ts";
import { type Case, readSetup, writeSetup } from "../src/fuzz/case/case.ts";
import { readFields } from "../src/fuzz/case/fields.ts";
import { Generator } from "../src/fuzz/draw/generate.ts";
import { Model } from "../src/fuzz/predict/model.ts";
import { differencesOf, predictedFields } from "../src/fuzz/predict/predicted.ts";
import { readMachine } from "../src/fuzz/try/machine.ts";
import { Observer } from "../src/fuzz/try/observer.ts";
import { Trier } from "../src/fuzz/try/trial.ts";

const fields = suite("fuzz: fields");

const CASES = 3000;
const BATCH = 100;

fields("fields differ where the fast comparison says so, and nowhere else", () => {
  using trier = new Trier();
  assert.ok(trier.pid > 0);
  const machine = readMachine(trier.tracer);
  // A planted bug makes some differ.
  for (const change of [undefined, { id: "W7", value: "mask", to: 0x54dd4n }] as const) {
    const model = new Model(machine, change);
    const generator = new Generator(5n, undefined, machine);
    const batch = new Batch(BATCH);
    let found = 0;
    for (let start = 0; start < CASES; start += BATCH) {
      for (let i = 0; i < BATCH; i++) {
        generator.generate(batch, i, start + i);
        // All that a case can tell is looked at.
        writeSetup(readSetup(batch, i), batch, i);
      }
      trier.run(batch, BATCH);
      for (let i = 0; i < BATCH; i++) {
        const it = readSetup(batch, i);
        const prediction = model.predict(batch, i);
        const slow = differencesOf(predictedFields(it, prediction), readFields(it, batch, i));
        assert.is(
          slow.length > 0,
          model.differs(batch, i),
          JSON.stringify([start + i, it, slow], (_, word) =>
            typeof word === "bigint" ? word.toString(16) : word,
          ),
        );
        if (slow.length > 0) found++;
      }
    }
    if (change !== undefined) assert.ok(found > 10, `${found}`);
  }
});

fields("what has a pid in it is seen, and not taken for stable", () => {
  using observer = new Observer();
  // getpid is under way at such a stop, and has answered.
  const it: Case = {
    from: "exit",
    way: "POKEUSER",
    on: "NONE",
    signal: 0,
    block: [],
    pairs: [],
    words: [],
    length: 0,
  };
  const { all, stable } = observer.observe(it);
  assert.ok((all.get("written.rax") ?? 0n) > 0n);
  assert.not(stable.has("written.rax"));
  assert.is(stable.get("written.orig_rax"), 39n);
});

fields.run();

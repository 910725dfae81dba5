import { loadWasm } from "../../../src/core/encoder/assembly.ts";
import { FuzzModule, fuzzModule } from "../../../src/labs/fuzz/case/module.ts";
import { SETUP_SIZE } from "../../../src/labs/fuzz/case/records.ts";

const memory = suite("fuzz: memory of the module");

memory("the module exports what the host reads and writes, and nothing else", () => {
  const names = Object.entries(loadWasm("fuzz.wasm")).flatMap(([name, it]) =>
    it instanceof WebAssembly.Global && !/^[A-Z]/.test(name) ? [name] : [],
  );
  const machine = [
    ...["xstateLength", "xcr0", "frameLength", "xfeatures", "mxcsrMask", "stubCode"],
    "components",
  ];
  const known = ["avoidsWatchpoints", "ignoredFlags"];
  const seeds = ["seeds", "seedCount", "seedParents", "codeBytes", "constantBytes"];
  const areas = [
    ...["heap", "causes", "prediction", "predictedOutcome", "differencePlaces"],
    ...["caseText", "caseSteps", "caseEnd"],
    ...["tally", "unpredicted", "exercised", "untried", "untriedErrors"],
  ];
  const all = [...seeds, ...machine, ...known, ...areas];
  assert.equal(names.sort(), all.sort());
});

memory("batches share none, and what one gave back is another's", () => {
  const [first, second] = [new Batch(8), new Batch(8)];
  const generator = new Generator(1n);
  generator.generate(first, 0, 1000, 8);
  const there = first.setupBytes.slice();
  generator.generate(second, 0, 2000, 8);
  second.outcomeBytes.fill(0xff);
  assert.equal(first.setupBytes, there);
  first[Symbol.dispose]();
  first[Symbol.dispose]();
  const [third, fourth] = [new Batch(8), new Batch(8)];
  assert.is(third.setups.byteOffset, first.setups.byteOffset);
  assert.is.not(fourth.setups.byteOffset, third.setups.byteOffset);
  for (const batch of [second, third, fourth]) batch[Symbol.dispose]();
});

memory("what does not fit is refused, and leaves it as it was", () => {
  const all = fuzzModule().buffer.byteLength;
  const error = thrown(EncoderError, () => new Batch(all / SETUP_SIZE));
  assert.match(error.message, /the memory of fuzz.wasm \(134217728 bytes\) has no room for/);
  new Batch(512)[Symbol.dispose]();
});

memory("cases beyond a batch are refused", () => {
  const batch = new Batch(4);
  const generator = new Generator(1n);
  assert.throws(() => generator.generate(batch, 1, 0, 4), RangeError);
  assert.throws(() => generator.generate(batch, -1, 0), RangeError);
  batch[Symbol.dispose]();
});

memory("modules of two threads make the same", () => {
  const [one, other] = [fuzzModule(), new FuzzModule()];
  assert.is.not(one.buffer, other.buffer);
  const made = [one, other].map((module) => {
    const at = module.reserve(64 * SETUP_SIZE);
    module.begin(1, 2, 0, 832, 832, 7, 1);
    module.generate(at, 64, 5000);
    return new Uint8Array(module.buffer, at, 64 * SETUP_SIZE).slice();
  });
  assert.equal(made[0], made[1]);
});

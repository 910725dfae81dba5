import { suite } from "uvu";
import * as assert from "uvu/assert";
import { PAGE_SIZE } from "../../../src/core/shim/auxiliary_vector.ts";
import { CONSTANTS } from "../../../src/labs/fuzz/case/amd64/code.ts";
import { Experiment } from "../../../src/labs/fuzz/experiment.ts";
import { SIMPLE, seed } from "../../support/seeds.ts";

const spoiling = suite("fuzz: stubs that a setup leaves in another state");

const experiment = new Experiment({ capacity: 2 });
const { trier } = experiment;
const { tracer } = trier;
const ID = 1n << 21n;
const POPF = 0x9d;

/** An address in the stub code at which the processor finds POPF: a byte of the number of prctl, 157. */
function popfInStubCode(): bigint {
  const stub = tracer.createStub();
  try {
    const code = stub.read(tracer.stubAddress, PAGE_SIZE);
    return BigInt(tracer.stubAddress + code.indexOf(POPF));
  } finally {
    stub.close();
  }
}
const rip = popfInStubCode();

spoiling("one in which a program has set ID is replaced, for no request clears it", () => {
  const before = trier.pid;
  // Unaligned, the constants have a word there with ID in it, and without TF.
  const popf = seed("int3", { rip, rsp: CONSTANTS + 0x1en });
  const [first, second] = experiment.try([popf, SIMPLE]);
  assert.is((first?.get("stopped.eflags") ?? 0n) & ID, ID, "the program has set it");
  assert.is(second?.get("stopped.eflags"), 0x202n, "the next does not see it");
  assert.is.not(trier.pid, before);
  assert.is(first?.get("status"), 0xb7fn, "the stub has not ended by itself");
});

spoiling("a step over a POPF leaves no note for the step after it", () => {
  // What is popped has no TF in it.
  const popf = seed("int3", { rip, rsp: CONSTANTS + 0x18n }, { on: "SINGLESTEP" });
  const [, second] = experiment.try([popf, seed("nops", {}, { on: "SINGLESTEP" })]);
  assert.is(second?.get("stopped.eflags"), 0x202n);
});

spoiling("one that has had a breakpoint is replaced", () => {
  for (const [offset, replaced] of [
    [880n, false],
    [896n, false],
    [904n, true],
    [848n, true],
  ] as const) {
    const before = trier.pid;
    const pairs = [{ offset, word: 0n }];
    experiment.try([{ ...SIMPLE, ...{ way: "POKEUSER", on: "NONE", block: [] }, pairs }]);
    assert.is(trier.pid !== before, replaced, `offset ${offset}`);
  }
});

spoiling.after(() => experiment.close());
spoiling.run();

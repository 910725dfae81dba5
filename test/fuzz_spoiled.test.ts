import { suite } from "uvu";
import * as assert from "uvu/assert";
import { BASELINE } from "../src/fuzz/case/baseline.ts";
import { Batch } from "../src/fuzz/case/batch.ts";
import { writeSetup } from "../src/fuzz/case/case.ts";
import { CONSTANTS, placeOf } from "../src/fuzz/case/code.ts";
import { indexOf, OUTCOME, outcomeAt } from "../src/fuzz/case/setups.ts";
import { Trier } from "../src/fuzz/try/trial.ts";
import { PAGE_SIZE } from "../src/stub/amd64.ts";

const spoiling = suite("fuzz: stubs that a setup leaves otherwise");

const trier = new Trier();
const { tracer } = trier;
const [RIP, RSP, EFLAGS] = [indexOf("rip"), indexOf("rsp"), indexOf("eflags")];
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

spoiling("one in which a program has set ID is replaced, for no request clears it", () => {
  const batch = new Batch(2);
  // Unaligned, the constants have a word there with ID in it, and without TF.
  const popf = BASELINE.with(RIP, popfInStubCode()).with(RSP, CONSTANTS + 0x1en);
  for (const [i, block] of [popf, BASELINE.with(RIP, placeOf("int3"))].entries()) {
    const plain = { from: "signal", way: "SETREGS", on: "CONT", signal: 0 } as const;
    writeSetup({ ...plain, block, pairs: [], words: [], length: 0 }, batch, i);
  }
  const before = trier.pid;
  trier.run(batch, 2);
  const flags = (i: number) =>
    batch.outcomeWords[(outcomeAt(i) + OUTCOME.stopped) / 2 + EFLAGS] ?? 0n;
  assert.is(flags(0) & ID, ID, "the program has set it");
  assert.is(flags(1), 0x202n, "the next does not see it");
  assert.is.not(trier.pid, before);
  assert.is(trier.deaths, 0, "nothing has ended by itself");
});

spoiling("a step over a POPF leaves no note for the step after it", () => {
  const batch = new Batch(2);
  // What is popped has no TF in it.
  const popf = BASELINE.with(RIP, popfInStubCode()).with(RSP, CONSTANTS + 0x18n);
  for (const [i, block] of [popf, BASELINE.with(RIP, placeOf("nops"))].entries()) {
    const step = { from: "signal", way: "SETREGS", on: "SINGLESTEP", signal: 0 } as const;
    writeSetup({ ...step, block, pairs: [], words: [], length: 0 }, batch, i);
  }
  trier.run(batch, 2);
  assert.is(batch.outcomeWords[(outcomeAt(1) + OUTCOME.stopped) / 2 + EFLAGS], 0x202n);
});

spoiling("one that has had a breakpoint is replaced", () => {
  const batch = new Batch(1);
  const { pid } = trier;
  for (const [offset, replaced] of [
    [880n, false],
    [896n, false],
    [904n, true],
    [848n, true],
  ] as const) {
    const before = trier.pid;
    const poke = { from: "signal", way: "POKEUSER", on: "NONE", signal: 0 } as const;
    writeSetup(
      { ...poke, block: [], pairs: [{ offset, word: 0n }], words: [], length: 0 },
      batch,
      0,
    );
    trier.run(batch, 1);
    assert.is(trier.pid !== before, replaced, `offset ${offset}`);
  }
  assert.is.not(trier.pid, pid);
});

spoiling.after(() => trier.close());
spoiling.run();

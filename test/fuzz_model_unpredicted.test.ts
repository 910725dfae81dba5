import { suite } from "uvu";
import * as assert from "uvu/assert";
import { openEncoder } from "../src/encoder/open.ts";
import { Batch } from "../src/fuzz/case/batch.ts";
import { parseCase, writeSetup } from "../src/fuzz/case/case.ts";
import { CODE, CONSTANTS, SCRATCH, STACK } from "../src/fuzz/case/code.ts";
import { Model } from "../src/fuzz/predict/model.ts";
import type { Machine } from "../src/fuzz/try/machine.ts";

const unpredicted = suite("fuzz: what the model does not predict");

const MACHINE: Machine = {
  ...{ release: "6.18", vendor: "AuthenticAMD", family: 26, model: 2 },
  features: ["fsgsbase", "ia32", "amd"],
  ...{ xstateLength: 2432, xfeatures: 0xe7, mxcsrMask: 0x2_ffff, stubCode: 0x7fff_ffff_e000 },
};
const encoder = openEncoder("assembly");
const batch = new Batch(1);
const model = new Model(MACHINE);

/** The rule by which a case at a signal's stop is not predicted. */
function ruleOf(registers: Record<string, bigint>, on = "CONT"): string | null {
  const words = Object.entries(registers).map(([name, word]) => [name, `0x${word.toString(16)}`]);
  const kinds = { from: "signal", way: "SETREGS", on, signal: null };
  const document = { schema: "stublab.case/1", ...kinds, registers: Object.fromEntries(words) };
  writeSetup(parseCase(document, encoder.constants), batch, 0);
  return model.predict(batch, 0).unpredicted;
}

const refused = (rip: bigint) => ruleOf({ ss: 0x33n, rip });

unpredicted("U12: a refused return looks for instructions that UMIP forbids", () => {
  // The words of the constants end in 0f 00 00 from here on: SLDT (%rax).
  assert.is(refused(CONSTANTS + 0xf01n), "U12");
  assert.is(refused(CONSTANTS + 0xff9n), "U12");
  // Behind REX, and behind LOCK.
  assert.is(refused(CONSTANTS + 0xf40n), "U12");
  assert.is(refused(CONSTANTS + 0xff0n), "U12");
  assert.is(refused(STACK), "U12");
  assert.is(refused(SCRATCH), "U12");
});

unpredicted("where there is none it is predicted", () => {
  for (const rip of [CODE, CONSTANTS, CONSTANTS + 0xe01n, CONSTANTS + 0xf03n, CONSTANTS - 1n]) {
    assert.is(refused(rip), null);
  }
});

unpredicted("U8: 32-bit code reads by the segment of the processor's number", () => {
  const load = { cs: 0x23n, ds: 0x7bn, rip: CODE + 0x180n };
  assert.is(ruleOf(load), "U8");
  assert.is(ruleOf({ ...load, cs: 0x33n }), null);
});

unpredicted("U7: a single-step begins in what programs may have written", () => {
  assert.is(ruleOf({ rip: SCRATCH }, "SINGLESTEP"), "U7");
  assert.is(ruleOf({ rip: SCRATCH }), null);
});

unpredicted.run();

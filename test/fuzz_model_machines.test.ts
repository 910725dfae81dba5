import { suite } from "uvu";
import * as assert from "uvu/assert";
import { openEncoder } from "../src/encoder/open.ts";
import { Batch } from "../src/fuzz/case/batch.ts";
import { type CaseDocument, parseCase, writeSetup } from "../src/fuzz/case/case.ts";
import { placeOf } from "../src/fuzz/case/code.ts";
import { Model } from "../src/fuzz/predict/model.ts";
import { predictedFields } from "../src/fuzz/predict/predicted.ts";
import type { Feature, Machine } from "../src/fuzz/try/machine.ts";

const machines = suite("fuzz: the model on machines that are not at hand");

const { constants } = openEncoder("assembly");
const batch = new Batch(1);

function machineWith(...features: Feature[]): Machine {
  return {
    ...{ release: "6.18", vendor: "GenuineIntel", family: 6, model: 143, features },
    ...{ xstateLength: 2696, xfeatures: 0x2e7, mxcsrMask: 0xffff, stubCode: 0x7fff_ffff_e000 },
  };
}

/** The prediction of a case on a machine with these features: its fields, and the rule by which it has no more. */
function predicts(features: readonly Feature[], document: Partial<CaseDocument>) {
  const it = parseCase({ schema: "stublab.case/1", ...document }, constants);
  writeSetup(it, batch, 0);
  const prediction = new Model(machineWith(...features)).predict(batch, 0);
  return { fields: predictedFields(it, prediction), unpredicted: prediction.unpredicted };
}

machines("icebp_trap: rip is past ICEBP, as on a processor without a hypervisor", () => {
  const icebp = placeOf("icebp");
  for (const [features, rip] of [
    [["icebp_trap"], icebp + 1n],
    [[], icebp],
  ] as const) {
    const { fields } = predicts(features, { code: "icebp" });
    assert.is(fields.get("stopped.rip"), rip);
    assert.is(fields.get("address"), rip);
  }
});

/** A breakpoint on an instruction that comes after `code`. */
function breakpointAfter(code: string, size: bigint): Partial<CaseDocument> {
  const at = placeOf(code);
  const words = { 128: at, 80: 0x2bn, 848: at + size, 904: 1n };
  const pairs = Object.entries(words).map(([offset, word]) => ({
    offset: `0x${Number(offset).toString(16)}`,
    word: `0x${word.toString(16)}`,
  }));
  return { way: "POKEUSER", pairs };
}

machines("U19: a breakpoint after MOV SS is predicted on AMD only", () => {
  assert.is(predicts([], breakpointAfter("movss", 2n)).unpredicted, "U19");
  assert.is(predicts([], breakpointAfter("nops", 1n)).unpredicted, null);
  assert.is(predicts([], breakpointAfter("movss", 3n)).unpredicted, null);
  assert.is(predicts(["amd"], breakpointAfter("movss", 2n)).unpredicted, null);
});

machines.run();

// The fuzzer's module: generates cases, predicts, compares and signs their outcomes, a batch per call; reads and writes
// their documents. The host tries them. It owns all memory from `heap` on, and places tables, setups and outcomes there.

import { drawCases, forget } from "./near";
import { prepare } from "./paths";
import { seed } from "./random";

export * from "../../build/rules";
export * from "../model/machine";
export { KNOWS_ADDRESS, KNOWS_ERROR, KNOWS_INFO, KNOWS_STATUS } from "../model/prediction";
export { exercised, usedRule, usedRules } from "../model/rule";
export { codeBytes, constantBytes } from "../model/target";
export { alter, selectMachine } from "./alterations";
export * from "./assess";
export { caseEnd } from "./case_text/json";
export { caseText } from "./case_text/output";
export { caseSteps, readCase } from "./case_text/read";
export { writeCase } from "./case_text/write";
export { causes, findCauses } from "./cause";
export { differencePlaces, differences, differsFrom, hashOutcome } from "./difference";
export { kills } from "./kills";
export { survey } from "./near";
export { PATH_ptrace } from "./paths";
export { seedCount, seedParents, seeds } from "./tables";

/** The first byte of memory that the host may use. */
export const heap: usize = __heap_base;

/** Takes what all cases depend on; from then on, none is near a rule. */
export function begin(
  seedLow: u32,
  seedHigh: u32,
  path: u32,
  xstateLength: u32,
  frameLength: u32,
  xcr0: u32,
  has32: u32,
): void {
  seed(seedLow, seedHigh);
  prepare(path, xstateLength, frameLength, xcr0, has32 != 0);
  forget();
}

/** Writes `count` setups, from number `index` on, to address `to`. A case has its steps together in a group of numbers. */
export function generate(to: usize, count: u32, index: f64): void {
  drawCases(to, count, u64(index));
}

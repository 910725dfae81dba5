// The fuzzer's module for arm64: see ../amd64/index.ts.

import { setFocus } from "../focus";
import { seed } from "../random";
import { SETUP_SIZE, Setup } from "../setup";
import { trace } from "../traced";

export * from "../../model/actions";
export * from "../../model/arm64/do_signal";
export * from "../../model/arm64/get_signal";
export * from "../../model/arm64/instructions";
export * from "../../model/arm64/resume";
export * from "../../model/arm64/setup_rt_frame";
export * from "../../model/arm64/syscall";
export * from "../../model/arm64/target";
export * from "../../model/arm64/valid_user_regs";
export * from "../../model/arm64/write";
export * from "../../model/harmless_calls";
export * from "../../model/machine";
export { exercised, usedRule, usedRules, wide } from "../../model/rule";
export * from "../assess";
export { differencePlaces, differences, hashOutcome } from "../determined";
export * from "../difference";
export * from "../setup";
export * from "../tables";
export { kills } from "./kills";

/** The first byte of memory that the host may use. */
export const heap: usize = __heap_base;

/** How cases get their registers. */
export const PATH_ptrace: u32 = 0;

/** Writes `count` cases, from case `index` on, to address `to`: as the module of amd64 does. */
export function generate(
  to: usize,
  count: u32,
  index: f64,
  seedLow: u32,
  seedHigh: u32,
  _path: u32,
  _xstateLength: u32,
  _has32: u32,
  corpus: usize,
  parents: u32,
  focus: usize,
  near: u32,
): void {
  seed(seedLow, seedHigh);
  setFocus(focus, near);
  const end = to + SETUP_SIZE * count;
  for (let number = u64(index); to < end; to += SETUP_SIZE, number++) {
    trace(changetype<Setup>(to), number, corpus, parents);
  }
}

// All cases get their registers by ptrace.

import { Setup } from "../setup";
import { trace } from "../traced";

export const PATH_ptrace: u32 = 0;

/** Nothing of a machine changes how cases are drawn. */
export function prepare(_length: u32, _frameLength: u32, _xcr0: u32, _calls32: bool): void {}

/** Writes case `index`. The corpus has `count` setups. */
export function drawCase(setup: Setup, _path: u32, index: u64, corpus: usize, count: u32): void {
  trace(setup, index, corpus, count);
}

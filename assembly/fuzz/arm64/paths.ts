// All cases get their registers by ptrace.

import { TRACED } from "../random";
import { Setup } from "../setup";
import { changeTraced, trace } from "../traced";

export const PATH_ptrace: u32 = 0;

/** One group of numbers in this many has scripts. */
export const SCRIPTS: u64 = 4;

/** Nothing of a machine changes how cases are drawn. */
export function prepare(_path: u32, _length: u32, _frame: u32, _xcr0: u32, _calls32: bool): void {}

export function streamOf(_index: u64): u32 {
  return TRACED;
}

/** Writes case `index`, which is near no other. */
export function drawPlain(setup: Setup, _stream: u32, index: u64): void {
  trace(setup, index);
}

/** Changes a case a little. */
export function changeCase(setup: Setup, _stream: u32, mayKill: bool): void {
  changeTraced(setup, mayKill);
}

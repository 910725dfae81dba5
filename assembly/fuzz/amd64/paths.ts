// How cases get their registers: by ptrace or by rt_sigreturn.

import { Setup } from "../setup";
import { seedCount } from "../tables";
import { trace } from "../traced";
import { setXstate } from "./other_ways";
import { giveBack } from "./returned";
import { leave32 } from "./tame";

export const PATH_ptrace: u32 = 0;
export const PATH_sigreturn: u32 = 1;
export const PATH_both: u32 = 2;

/** With both paths, this many consecutive cases use the same one, as a change of path takes as long as a case. */
const NEIGHBOURS: u64 = 64;
/** One in this many of these runs of cases uses rt_sigreturn. */
const LOTS: u64 = 8;

/** Whether the kernel has calls of 32-bit programs. */
let has32: bool = false;

/** Takes what cases depend on. */
export function prepare(xstateLength: u32, frameLength: u32, xcr0: u32, calls32: bool): void {
  setXstate(xstateLength, frameLength, xcr0);
  has32 = calls32;
}

/** Writes case `index`. The corpus has `count` setups. */
export function drawCase(setup: Setup, path: u32, index: u64, corpus: usize, count: u32): void {
  if (isReturn(path, index)) giveBack(setup, index, corpus, count);
  else {
    trace(setup, index, corpus, count);
    if (!has32) leave32(setup);
  }
}

function isReturn(path: u32, index: u64): bool {
  if (path != PATH_both) return path == PATH_sigreturn;
  return index >= seedCount && (index / NEIGHBOURS) % LOTS == LOTS - 1;
}

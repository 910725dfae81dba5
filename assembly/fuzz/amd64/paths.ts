// How cases get their registers: by ptrace or by rt_sigreturn.

import { RETURNED, TRACED } from "../random";
import { Setup } from "../setup";
import { seedCount } from "../tables";
import { changeTraced, trace } from "../traced";
import { setXstate } from "./other_ways";
import { changeReturned, giveBack } from "./returned";
import { leave32 } from "./tame";

export const PATH_ptrace: u32 = 0;
export const PATH_sigreturn: u32 = 1;
export const PATH_both: u32 = 2;

/** With both paths, this many consecutive cases use the same one, as a change of path takes as long as a case. */
const NEIGHBOURS: u64 = 64;
/** One in this many of these runs of cases uses rt_sigreturn. */
const LOTS: u64 = 8;

/** One group of numbers in this many has scripts. */
export const SCRIPTS: u64 = 4;

let path: u32 = 0;
/** Whether the kernel has calls of 32-bit programs. */
let has32: bool = false;

/** Takes what cases depend on. */
export function prepare(
  by: u32,
  xstateLength: u32,
  frameLength: u32,
  xcr0: u32,
  calls32: bool,
): void {
  path = by;
  setXstate(xstateLength, frameLength, xcr0);
  has32 = calls32;
}

/** The stream of random numbers of case `index`: one for each path. */
export function streamOf(index: u64): u32 {
  if (path != PATH_both) return path == PATH_sigreturn ? RETURNED : TRACED;
  return index >= seedCount && (index / NEIGHBOURS) % LOTS == LOTS - 1 ? RETURNED : TRACED;
}

/** Writes case `index`, which is near no other. */
export function drawPlain(setup: Setup, stream: u32, index: u64): void {
  if (stream == RETURNED) giveBack(setup, index);
  else {
    trace(setup, index);
    if (!has32) leave32(setup);
  }
}

/** Changes a case of a stream a little. */
export function changeCase(setup: Setup, stream: u32, mayKill: bool): void {
  if (stream == RETURNED) changeReturned(setup);
  else {
    changeTraced(setup, mayKill);
    if (!has32) leave32(setup);
  }
}

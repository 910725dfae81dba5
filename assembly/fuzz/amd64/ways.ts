// What the requests that write have in common.

import { Setup, WAY_POKEUSER, WAY_SETREGS, WAY_SETREGSET, WAY_SIGRETURN } from "../setup";
import { clearFrame } from "./image";

/** Whether a request writes word by word, and may be refused at one of them. */
export function isPoke(way: u32): bool {
  return way == WAY_POKEUSER;
}

/** Whether a setup has a block of registers. */
export function hasBlock(way: u32): bool {
  return way <= WAY_SETREGSET;
}

/** Converts a setup for rt_sigreturn to one for ptrace, which can write the same registers. */
export function asTraced(setup: Setup): void {
  if (setup.way != WAY_SIGRETURN) return;
  setup.way = u8(WAY_SETREGS);
  clearFrame(setup);
}

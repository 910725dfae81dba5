// What the requests that write have in common.

import { WAY_PRSTATUS } from "../setup";

/** Whether a request writes word by word, and may be refused at one of them. */
export function isPoke(_way: u32): bool {
  return false;
}

/** Whether a setup has a block of registers. */
export function hasBlock(way: u32): bool {
  return way <= WAY_PRSTATUS;
}

// What the requests that write have in common.

import { WAY_POKEUSER, WAY_SETREGSET } from "../setup";

/** Whether a request writes word by word, and may be refused at one of them. */
export function isPoke(way: u32): bool {
  return way == WAY_POKEUSER;
}

/** Whether a setup has a block of registers. */
export function hasBlock(way: u32): bool {
  return way <= WAY_SETREGSET;
}

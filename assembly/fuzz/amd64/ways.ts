// What the requests that write have in common.

import { WAY_POKEUSER } from "../setup";

/** Whether a request writes word by word, and may be refused at one of them. */
export function isPoke(way: u32): bool {
  return way == WAY_POKEUSER;
}

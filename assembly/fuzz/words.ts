// Draws words of any kind.

import { below, next } from "./random";
import { boundaries, pick, results } from "./tables";

/** A boundary, a small number, or anything. */
export function drawWord(): u64 {
  const kind = below(8);
  if (kind < 3) return pick(boundaries);
  if (kind == 3) return below(4096);
  const low = next();
  return (u64(next()) << 32) | low;
}

/** A word that a system call could return. */
export function drawResult(): u64 {
  const kind = below(4);
  if (kind == 0) return pick(results);
  // Every errno and a little more.
  if (kind == 1) return 0xffff_ffff_0000_0000 | u64(0 - below(4200));
  return drawWord();
}

/* The same words, written in another way. */

import { BASELINE } from "../../case/arm64/code.ts";
import type { Step } from "../../case/case.ts";

/** The same words by all regsets, if these can write them. */
export function asBlock(it: Step): Step | undefined {
  if (it.way !== "PRSTATUS") return undefined;
  const block = it.block.map((word, i) => (8 * i + 8 <= it.length ? word : (BASELINE[i] ?? word)));
  return { ...it, way: "REGSETS", block, length: 0 };
}

/** No request writes single registers, or nothing. */
export function asPokes(): undefined {
  return undefined;
}
export const asNothing = asPokes;

export function isRegister(): boolean {
  return false;
}

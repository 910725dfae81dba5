/* The same case by a plainer way in and out. */

import { PC, placeOf, REST_CODE, SCRATCH } from "../case/arch.ts";
import type { Case } from "../case/case.ts";
import { CONTENTS } from "../case/case_members.ts";
import { asBlock } from "./arch.ts";

/** The words of struct ptrace_sud_config. rip and rax follow. */
const DISPATCH_CONFIG = 4;

/** One of the kinds is made the plainest, or plainer. */
export function* plainer(it: Case): Iterable<Case> {
  const plain = asBlock(it);
  if (plain !== undefined) yield plain;
  if (it.way === "DISPATCH") yield* withoutDispatch(it);
  if (it.signal !== 0) yield { ...it, signal: 0 };
  if (it.from !== "signal") yield { ...it, from: "signal" };
  if (it.way === "SIGRETURN") yield* plainerFrames(it);
  else if (it.on !== "NONE") yield { ...it, on: "NONE" };
  if (it.on !== "NONE" && it.on !== "CONT") yield { ...it, on: "CONT" };
  if (it.on === "SYSEMU_SINGLESTEP") yield { ...it, on: "SINGLESTEP" };
  if (it.block.length > 0 && it.block[PC] !== placeOf(REST_CODE)) {
    yield { ...it, block: it.block.with(PC, placeOf(REST_CODE)) };
  }
  const { length } = CONTENTS[it.way];
  if (typeof length === "number" && it.length !== length) yield { ...it, length };
}

/** Any of the words alone would make the configuration invalid. */
function* withoutDispatch(it: Case): Iterable<Case> {
  const words = it.words.map((word, i) => (i < DISPATCH_CONFIG ? 0n : word));
  if (words.some((word, i) => word !== it.words[i])) yield { ...it, words };
}

/** Without floating point, and with fewer flags. */
function* plainerFrames({ frame, ...it }: Case): Iterable<Case> {
  if (frame === undefined) return;
  const { ucFlags, fpstate, image } = frame;
  if (fpstate) yield { ...it, pairs: [], frame: { ucFlags, fpstate: false } };
  if (image !== undefined) {
    yield { ...it, pairs: [], frame: { ucFlags, fpstate } };
    if (image !== SCRATCH) yield { ...it, frame: { ...frame, image: SCRATCH } };
  }
  for (let bit = 2 ** 31; bit >= 1; bit /= 2) {
    if ((ucFlags & bit) !== 0)
      yield { ...it, frame: { ...frame, ucFlags: (ucFlags & ~bit) >>> 0 } };
  }
}

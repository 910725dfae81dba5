/* The same case by a plainer way in and out. */

import { BASELINE } from "../case/baseline.ts";
import type { Case } from "../case/case.ts";
import { CONTENTS, mostPairs } from "../case/case_members.ts";
import { placeOf, SCRATCH } from "../case/code.ts";
import { indexOf } from "../case/setups.ts";
import { isRegister } from "./simpler_words.ts";

const RIP = indexOf("rip");
const RAX = indexOf("rax");
/** The words of struct ptrace_sud_config. rip and rax follow. */
const DISPATCH_CONFIG = 4;

/** One of the kinds is made the plainest, or plainer. */
export function* plainer(it: Case): Iterable<Case> {
  const plain = asSetregs(it);
  if (plain !== undefined) yield plain;
  if (it.way === "DISPATCH") yield* withoutDispatch(it);
  if (it.signal !== 0) yield { ...it, signal: 0 };
  if (it.from !== "signal") yield { ...it, from: "signal" };
  if (it.way === "SIGRETURN") yield* plainerFrames(it);
  else if (it.on !== "NONE") yield { ...it, on: "NONE" };
  if (it.on !== "NONE" && it.on !== "CONT") yield { ...it, on: "CONT" };
  if (it.on === "SYSEMU_SINGLESTEP") yield { ...it, on: "SINGLESTEP" };
  if (it.block.length > 0 && it.block[RIP] !== placeOf("int3")) {
    yield { ...it, block: it.block.with(RIP, placeOf("int3")) };
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

/** The same words by SETREGS, if it can write them. */
function asSetregs({ frame, ...it }: Case): Case | undefined {
  const put = (block: readonly bigint[]): Case => ({
    ...it,
    way: "SETREGS",
    block,
    pairs: [],
    words: [],
    length: 0,
  });
  if (it.way === "SETREGSET") {
    return put(it.block.map((word, i) => (8 * i + 8 <= it.length ? word : (BASELINE[i] ?? word))));
  }
  if (frame !== undefined) return put(it.block);
  if (it.way === "DISPATCH") {
    const [rip, rax] = it.words.slice(DISPATCH_CONFIG);
    return put(BASELINE.with(RIP, rip ?? 0n).with(RAX, rax ?? 0n));
  }
  if (it.way !== "POKEUSER" || it.pairs.some(({ offset }) => !isRegister(offset))) return undefined;
  const block = [...BASELINE];
  for (const { offset, word } of it.pairs) block[Number(offset) / 8] = word;
  return put(block);
}

/**
 * The same words by POKEUSER, at a stop of a system call: there rcx, r11 and others have what the call has put into
 * them, and need not be written.
 */
export function asPokes(it: Case): Case | undefined {
  const there = it.from.endsWith("32") ? ENTERED_32 : ENTERED;
  if (it.from === "signal" || it.from === "group" || it.way !== "SETREGS") return undefined;
  // An INT3 also follows the call.
  const moved = (word: bigint) => (word === placeOf("int3") ? BEHIND_CALL : word);
  const pairs = it.block
    .map((word, i) => ({ offset: BigInt(8 * i), word: moved(word) }))
    .filter(({ word }, i) => word !== there[i]);
  if (pairs.length > mostPairs("POKEUSER")) return undefined;
  return { ...it, way: "POKEUSER", block: [], pairs };
}

const BEHIND_CALL = placeOf("syscall") + 2n;
/** The registers when the case begins. rax is -ENOSYS, or a pid. */
const ENTERED = BASELINE.with(indexOf("rcx"), BEHIND_CALL)
  .with(RIP, BEHIND_CALL)
  .with(indexOf("r11"), BASELINE[indexOf("eflags")] ?? 0n)
  .with(indexOf("orig_rax"), 39n)
  .with(RAX, -1n);
/** The same in a 32-bit call, whose result is -ENOSYS. */
const ENTERED_32 = BASELINE.with(RIP, placeOf("int80") + 2n)
  .with(indexOf("orig_rax"), 20n)
  .with(RAX, BigInt.asUintN(64, -38n));

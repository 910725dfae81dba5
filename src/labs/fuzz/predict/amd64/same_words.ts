/* The same words, written in another way. */

import { BASELINE, placeOf } from "../../case/amd64/code.ts";
import { BLOCK_SIZE, indexOf } from "../../case/amd64/kinds.ts";
import { mostPairs, type Step } from "../../case/case.ts";

const RIP = indexOf("rip");
const RAX = indexOf("rax");
/** The words of struct ptrace_sud_config. rip and rax follow. */
const DISPATCH_CONFIG = 4;

/** The same words by SETREGS, if it can write them. */
export function asBlock({ frame, ...it }: Step): Step | undefined {
  const put = (block: readonly bigint[]): Step => ({
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
  // Words that a later step does not poke are those of its stop.
  if (it.way !== "POKEUSER" || it.from === "last") return undefined;
  if (it.pairs.some(({ offset }) => !isRegister(offset))) return undefined;
  const block = [...BASELINE];
  for (const { offset, word } of it.pairs) block[Number(offset) / 8] = word;
  return put(block);
}

/**
 * The same words by POKEUSER, at a stop of a system call: there rcx, r11 and others have what the call has put into
 * them, and need not be written.
 */
export function asPokes(it: Step): Step | undefined {
  const there = it.from.endsWith("32") ? ENTERED_32 : ENTERED;
  if (["signal", "group", "last"].includes(it.from) || it.way !== "SETREGS") return undefined;
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

/** A write of nothing. */
export function asNothing(it: Step): Step | undefined {
  if (it.way === "POKEUSER") return undefined;
  return { ...it, way: "POKEUSER", block: [], pairs: [], words: [], length: 0 };
}

export function isRegister(offset: bigint): boolean {
  return offset % 8n === 0n && offset < BigInt(BLOCK_SIZE);
}

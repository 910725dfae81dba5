import { PAGE_SIZE } from "../../../stub/amd64.ts";
import { BASELINE } from "../../case/baseline.ts";
import type { Case } from "../../case/case.ts";
import {
  CODE,
  CODES,
  CONSTANTS,
  type Code,
  isHandled,
  SCRATCH,
  SCRATCH_SIZE,
} from "../../case/code.ts";
import { indexOf } from "../../case/setups.ts";

/** What of a target's surroundings a case can see. What is in doubt is needed. */
export interface Needs {
  /** Pieces of code, beside the INT3 of which the page is full. */
  readonly codes: readonly Code[];
  readonly constants: boolean;
  readonly scratch: boolean;
  /** System calls are restricted. */
  readonly filter: boolean;
  /** Nothing else is mapped. */
  readonly alone: boolean;
}

/** Codes that do not care what lies in memory. */
const BLIND = new Set([
  ...["int3", "nops", "ud2", "hlt", "inc32", "movss", "bases", "spin", "handler"],
  ...["int_1", "int_3", "int_4", "int_2e", "int_ff", "into", "icebp"],
]);
/** Codes that touch where RDI points. */
const BY_RDI = new Set(["load", "store"]);
/** Codes that make system calls. */
const CALLING = new Set(["syscall", "int80"]);

const LOW_HALF = 2n ** 32n - 1n;
/** What is left of the catalogue where the page is full of INT3. */
const PLAIN = new Set(["int3", "handler"]);

/** What the program of a case must set up. */
export function needsOf(it: Case): Needs {
  const rip = wordOf(it, "rip");
  const code = it.on === "NONE" ? "int3" : CODES.find(({ address }) => address === rip)?.name;
  const words = it.on === "NONE" ? [] : [...changed(it)];
  const strange = words.some((word) => word !== rip && isNear(word, CODE, PAGE_SIZE, 0n));
  // What is dispatched may have any rip, and the kernel reads at a selector.
  const known = code !== undefined && !strange && it.way !== "DISPATCH";
  const handled = isHandled(it.signal);
  const blind = known && BLIND.has(code) && !handled;
  const called = isCalled(it);
  const called32 = isCalled32(it);
  // What a known code, a handler's frame and the processor itself go by.
  const stack = wordOf(it, "rsp");
  const pointers = known ? [...(blind ? [] : [stack, wordOf(it, "rdi")]), rip] : words;
  const alone = pointers.some(isElsewhere);
  const filter = !known || CALLING.has(code) || called32 || (called && it.on !== "NONE");
  const calls = called || filter || alone;
  return {
    codes: CODES.filter(({ name }) => {
      if (PLAIN.has(name)) return false;
      // The last two overlap.
      const wanted = code === "straddle" ? "edge" : code;
      const calling = (calls && name === "syscall") || (called32 && name === "int80");
      return (!known && name !== "straddle") || name === wanted || calling;
    }),
    constants:
      !known ||
      BY_RDI.has(code) ||
      isNear(rip, CONSTANTS, PAGE_SIZE, 0n) ||
      (!blind && isNear(stack, CONSTANTS, PAGE_SIZE, 0n)),
    scratch: !blind || filter || alone,
    filter,
    alone,
  };
}

function wordOf({ block, pairs }: Case, register: string): bigint {
  const index = indexOf(register);
  const poked = pairs.findLast(({ offset }) => offset === BigInt(8 * index));
  return poked?.word ?? block[index] ?? BASELINE[index] ?? 0n;
}

/** The words that a case brings along, and what 32 bits make of them. */
function* changed({ block, pairs, words }: Case): Iterable<bigint> {
  const own = block.filter((word, i) => word !== BASELINE[i]);
  for (const word of [...own, ...pairs.map(({ word }) => word), ...words]) {
    yield word;
    if (word > LOW_HALF && word !== 2n ** 64n - 1n) yield word & LOW_HALF;
  }
}

function isNear(word: bigint, start: bigint, size: number, reach: bigint): boolean {
  return word >= start - reach && word < start + BigInt(size) + reach;
}

function isMapped(word: bigint): boolean {
  return (
    isNear(word, CODE, PAGE_SIZE, 0n) ||
    isNear(word, CONSTANTS, PAGE_SIZE, 0n) ||
    isNear(word, SCRATCH, SCRATCH_SIZE, 0n)
  );
}

/** Whether a program would have something there, and a target has not. */
function isElsewhere(word: bigint): boolean {
  return word >= LOWEST && word < 2n ** 56n && !isMapped(word);
}

/** vm.mmap_min_addr. */
const LOWEST = 65536n;

/** Whether a case begins in a system call. */
export function isCalled({ from }: Case): boolean {
  return from !== "signal" && from !== "group";
}

/** Whether it is a 32-bit call. */
export function isCalled32({ from }: Case): boolean {
  return from.endsWith("32");
}

/* The parts of template.c that a case needs, and what is in the memory of its program. What is in doubt is needed. */

import { PAGE_SIZE } from "../../../../core/shim/auxiliary_vector.ts";
import {
  BASELINE,
  CODE,
  CODES,
  CONSTANTS,
  indexOf,
  SCRATCH,
  SCRATCH_SIZE,
} from "../../case/arch.ts";
import type { Case } from "../../case/case.ts";
import { CONTENTS } from "../../case/case_members.ts";
import { pokesDebugRegisters, writtenNames } from "../../case/fields.ts";
import { isHandled } from "../../case/pieces.ts";
import { WAYS } from "../../case/setups.ts";
import type { CaseOutcome } from "../../examiner.ts";

/** What the program is made from. */
export type Examined = Pick<CaseOutcome, "it" | "predicted" | "stable" | "differences"> &
  Partial<Pick<CaseOutcome, "rules">>;

/** Whether the program has each part, by the name that `#if` has in the template. */
export type Parts = ReadonlyMap<string, boolean>;

/**
 * The parts that the program of a case has: as far as the outcome went, and that of a selftest as far as it should go.
 *
 * @param ignoresFlags whether there are flags that it does not compare
 */
export function partsOf(
  { it, predicted, stable }: Examined,
  isSelftest = false,
  ignoresFlags = false,
): Parts {
  const { codes, constants, scratch, filter, alone } = needsOf(it);
  const has = (field: string) => stable.has(field) || predicted.has(field);
  const returns = it.way === "SIGRETURN";
  const image = it.frame?.image !== undefined;
  const [called, called32] = [isCalled(it), isCalled32(it)];
  const area = it.way === "SETFPREGS" || it.way === "XSTATE";
  const registers = ["SETREGS", "SETREGSET", "POKEUSER", "SYSCALL_INFO"].includes(it.way);
  const status = has("status");
  const stop =
    status &&
    (returns ? stable.has("stopped.rip") : has("stopped.rip") || stable.has("stopped.rsp"));
  const calls = !returns && (alone || filter);
  const [framed, signal] = isSelftest
    ? [has("frame.rip"), predicted.get("signal") ?? stable.get("signal")]
    : [stable.has("frame.rip"), stable.get("signal")];
  return new Map([
    ...WAYS.map((way): [string, boolean] => [`BY_${way}`, it.way === way]),
    ["AS_KSELFTEST", isSelftest],
    ["FROM_CALL", called],
    ["FROM_CALL32", called32],
    ["FROM_EXIT", it.from === "exit" || it.from === "exit32"],
    ["FROM_STEP", it.from === "step32"],
    ["FROM_GROUP", it.from === "group"],
    ["WITH_AREA", (area || image) && it.pairs.length > 0],
    ["WITH_ARRIVAL", it.from !== "signal"],
    ["WITH_BLOCK", it.block.length > 0],
    ["WITH_CALLS", calls],
    ["WITH_CODE", codes.length > 0],
    ["WITH_CONSTANTS", constants || returns],
    ["WITH_FILTER", filter || returns],
    ["WITH_FRAME", stop && framed],
    ["WITH_GROUPS", registers || stop],
    ["WITH_HANDLERS", isHandled(it.signal)],
    ["WITH_IGNORED", ignoresFlags],
    ["WITH_IMAGE", image],
    ["WITH_LENGTH", "length" in CONTENTS[it.way]],
    ["WITH_PAIRS", it.pairs.length > 0],
    ["WITH_DEBUG", pokesDebugRegisters(it)],
    ["WITH_READ", pokesDebugRegisters(it) || (!registers && writtenNames(it).length > 0)],
    ["WITH_REGISTERS", registers],
    ["WITH_RESUME", has("resumed") && !returns],
    ["WITH_SCRATCH", scratch || returns],
    ["WITH_SIGINFO", stop && (signal ?? 0n) !== 0n],
    ["WITH_STATUS", status],
    ["WITH_STOP", stop],
    ["WITH_SYSCALL", calls || called],
    // SIGTSTP, SIGTTIN, SIGTTOU
    ["WITH_TERMINAL_STOP", [20, 21, 22].includes(it.signal)],
    ["WITH_UNMAPPING", alone],
    ["WITH_WORDS", it.words.length > 0],
    ["WITH_XSTATE", area],
    ["WITHOUT_FPSTATE", it.frame?.fpstate === false],
  ]);
}

/**
 * A text without the parts that a program does not have, and without the conditions of the others. A condition is `#if
 * PART` or `#if !PART`, with or without `#else`. Other conditions stay.
 *
 * @throws RangeError for an unknown part
 */
export function resolveParts(text: string, parts: Parts): string {
  const kept: string[] = [];
  // For each condition around a line: whether it holds, or null if it stays.
  const around: (boolean | null)[] = [];
  for (const line of text.split("\n")) {
    if (line.startsWith("#if")) around.push(conditionOf(line, parts));
    const innermost = around.at(-1) ?? null;
    const resolved = innermost !== null && /^#(if|else|endif)/.test(line);
    if (resolved && line === "#else") around.splice(-1, 1, !innermost);
    if (!resolved && !around.includes(false)) kept.push(line);
    if (line === "#endif") around.pop();
  }
  return kept.join("\n").replaceAll(/\n{3,}/g, "\n\n");
}

function conditionOf(line: string, parts: Parts): boolean | null {
  const [, not, part] = /^#if (!?)(\w+)$/.exec(line) ?? [];
  if (part === undefined) return null;
  const has = parts.get(part);
  if (has === undefined) throw new RangeError(`unknown part ${part}`);
  return not === "!" ? !has : has;
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
/** What is left of the catalogue where the page is full of INT3. */
const PLAIN = new Set(["int3", "handler"]);

const LOW_HALF = 2n ** 32n - 1n;
/** vm.mmap_min_addr. */
const LOWEST = 65536n;

/** What of a target's surroundings a case can see. */
export function needsOf(it: Case) {
  const rip = wordOf(it, "rip");
  const code = it.on === "NONE" ? "int3" : CODES.find(({ address }) => address === rip)?.name;
  const words = it.on === "NONE" ? [] : [...changed(it)];
  const strange = words.some((word) => word !== rip && isIn(word, CODE));
  // What is dispatched may have any rip, and the kernel reads at a selector.
  const known = code !== undefined && !strange && it.way !== "DISPATCH";
  const blind = known && BLIND.has(code) && !isHandled(it.signal);
  const [called, called32] = [isCalled(it), isCalled32(it)];
  // What a known code, a handler's frame and the processor itself go by.
  const stack = wordOf(it, "rsp");
  const pointers = known ? [...(blind ? [] : [stack, wordOf(it, "rdi")]), rip] : words;
  // Nothing else may be mapped where a program would have something, and a target has not.
  const alone = pointers.some(
    (word) => word >= LOWEST && word < 2n ** 56n && !PAGES.some((page) => isIn(word, ...page)),
  );
  /** Whether system calls are restricted. */
  const filter = !known || CALLING.has(code) || called32 || (called && it.on !== "NONE");
  const calls = called || filter || alone;
  const wanted = (name: string) =>
    // The last two overlap.
    name === (code === "straddle" ? "edge" : code) || (!known && name !== "straddle");
  return {
    /** Pieces of code, beside the INT3 of which the page is full. */
    codes: CODES.filter(
      ({ name }): boolean =>
        !PLAIN.has(name) &&
        (wanted(name) || (calls && name === "syscall") || (called32 && name === "int80")),
    ),
    constants:
      !known || BY_RDI.has(code) || isIn(rip, CONSTANTS) || (!blind && isIn(stack, CONSTANTS)),
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

const PAGES: readonly (readonly [bigint, number?])[] = [
  [CODE],
  [CONSTANTS],
  [SCRATCH, SCRATCH_SIZE],
];

function isIn(word: bigint, start: bigint, size = PAGE_SIZE): boolean {
  return word >= start && word < start + BigInt(size);
}

/** Whether a case begins in a system call. */
function isCalled({ from }: Case): boolean {
  return from !== "signal" && from !== "group";
}

/** Whether it is a 32-bit call. */
function isCalled32({ from }: Case): boolean {
  return from.endsWith("32");
}

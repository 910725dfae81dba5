/* The parts of template.c that a case needs. */

import type { Case } from "../../case/case.ts";
import { isHandled } from "../../case/code.ts";
import { WAYS } from "../../case/setups.ts";
import type { CaseOutcome } from "../../examiner.ts";
import { isCalled, isCalled32, needsOf } from "./needs.ts";

/** What the program is made from. */
export type Examined = Pick<CaseOutcome, "it" | "predicted" | "stable" | "differences"> &
  Partial<Pick<CaseOutcome, "rules">>;

/** Whether the program has each part, by the name that `#if` has in the template. */
export type Parts = ReadonlyMap<string, boolean>;

/** The parts that the program of a case has: as far as the outcome went. */
export function partsOf({ it, predicted, stable }: Examined): Parts {
  const { codes, constants, scratch, filter, alone } = needsOf(it);
  const has = (field: string) => stable.has(field) || predicted.has(field);
  const returns = it.way === "SIGRETURN";
  const image = it.frame?.image !== undefined;
  const called = isCalled(it);
  const area = it.way === "SETFPREGS" || it.way === "XSTATE";
  const status = has("status");
  const stop =
    status &&
    (returns ? stable.has("stopped.rip") : has("stopped.rip") || stable.has("stopped.rsp"));
  return new Map([
    ...WAYS.map((way): [string, boolean] => [`BY_${way}`, it.way === way]),
    ["FROM_CALL", called],
    ["FROM_CALL32", isCalled32(it)],
    ["FROM_EXIT", it.from === "exit" || it.from === "exit32"],
    ["FROM_STEP", it.from === "step32"],
    ["FROM_GROUP", it.from === "group"],
    ["WITH_AREA", (area || image) && it.pairs.length > 0],
    ["WITH_ARRIVAL", it.from !== "signal"],
    ["WITH_CALLS", !returns && (alone || filter)],
    ["WITH_CODE", codes.length > 0],
    ["WITH_CONSTANTS", constants || returns],
    ["WITH_FILTER", filter || returns],
    ["WITH_FRAME", stop && stable.has("frame.rip")],
    ["WITH_GROUPS", writesRegisters(it) || stop],
    ["WITH_HANDLERS", isHandled(it.signal)],
    ["WITH_IMAGE", image],
    ["WITH_PAIRS", it.pairs.length > 0],
    ["WITH_REGISTERS", writesRegisters(it)],
    ["WITH_RESUME", has("resumed")],
    ["WITH_SCRATCH", scratch || returns],
    ["WITH_SIGINFO", stop && (stable.get("signal") ?? 0n) !== 0n],
    ["WITH_STATUS", status],
    ["WITH_STOP", stop],
    ["WITH_TERMINAL_STOP", TERMINAL_STOPS.has(it.signal)],
    ["WITH_UNMAPPING", alone],
    ["WITH_XSTATE", area],
    ["WITHOUT_FPSTATE", it.frame?.fpstate === false],
  ]);
}

/** SIGTSTP, SIGTTIN, SIGTTOU. */
const TERMINAL_STOPS: ReadonlySet<number> = new Set([20, 21, 22]);

/** The ways after which all registers are read back. */
function writesRegisters({ way }: Case): boolean {
  return ["SETREGS", "SETREGSET", "POKEUSER", "SYSCALL_INFO"].includes(way);
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

import { cut, visible } from "../visible.ts";
import type { Signature } from "./abi.ts";

/** How much of a message of foreign code is quoted, in UTF-16 units. */
export const LONGEST_TOLD = 300;

/** A value of any kind, for a person. Runs no code of an object. */
export function describeValue(value: unknown): string {
  if (typeof value === "object" && value !== null) return "an object";
  if (typeof value === "function") return "a function";
  const { text } = cut(String(value), LONGEST_TOLD);
  return `${visible(text)}${typeof value === "bigint" ? "n" : ""}`;
}

/** What code threw, which may be anything. */
export function describeThrown(cause: unknown): string {
  try {
    if (!(cause instanceof Error)) return `threw ${describeValue(cause)}`;
    return `${describeValue(cause.name)}: ${describeValue(cause.message)}`;
  } catch {
    return "threw an object that throws itself";
  }
}

/** Why a value is not a result of a function: "returned NaN, expected a whole Number". */
export function describeMisfit(value: unknown, result: Signature["result"]): string {
  const number = Number.isInteger(value) ? "a whole Number of 32 bits" : "a whole Number";
  return `returned ${describeValue(value)}, expected ${result === "i32" ? number : "a BigInt"}`;
}

/** Whether a result is a number of 32 bits, with either sign. */
export function isInt32(answer: unknown): answer is number {
  return Number.isInteger(answer) && Number(answer) >= -(2 ** 31) && Number(answer) < 2 ** 32;
}

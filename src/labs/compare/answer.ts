import type { Signature } from "../../core/encoder/abi.ts";
import { cut, LONGEST_TOLD, visible } from "../../lib/visible.ts";

/** Describes any value in an error message. Does not run code of an object. */
function describeValue(value: unknown): string {
  if (typeof value === "object" && value !== null) return "an object";
  if (typeof value === "function") return "a function";
  const told = legible(String(value));
  return typeof value === "string" ? `"${told}"` : `${told}${typeof value === "bigint" ? "n" : ""}`;
}

function legible(text: string): string {
  return visible(cut(text, LONGEST_TOLD).text);
}

/** Describes what foreign code threw, which may be any value. */
export function describeThrown(cause: unknown): string {
  try {
    if (!(cause instanceof Error)) return `threw ${describeValue(cause)}`;
    const [name, message]: readonly unknown[] = [cause.name, cause.message];
    const told = (text: unknown) =>
      typeof text === "string" ? legible(text) : describeValue(text);
    return `${told(name)}: ${told(message)}`;
  } catch {
    return "threw an object that throws itself";
  }
}

/** Describes an invalid result of a function, e.g. "returned NaN, expected a whole Number". */
export function describeMisfit(value: unknown, result: Signature["result"]): string {
  const number = Number.isInteger(value) ? "a whole Number of 32 bits" : "a whole Number";
  return `returned ${describeValue(value)}, expected ${result === "i32" ? number : "a BigInt"}`;
}

/** Whether a result is a number of 32 bits, with either sign. */
export function isInt32(answer: unknown): answer is number {
  return Number.isInteger(answer) && Number(answer) >= -(2 ** 31) && Number(answer) < 2 ** 32;
}

import { hex, InputError } from "../../../lib/errors.ts";
import { bigWord, members, oneOf, optional, type Shape, text, truth } from "../../../lib/shape.ts";
import { expectRule } from "./rules.ts";

/** A rule that is missing, has another value, or hides more than it says: a planted bug. */
export type Change =
  | { readonly id: string; readonly remove: true }
  /** A rule about what is not predicted: it applies wherever it is looked at, on each machine. */
  | { readonly id: string; readonly widen: true }
  | { readonly id: string; readonly value: string; readonly to: bigint };

/** A planted bug: the rule, and that it is removed, or which number of it is altered. */
export const changeShape: Shape<Change> = (value, place) => {
  const read = members(value, place);
  const id = read("id", text);
  const rule = expectRule(id, `${place}.id`);
  if (read("remove", optional(truth)) === true) return { id, remove: true };
  if (read("widen", optional(truth)) === true && rule.phase === "unpredicted") {
    return { id, widen: true };
  }
  return { id, value: read("value", oneOf(Object.keys(rule.values))), to: read("to", bigWord) };
};

/**
 * Takes a planted bug, a change of the model: "W3" is a rule that is missing, "W7.FLAG_MASK=0x54dd4" one with another number,
 * "U3+" one that hides whatever it is asked about.
 *
 * @throws InputError where there is no such rule, or it has no such number.
 */
export function parsePlant(text: string): Change {
  const isWide = /^U.*\+$/.test(text);
  const [id = "", value, number] = text.replace(/\+$/, isWide ? "" : "+").split(/[.=]/, 3);
  const rule = expectRule(id, "--plant");
  if (value === undefined) return isWide ? { id, widen: true } : { id, remove: true };
  const names = Object.keys(rule.values);
  if (!names.includes(value)) {
    const has = names.length === 0 ? "no numbers" : names.join(", ");
    throw new InputError(`--plant: rule ${id} has no "${value}"`, { remedy: `it has ${has}` });
  }
  if (number === undefined || !/^(-?\d{1,19}|0x[0-9a-f]{1,16})$/i.test(number)) {
    throw new InputError(`--plant: "${text}" has no number for ${id}.${value}`, {
      remedy: `${id}.${value}=${hex(rule.values[value] ?? 0n)} is what it is without a bug`,
    });
  }
  return { id, value, to: BigInt(number) };
}

/** The same as text. */
export function formatPlant(change: Change): string {
  if ("remove" in change) return change.id;
  if ("widen" in change) return `${change.id}+`;
  const { id, value, to } = change;
  return `${id}.${value}=${to < 0n ? to : hex(to)}`;
}

/** What is wrong with the model, on a line; nothing where nothing is. */
export function plantLine(change: Change | undefined): string {
  if (change === undefined) return "";
  return "remove" in change
    ? `planted: rule ${change.id} is left out\n\n`
    : `planted: ${formatPlant(change)}\n\n`;
}

/** The option that plants a bug, with a space before it; empty without a bug. */
export function plantOption(change: Change | undefined): string {
  return change === undefined ? "" : ` --plant ${formatPlant(change)}`;
}

/*
 * An outcome as the lines of a recording have it: of each part only the words that are not the usual ones. A register is
 * usually read back as it was written, and is at the stop as it was read back.
 */

import { errnoOf } from "../../../lib/errno.ts";
import { hex, InputError } from "../../../lib/errors.ts";
import {
  hexWord,
  integer,
  members,
  nameOrNumber,
  nullable,
  type Shape,
  show,
  table,
} from "../../../lib/shape.ts";
import { BASELINE, CALL, REGISTERS } from "../case/arch.ts";
import type { Case } from "../case/case.ts";
import { BY_PAIRS, type Fields, HALF, namesOfPart, PARTS, type Part } from "../case/fields.ts";
import { fieldValue } from "../tell/told.ts";

/** Fields outside of the parts by their names; each part by its names. Null: it was not the same in two stubs. */
export type SeenDocument = Readonly<
  Record<string, string | number | Readonly<Record<string, string | null>>>
>;

const SINGLE = [...HALF, "address"] as const;
const WITHOUT_CALL = `stopped.${REGISTERS[CALL]}`;
const MOST_NAMES = 64;

const shortOf = (field: string): string => field.slice(field.indexOf(".") + 1);

/** The fields of a part that outcomes of a case have. */
function namesOf(it: Case, part: Part): readonly string[] {
  const names = namesOfPart(it, part);
  return it.way === "SIGRETURN" ? names.filter((name) => name !== WITHOUT_CALL) : names;
}

export function formatSeen(it: Case, seen: Fields): SeenDocument {
  const document: Record<string, SeenDocument[string]> = {};
  for (const field of SINGLE) {
    const word = seen.get(field);
    if (word !== undefined) document[field] = fieldValue(field, word);
  }
  for (const part of PARTS) {
    const names = namesOf(it, part);
    if (!names.some((field) => seen.has(field))) continue;
    const rows = names.map(
      (field, k) => [field, seen.get(field), usual(it, seen, field, k)] as const,
    );
    document[part] = Object.fromEntries(
      rows
        .filter(([, word, other]) => word !== other)
        .map(([field, word]) => [shortOf(field), word === undefined ? null : hex(word)]),
    );
  }
  return document;
}

/** @throws InputError that names the place */
export function parseSeen(it: Case, value: unknown, place: string): Fields {
  const read = members(value, place);
  const seen = new Map<string, bigint>();
  expectNames(value, [...SINGLE, ...PARTS], place);
  for (const field of SINGLE) {
    const word = read(field, (word, at) =>
      word === undefined ? undefined : parseWord(field, word, at),
    );
    if (word !== undefined) seen.set(field, word);
  }
  for (const part of PARTS) {
    const own = read(part, (rows, at) => (rows === undefined ? undefined : changed(rows, at)));
    if (own === undefined) continue;
    const names = namesOf(it, part);
    expectNames(own, names.map(shortOf), `${place}.${part}`);
    for (const [k, field] of names.entries()) {
      const word = own[shortOf(field)];
      if (word === null) continue;
      seen.set(field, word === undefined ? usual(it, seen, field, k) : BigInt(word));
    }
  }
  return seen;
}

const changed = table(nullable(hexWord), MOST_NAMES);

/** What the k-th field of a part is if nothing else happens. @param seen has the parts before it */
function usual(it: Case, seen: Fields, field: string, k: number): bigint {
  const { way, block, pairs, words } = it;
  if (!field.startsWith("written.")) {
    const name = shortOf(field);
    const index = REGISTERS.indexOf(name);
    return seen.get(`written.${name}`) ?? block[index] ?? BASELINE[index] ?? 0n;
  }
  if (BY_PAIRS.has(way)) return pairs[k]?.word ?? 0n;
  if (block.length > 0) return block[k] ?? 0n;
  return (isRegister(field) ? BASELINE : words)[k] ?? 0n;
}

const isRegister = (field: string): boolean => REGISTERS.includes(shortOf(field));

/** A field outside of the parts, as `fieldValue` has it. */
function parseWord(field: string, value: unknown, place: string): bigint {
  if (field === "status" || field === "address") return BigInt(hexWord(value, place));
  if (field === "error" || field === "resumed") return parseError(value, place);
  return integer(value, place);
}

/** 0, or the name of an errno. */
export const parseError: Shape<bigint> = (value, place) => {
  const error = nameOrNumber(value, place);
  const number = typeof error === "number" ? error : (errnoOf(error) ?? unnamed(error));
  if (number !== undefined && (number === 0 || typeof error === "string")) return BigInt(number);
  throw new InputError(`${place}: expected 0 or the name of an errno, got ${show(value)}`);
};

/** Of "errno 517". */
function unnamed(error: string): number | undefined {
  const [, digits] = /^errno (\d{1,9})$/.exec(error) ?? [];
  return digits === undefined ? undefined : Number(digits);
}

export function expectNames(value: unknown, names: readonly string[], place: string): void {
  const other = Object.keys(Object(value)).find((name) => !names.includes(name));
  if (other !== undefined) throw new InputError(`${place}: unknown field ${show(other)}`);
}

import { InputError } from "./errors.ts";

/**
 * Takes a value of unknown origin for what it should be.
 *
 * @param place where the value stands in its document: "steps[12].registers"
 * @throws InputError that names the place, what was expected and what is there.
 */
export type Shape<T> = (value: unknown, place: string) => T;

/** How much of a value an error shows. */
const SHOWN = 60;

export const text: Shape<string> = (value, place) =>
  typeof value === "string" ? value : refuse(place, "a string", value);

export const truth: Shape<boolean> = (value, place) =>
  typeof value === "boolean" ? value : refuse(place, "true or false", value);

/** A word of 64 bits: "0x7fffffffe044". */
export const hexWord: Shape<string> = (value, place) =>
  typeof value === "string" && /^0x(0|[1-9a-f][0-9a-f]{0,15})$/.test(value)
    ? value
    : refuse(place, 'a hex word such as "0xfe0"', value);

/** A whole number from 0 to `most`. */
export function count(most: number): Shape<number> {
  return (value, place) =>
    typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= most
      ? value
      : refuse(place, `a whole number from 0 to ${most}`, value);
}

export function oneOf<T extends string>(words: readonly T[]): Shape<T> {
  return (value, place) =>
    words.find((word) => word === value) ?? refuse(place, `one of ${words.join(", ")}`, value);
}

export function nullable<T>(shape: Shape<T>): Shape<T | null> {
  return (value, place) => (value === null ? null : shape(value, place));
}

/** A list of at most `most`. */
export function list<T>(shape: Shape<T>, most: number): Shape<T[]> {
  return (value, place) => {
    if (!Array.isArray(value)) return refuse(place, "a list", value);
    if (value.length > most) {
      throw new InputError(`${place}: expected at most ${most}, got ${value.length}`);
    }
    return value.map((item, i) => shape(item, `${place}[${i}]`));
  };
}

/** An object whose names are data: at most `most` of them. */
export function table<T>(shape: Shape<T>, most: number): Shape<Record<string, T>> {
  return (value, place) => {
    if (!isObject(value)) return refuse(place, "an object", value);
    const rows = Object.entries(value);
    if (rows.length > most) {
      throw new InputError(`${place}: expected at most ${most} names, got ${rows.length}`);
    }
    return Object.fromEntries(
      rows.map(([name, item]) => [name, shape(item, `${place}${member(name)}`)]),
    );
  };
}

/** Reads the members of an object, each by its shape. What it has beyond them is left out. */
export type Members = <T>(name: string, shape: Shape<T>) => T;

export function members(value: unknown, place: string): Members {
  if (!isObject(value)) return refuse(place, "an object", value);
  const own = new Map(Object.entries(value));
  return (name, shape) => shape(own.get(name), place === "" ? name : `${place}.${name}`);
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function member(name: string): string {
  return /^\w{1,40}$/.test(name) ? `.${name}` : `[${show(name)}]`;
}

function refuse(place: string, expected: string, value: unknown): never {
  const where = place === "" ? "the document" : place;
  const what = value === undefined ? "nothing" : show(value);
  throw new InputError(`${where}: expected ${expected}, got ${what}`);
}

/**
 * Reads a document of unknown origin.
 *
 * @throws InputError that says what is wrong, and quotes no more than the character that is: the document may be a
 * file that was to be kept secret.
 */
export function parseJson(document: string | Uint8Array, remedy?: string): unknown {
  try {
    const decoder = new TextDecoder("utf-8", { fatal: true });
    return JSON.parse(typeof document === "string" ? document : decoder.decode(document));
  } catch (cause) {
    const why = cause instanceof TypeError ? "it is not UTF-8" : show(withoutQuotation(cause));
    throw new InputError(`the document is not JSON: ${why}`, {
      cause,
      ...(remedy !== undefined && { remedy }),
    });
  }
}

/** The parser's message, which ends with some of the document. */
function withoutQuotation(cause: unknown): string {
  const message = cause instanceof Error ? cause.message : String(cause);
  return message.replace(/, (\.\.\.)?".*"(\.\.\.)? is not valid JSON$/s, "");
}

/** A value as JSON on one line, cut, with nothing in it that a terminal would obey. */
export function show(value: unknown): string {
  const short = typeof value === "string" ? value.slice(0, SHOWN + 1) : value;
  const json = Array.isArray(value)
    ? `a list of ${value.length}`
    : isObject(value)
      ? "an object"
      : JSON.stringify(short);
  const inert = json.replace(
    /[^\x20-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return inert.length > SHOWN ? `${inert.slice(0, SHOWN)}…` : inert;
}

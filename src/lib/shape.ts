import { InputError, StublabError } from "./errors.ts";
import { nearest } from "./nearest.ts";

/**
 * Checks a value of unknown origin and returns it with its type.
 *
 * @param place where the value is in its document, e.g. "steps[12].registers"
 * @throws InputError that names the place, the expected type and the actual value.
 */
export type Shape<T> = (value: unknown, place: string) => T;

const LEAST_WORD = -(1n << 63n);
const MOST_WORD = (1n << 64n) - 1n;

/** How much of a value an error shows. */
const SHOWN = 60;

export const text: Shape<string> = (value, place) =>
  typeof value === "string" ? value : refuse(place, "a string", value);

/** A name or a number, such as that of a signal. */
export const nameOrNumber: Shape<string | number> = (value, place) =>
  typeof value === "string" || typeof value === "number"
    ? value
    : refuse(place, "a name or a number", value);

/** An integer of any size, as a number or a BigInt. */
export const integer: Shape<bigint> = (value, place) => {
  if (typeof value === "bigint") return value;
  if (typeof value === "number" && Number.isSafeInteger(value)) return BigInt(value);
  return refuse(place, "an integer (a BigInt if it is beyond 2^53)", value);
};

/** An integer from -2^63 to 2^64 - 1 as a word of 64 bits, modulo 2^64; undefined for anything else. */
export function toWord(value: unknown): bigint | undefined {
  if (typeof value === "number") {
    return Number.isSafeInteger(value) ? BigInt.asUintN(64, BigInt(value)) : undefined;
  }
  if (typeof value !== "bigint" || value < LEAST_WORD || value > MOST_WORD) return undefined;
  return BigInt.asUintN(64, value);
}

/** A word of 64 bits: see `toWord`. */
export const word: Shape<bigint> = (value, place) =>
  toWord(value) ??
  refuse(place, "an integer from -2^63 to 2^64 - 1 (a BigInt if it is beyond 2^53)", value);

/** The same as a BigInt only: for what is stored, and not converted. */
export const bigWord: Shape<bigint> = (value, place) =>
  typeof value === "bigint" && toWord(value) !== undefined
    ? value
    : refuse(place, "a BigInt from -2^63 to 2^64 - 1", value);

/** Bytes in memory that was not transferred to another thread. */
export const bytes: Shape<Uint8Array> = (value, place) => {
  if (!isBytes(value)) return refuse(place, "a Uint8Array", value);
  // A view of detached memory has length 0 too.
  if (value.length === 0 && isDetached(value.buffer)) {
    throw new InputError(`${place}: its memory was transferred to another thread`);
  }
  return value;
};

/** A function that a caller passes, or undefined. */
export function callback(value: unknown, place: string): void {
  if (value !== undefined && typeof value !== "function") refuse(place, "a function", value);
}

/** An instance of a class. @param name describes the class in the error */
export function instance<T>(type: abstract new (...args: never[]) => T, name: string): Shape<T> {
  return (value, place) => (value instanceof type ? value : refuse(place, name, value));
}

export const abortSignal = instance(AbortSignal, "an AbortSignal");

/** A time in seconds. */
export const seconds: Shape<number> = (value, place) =>
  typeof value === "number" && value >= 0 && Number.isFinite(value)
    ? value
    : refuse(place, "a finite number from 0", value);

/** An object that is not an array. */
export function object(value: unknown, place: string): void {
  if (!isObject(value)) refuse(place, "an object", value);
}

export const truth: Shape<boolean> = (value, place) =>
  typeof value === "boolean" ? value : refuse(place, "true or false", value);

/** A word of 64 bits: "0x7fffffffe044". */
export const hexWord: Shape<string> = (value, place) =>
  typeof value === "string" && /^0x(0|[1-9a-f][0-9a-f]{0,15})$/.test(value)
    ? value
    : refuse(place, 'a hex word such as "0xfe0"', value);

/** A whole number from `least` to `most`. */
export function count(most: number, least = 0): Shape<number> {
  return (value, place) =>
    typeof value === "number" && Number.isInteger(value) && value >= least && value <= most
      ? value
      : refuse(place, `a whole number from ${least} to ${most}`, value);
}

export function oneOf<const T extends string>(words: readonly T[]): Shape<T> {
  return (value, place) =>
    words.find((word) => word === value) ?? refuse(place, `one of ${words.join(", ")}`, value);
}

export function optional<T>(shape: Shape<T>): Shape<T | undefined> {
  return (value, place) => (value === undefined ? undefined : shape(value, place));
}

export function nullable<T>(shape: Shape<T>): Shape<T | null> {
  return (value, place) => (value === null ? null : shape(value, place));
}

/** An array of at most `most` items. */
export function list<T>(shape: Shape<T>, most: number): Shape<T[]> {
  return (value, place) => {
    if (!Array.isArray(value)) return refuse(place, "a list", value);
    if (value.length > most) {
      throw new InputError(`${place}: expected at most ${most}, got ${value.length}`);
    }
    return value.map((item, i) => shape(item, `${place}[${i}]`));
  };
}

/** An object with these members. Others are ignored. */
export function record<T extends object>(
  shapes: {
    readonly [K in keyof T]: Shape<T[K]>;
  },
): Shape<Readonly<T>> {
  return (value, place) => {
    const read = members(value, place);
    const all: Partial<T> = {};
    for (const name in shapes) all[name] = read(name, shapes[name]);
    return isWhole<T>(all, shapes) ? all : refuse(place, "an object", value);
  };
}

function isWhole<T extends object>(
  part: Partial<T>,
  names: Readonly<Record<keyof T, unknown>>,
): part is T {
  return Object.keys(names).every((name) => Object.hasOwn(part, name));
}

/** What a shape describes. */
export type Shaped<S> = S extends Shape<infer T> ? T : never;

/** An object with arbitrary keys, at most `most` of them. */
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

/** A check for each option of a function. */
export type OptionShapes<T> = {
  readonly [K in keyof T]-?: (value: unknown, place: string) => unknown;
};

/**
 * Checks the options that a caller passed: each that is not undefined has its shape, and there are no others.
 *
 * @throws InputError that names the known option nearest to an unknown one.
 */
export function checkOptions<T extends object>(
  options: T,
  place: string,
  shapes: OptionShapes<T>,
): void {
  object(options, place);
  for (const name of Object.keys(options)) {
    if (!Object.hasOwn(shapes, name)) throw unknownOption(name, place, Object.keys(shapes));
  }
  // Not only own properties: an option may be inherited from a class.
  for (const name in shapes) {
    const value = options[name];
    if (value !== undefined) shapes[name](value, `${place}.${name}`);
  }
}

/** The same for an object that must have some of its members. @throws InputError */
export function expectMembers<T extends object>(
  value: T,
  place: string,
  shapes: OptionShapes<T>,
  required: readonly (keyof T & string)[],
): void {
  checkOptions(value, place, shapes);
  for (const name of required) shapes[name](value[name], `${place}.${name}`);
}

function unknownOption(name: string, place: string, known: readonly string[]): InputError {
  const near = nearest(name, known);
  const hint = near === undefined ? `; known: ${known.join(", ")}` : `; did you mean ${near}?`;
  return new InputError(`${place}: unknown option ${show(name)}${hint}`);
}

/** Reads the members of an object, each by its shape. Other members are ignored. */
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

/** What a document may have. A parser needs many times the memory of deeper ones, and of those with more values. */
const MOST_LEVELS = 64;
const MOST_VALUES = 2_000_000;

/**
 * Reads a document of unknown origin.
 *
 * @throws InputError that says what is wrong. It quotes at most one character, because the document may be a secret
 * file.
 */
export function parseJson(document: string | Uint8Array, remedy?: string): unknown {
  try {
    const decoder = new TextDecoder("utf-8", { fatal: true });
    const text = typeof document === "string" ? document : decoder.decode(document);
    expectBounded(text);
    return JSON.parse(text);
  } catch (cause) {
    if (cause instanceof InputError) throw cause;
    const why = cause instanceof TypeError ? "it is not UTF-8" : show(withoutQuotation(cause));
    throw new InputError(`the document is not JSON: ${why}`, {
      cause,
      ...(remedy !== undefined && { remedy }),
    });
  }
}

const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c];
const OPENING = [0x5b, 0x7b];
const CLOSING = [0x5d, 0x7d];

/** Refuses a text before a parser allocates what is in it. */
function expectBounded(text: string): void {
  let [level, values, isString] = [0, 1, false];
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit === QUOTE) isString = !isString;
    else if (isString) i += Number(unit === BACKSLASH);
    else if (unit === COMMA) values++;
    else if (OPENING.includes(unit)) [level, values] = [level + 1, values + 1];
    else if (CLOSING.includes(unit)) level--;
    if (level > MOST_LEVELS) {
      throw new InputError(`the document has more than ${MOST_LEVELS} levels`);
    }
    if (values > MOST_VALUES) {
      throw new InputError(`the document has more than ${MOST_VALUES} values`);
    }
  }
}

/** Puts a place before what an error says, and a remedy after it unless it has one. */
export function inPlace<T>(place: string, read: () => T, otherwise?: string): T {
  try {
    return read();
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const own = cause instanceof StublabError ? cause.remedy : undefined;
    const remedy = own ?? otherwise;
    throw new InputError(`${place}: ${why}`, { cause, ...(remedy !== undefined && { remedy }) });
  }
}

/** The parser's message, which ends with some of the document. */
function withoutQuotation(cause: unknown): string {
  const message = cause instanceof Error ? cause.message : String(cause);
  return message.replace(/, (\.\.\.)?".*"(\.\.\.)? is not valid JSON$/s, "");
}

export function isBytes(value: unknown): value is Uint8Array {
  // By its tag: `instanceof` fails for a value of another realm.
  return ArrayBuffer.isView(value) && tagOf(value) === "[object Uint8Array]";
}

function isDetached(buffer: ArrayBufferLike): boolean {
  try {
    new Uint8Array(buffer);
    return false;
  } catch {
    return true;
  }
}

function tagOf(value: unknown): string {
  return Object.prototype.toString.call(value);
}

/** A value as JSON on one line, shortened, in printable ASCII. */
export function show(value: unknown): string {
  const inert = literal(value).replace(
    /[^\x20-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return inert.length > SHOWN ? `${inert.slice(0, SHOWN)}…` : inert;
}

function literal(value: unknown): string {
  if (Array.isArray(value)) return `an array of ${value.length}`;
  switch (typeof value) {
    case "string":
      return JSON.stringify(value.slice(0, SHOWN + 1));
    case "object":
      return value === null ? "null" : "an object";
    case "function":
      return "a function";
    case "bigint":
      return `${value}n`;
    default:
      return String(value);
  }
}

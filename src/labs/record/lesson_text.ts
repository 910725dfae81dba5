// The texts of lessons: docs/lessons/, which the build has put into lessons.json.

import { readFileSync } from "node:fs";
import { type Arch, HOST_ARCH } from "../../core/machine/index.ts";
import { REBUILD, StateError, UnsupportedError } from "../../lib/errors.ts";
import { list, record, type Shape, type Shaped, table, text } from "../../lib/shape.ts";
import type { Ids } from "./plays/ids.ts";
import { type Saying, saying } from "./said.ts";

/** More than there are of anything. */
const MOST = 10_000;

const texts = list(text, MOST);
const moments = table(saying, MOST);
const lesson = record({
  title: text,
  /** What it shows, in a line. */
  summary: text,
  introduction: texts,
  moments,
  /** What to try after it, and the teacher's key to that. */
  try: texts,
  key: texts,
});
const term = record({ forms: texts, text });
const variant = { text: texts, hints: texts, facts: table(text, MOST) };
const task = record({
  title: text,
  ...variant,
  names: table(text, MOST),
  parts: table(record(variant), MOST),
});
/** Why a line of code is there. A conditional jump has a reason for each outcome. */
export type Reason = string | Readonly<Record<"passed" | "taken", string>>;

const outcomes = record({ passed: text, taken: text });
const reason: Shape<Reason> = (value, place) =>
  typeof value === "string" ? value : outcomes(value, place);
const instruction = record({ text, why: reason });
/** By the label before them, and their position after it. */
const reasons = table(list(instruction, MOST), MOST);
const all = record({
  lessons: table(lesson, MOST),
  common: moments,
  terms: list(texts, MOST),
  glossary: list(term, MOST),
  tasks: table(task, MOST),
  stubCode: record({ amd64: reasons, arm64: reasons }),
});

/** What docs/lessons/NAME.md has of a lesson, without its moments. */
export type LessonText = Omit<Shaped<typeof lesson>, "moments">;

/** A word of the glossary in its forms, and what it means. */
export interface Term extends Shaped<typeof term> {}

/** What stands for the words in braces of a text. */
export type Values = Readonly<Record<string, string | number | bigint>>;

/** The texts of a page in docs/lessons/, by its ids. T has the names of an id's parts, as a union. */
export interface Say<T> {
  /** @throws StateError if there is no value for a word in braces */
  (id: IdOf<T>, values?: Values): Saying;
  /** The texts of all parts of an id, by their names. */
  parts<K extends keyof T & string>(id: K, values?: Values): Parts<T[K]>;
}

/** "clone", and of one with parts "clone.why". */
type IdOf<T> = {
  [K in keyof T & string]: K | (T[K] extends string ? `${K}.${T[K]}` : never);
}[keyof T & string];

type Parts<Names> = Readonly<Record<Names & string, Saying>>;

let read: Shaped<typeof all> | undefined;

function readAll(): Shaped<typeof all> {
  if (read !== undefined) return read;
  try {
    const path = new URL("lessons.json", import.meta.url);
    read = all(JSON.parse(readFileSync(path, "utf8")), "");
    return read;
  } catch (cause) {
    throw new UnsupportedError("the texts of the lessons are missing", { cause, remedy: REBUILD });
  }
}

/** The words of an architecture: pages use those of amd64, and arm64.md has a table of the others. */
export function inWordsOf(arch: Arch): (text: string) => string {
  if (arch === "amd64") return (text) => text;
  const terms = readAll().terms.toSorted(([a = ""], [b = ""]) => b.length - a.length);
  const words = new Map(terms.map(([from = "", to = ""]) => [from, to]));
  const escaped = [...words.keys()].map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  const pattern = new RegExp(`(?<![\\w$%])(?:${escaped.join("|")})(?!\\w)`, "g");
  return (text) => text.replace(pattern, (word) => words.get(word) ?? word);
}

/** Puts a text that names amd64's registers and instructions into the words of this machine. */
export const inWords = (text: string): string => inWordsOf(HOST_ARCH)(text);

/** The text of a lesson, in the words of an architecture; undefined if there is no such lesson. */
export function lessonText(name: string, arch: Arch = HOST_ARCH): LessonText | undefined {
  const { lessons } = readAll();
  const found = Object.hasOwn(lessons, name) ? lessons[name] : undefined;
  if (found === undefined) return undefined;
  return lesson(mapTexts(found, inWordsOf(arch)), name);
}

/** The words that pages and the terminal explain where they stand, for recordings of an architecture. */
export function glossary(arch: Arch = HOST_ARCH): readonly Term[] {
  return list(term, MOST)(mapTexts(readAll().glossary, inWordsOf(arch)), "glossary");
}

/** Why each instruction of the stub code is there, with its text, by the label before it. */
export function stubCodeReasons(arch: Arch = HOST_ARCH): Shaped<typeof reasons> {
  return readAll().stubCode[arch];
}

/** The texts of a lesson's moments on this machine. */
export function sayOf<N extends keyof Ids>(name: N): Say<Ids[N]> {
  return sayFrom<Ids[N]>(`docs/lessons/${name}.md`, () => readAll().lessons[name]?.moments ?? {});
}

/** Those that several lessons share. */
export const common = sayFrom<Ids["common"]>("docs/lessons/common.md", () => readAll().common);

function sayFrom<T>(page: string, moments: () => Readonly<Record<string, Saying>>): Say<T> {
  const find = (id: string, values: Values): Saying => {
    const found = moments()[`${id} (${HOST_ARCH})`] ?? moments()[id];
    if (found === undefined) throw new StateError(`${page} has no text "${id}"`);
    const place = `${page}: ${id}`;
    return saying(mapTexts(found, filling(values, place)), place);
  };
  const parts = <K extends keyof T & string>(id: K, values: Values = {}) => {
    const names = Object.keys(moments()).filter((key) => key.startsWith(`${id}.`));
    const bare = names.map((key) => key.slice(id.length + 1).replace(/ \(arm64\)$/, ""));
    // The build has made the type from the same page.
    return Object.fromEntries(bare.map((name) => [name, find(`${id}.${name}`, values)])) as Parts<
      T[K]
    >;
  };
  return Object.assign((id: IdOf<T>, values: Values = {}) => find(id, values), { parts });
}

/** What docs/lessons/tasks.md has of a task in one variant. */
export interface TaskText extends Omit<Shaped<typeof task>, "parts"> {}

/** The title of a task, in the words of this machine. */
export function taskTitle(name: string): string {
  return inWords(readAll().tasks[name]?.title ?? "");
}

/**
 * The text of a task, in the words of this machine.
 *
 * @param parts those of its variant
 * @throws StateError if there is no such text, or no value for a word in braces
 */
export function taskText(
  name: string,
  parts: readonly string[] = [],
  values: Values = {},
): TaskText {
  const place = `docs/lessons/tasks.md: ${name}`;
  const found = readAll().tasks[name];
  if (found === undefined) throw new StateError(`${place} is missing`);
  const told = filling(values, place);
  const rows = (entries: readonly [string, string][]) =>
    Object.fromEntries(entries.map(([name, meaning]) => [told(name), told(meaning)]));
  const all = parts.map((part) => {
    const text = found.parts[part];
    if (text === undefined) throw new StateError(`${place} has no part "${part}"`);
    return text;
  });
  return {
    title: told(found.title),
    text: [found, ...all].flatMap(({ text }) => text.map(told)),
    hints: [found, ...all].flatMap(({ hints }) => hints.map(told)),
    facts: rows([found, ...all].flatMap(({ facts }) => Object.entries(facts))),
    names: rows(Object.entries(found.names)),
  };
}

/** The same value with each text in it changed. */
function mapTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === "string") return change(value);
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, change));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, mapTexts(member, change)]),
  );
}

/** Puts a text into the words of this machine, and values in the places of the words in braces. */
function filling(values: Values, place: string): (text: string) => string {
  return (text) =>
    inWords(text).replaceAll(/\{(\w+)\}/g, (_, name: string) => {
      const value = values[name];
      if (value === undefined) throw new StateError(`${place} needs a value of "${name}"`);
      return `${value}`;
    });
}

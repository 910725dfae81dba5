import { parseRecording } from "../../src/labs/record/load.ts";
import type { Recording } from "../../src/labs/record/recording.ts";
import { jsonLines } from "./json_lines.ts";

/** What strings of others may hold, and what no view may obey, choke on or pass on. */
export const HOSTILE: readonly string[] = [
  ...jsonLines<string>("support/hostile"),
  ...[`10 kB ${"long".repeat(2500)}`, `</title></style>${"x".repeat(10_000)}`],
];

/** What is no text of others: words of a fixed list, numbers, and masks of signals. */
const FIXED = new Set([
  ...["schema", "arch", "kind", "base", "address", "word"],
  ...["blocked", "ignored", "pending"],
]);

/** What names a thing, wherever it is named. */
const NAMES = new Set(["id", "lane", "about", "code", "name"]);

/** Whose members are numbers, under names that may be anything. */
const TABLES = new Set(["before", "after"]);

/**
 * A real recording with every string in it that may be anything replaced by something hostile, and with registers of
 * hostile names: it is a valid document all the same.
 */
export function hostileRecording(real: Recording, strings = HOSTILE): Recording {
  let next = 0;
  const hostile = () => strings[next++ % strings.length] ?? "";
  const names = new Map<string, string>();
  /** The same name for the same thing, and no other for two things. */
  const renamed = (name: string) => {
    const known = names.get(name) ?? unlike(new Set(names.values()), hostile());
    names.set(name, known);
    return known;
  };
  const walk = (value: unknown, member: string): unknown => {
    if (typeof value === "string") {
      if (FIXED.has(member)) return value;
      return NAMES.has(member) ? renamed(value) : hostile();
    }
    if (Array.isArray(value)) return value.map((item) => walk(item, member));
    if (typeof value !== "object" || value === null) return value;
    if (TABLES.has(member)) {
      return Object.fromEntries([
        ...Object.entries(value),
        ...strings.map((name) => [name, member === "after" ? "0x1" : "0x0"]),
      ]);
    }
    return Object.fromEntries(
      Object.entries(value).map(([name, each]) => [name, walk(each, name)]),
    );
  };
  const recording = { ...real, introduction: strings, observed: strings };
  return parseRecording(JSON.stringify(walk(recording, "")));
}

/** `name`, or longer where others have it. */
function unlike(others: ReadonlySet<string>, name: string): string {
  return others.has(name) ? unlike(others, `${name}'`) : name;
}

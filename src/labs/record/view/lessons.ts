import { readFileSync } from "node:fs";
import { REBUILD, UnsupportedError } from "../../../lib/errors.ts";
import { table, text } from "../../../lib/shape.ts";

/** More than any lesson has. */
const MOST = 1000;

const lessons = table(table(text, MOST), MOST);

/**
 * What docs/lessons/NAME.md says beyond a recording: its sections by title, as Markdown, without the commands that show
 * the recording; empty if there is no such lesson. The build has put them into lessons.json.
 */
export function readLesson(name: string): ReadonlyMap<string, string> {
  const all = readAll();
  const sections = Object.hasOwn(all, name) ? Object.entries(all[name] ?? {}) : [];
  return new Map(
    sections.map(([title, body]) => [title, body.replace(/^```[\s\S]*?^```$/gm, "").trim()]),
  );
}

function readAll(): Record<string, Record<string, string>> {
  try {
    const path = new URL("lessons.json", import.meta.url);
    return lessons(JSON.parse(readFileSync(path, "utf8")), "");
  } catch (cause) {
    throw new UnsupportedError("the text of the lessons is missing", { cause, remedy: REBUILD });
  }
}

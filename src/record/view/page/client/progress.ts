import { beginReading, type Reading, scoreOf } from "../../../reading.ts";
import { recording } from "./book.ts";

// What a reader has answered is kept in the browser. Some have no place for that, or forbid it, such as for files:
// then it is kept as long as the page lives.

const PREFIX = "stublab.reading/1:";
const KEY = `${PREFIX}${recording.scenario}`;

/** What is kept of a reading. Questions and choices are named by their texts: a later recording may have others. */
interface Kept {
  readonly seed: number;
  readonly answers: Readonly<Record<string, string | null>>;
  /** For the index of lessons: how many questions there are, and how many were answered right. */
  readonly questions?: number;
  readonly right?: number;
}

/** Begins where the reader left off, with the same order of choices. */
export function beginKept(at: number, bounds: Reading["bounds"] | undefined): Reading {
  const { seed, answers } = load();
  const known = recording.questions.flatMap(({ text, choices }, i) => {
    if (!Object.hasOwn(answers, text)) return [];
    const given = answers[text] ?? null;
    const choice = given === null ? null : choices.indexOf(given);
    return choice === -1 ? [] : [[i, choice] as const];
  });
  return beginReading(recording, at, seed, bounds, new Map(known));
}

/** Keeps what was answered. */
export function keepReading(reading: Reading): void {
  const { seed, answers } = reading;
  const named = [...answers].flatMap(([i, choice]) => {
    const question = recording.questions[i];
    if (question === undefined) return [];
    return [[question.text, choice === null ? null : (question.choices[choice] ?? null)] as const];
  });
  const { questions, right } = scoreOf(reading);
  const kept: Kept = { seed, answers: Object.fromEntries(named), questions, right };
  try {
    localStorage.setItem(KEY, JSON.stringify(kept));
  } catch {
    // There is no place for it.
  }
}

/** All that is kept of lessons on this site, as a document. */
export function exportProgress(reading: Reading): string {
  keepReading(reading);
  const lessons: Record<string, unknown> = {};
  try {
    for (const key of Object.keys(localStorage).sort()) {
      if (!key.startsWith(PREFIX)) continue;
      lessons[key.slice(PREFIX.length)] = JSON.parse(localStorage.getItem(key) ?? "null");
    }
  } catch {
    // What was kept is not readable.
  }
  return `${JSON.stringify({ schema: "stublab.progress/1", lessons }, null, 1)}\n`;
}

function load(): Kept {
  const fresh = { seed: Math.floor(Math.random() * 2 ** 32), answers: {} };
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? "null");
    return isKept(kept) ? kept : fresh;
  } catch {
    return fresh;
  }
}

function isKept(value: unknown): value is Kept {
  if (typeof value !== "object" || value === null) return false;
  if (!("seed" in value) || !Number.isInteger(value.seed)) return false;
  if (!("answers" in value) || typeof value.answers !== "object" || value.answers === null)
    return false;
  return Object.values(value.answers).every((each) => each === null || typeof each === "string");
}

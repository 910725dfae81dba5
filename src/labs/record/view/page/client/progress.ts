import { count, nullable, record, type Shaped, table, text } from "../../../../../lib/shape.ts";
import { beginReading, type Reading, scoreOf } from "../../../reading.ts";
import { recording } from "./book.ts";

// What a reader has answered is kept in the browser. Some have no place for that, or forbid it, such as for files:
// then it is kept as long as the page lives.

const PREFIX = "stublab.reading/1:";
const KEY = `${PREFIX}${recording.scenario}`;

/** What is kept of a reading. Questions and choices are named by their texts: a later recording may have others. */
const kept = record({ seed: count(2 ** 32 - 1), answers: table(nullable(text), 10_000) });

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
  // The index of lessons shows the score.
  const { questions, right } = scoreOf(reading);
  const document = { seed, answers: Object.fromEntries(named), questions, right };
  try {
    localStorage.setItem(KEY, JSON.stringify(document));
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

function load(): Shaped<typeof kept> {
  try {
    return kept(JSON.parse(localStorage.getItem(KEY) ?? "null"), "");
  } catch {
    // Nothing is kept, or something else.
    return { seed: Math.floor(Math.random() * 2 ** 32), answers: {} };
  }
}

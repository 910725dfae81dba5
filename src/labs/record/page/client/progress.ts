import { count, nullable, record, type Shaped, table, text } from "../../../../lib/shape.ts";
import { beginReading, type Reading, scoreOf } from "../../reading.ts";
import { recording } from "./book.ts";

// What a reader has answered is kept in the browser. Some have no place for that, or forbid it, such as for files:
// then it is kept as long as the page lives.

const KEY = `stublab.reading/1:${recording.scenario}`;

/** What is kept of a reading. Questions and choices are named by their texts: a later recording may have others. */
const kept = record({ seed: count(2 ** 32 - 1), answers: table(nullable(text), 10_000) });

/** Begins where the reader left off, with the same order of choices. */
export function beginKept(at: number): Reading {
  const { seed, answers } = load();
  const known = recording.questions.flatMap(({ text, choices }, i) => {
    if (!Object.hasOwn(answers, text)) return [];
    const given = answers[text] ?? null;
    const choice = given === null ? null : choices.indexOf(given);
    return choice === -1 ? [] : [[i, choice] as const];
  });
  return beginReading(recording, at, seed, new Map(known));
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
  const document = { seed, answers: Object.fromEntries(named), ...scoreOf(reading) };
  try {
    localStorage.setItem(KEY, JSON.stringify(document));
  } catch {
    // There is no place for it.
  }
}

function load(): Shaped<typeof kept> {
  try {
    return kept(JSON.parse(localStorage.getItem(KEY) ?? "null"), "");
  } catch {
    // Nothing is kept, or something else.
    return { seed: Math.floor(Math.random() * 2 ** 32), answers: {} };
  }
}

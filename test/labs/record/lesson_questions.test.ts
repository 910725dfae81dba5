// The questions of all lessons: fair, refuted, and not answered before they are asked.

import { LESSONS } from "../../../src/labs/record/index.ts";
import type { Question, Recording } from "../../../src/labs/record/recording.ts";

/** What a choice shows to those who do not know the answer: the question's other choices are beside it. */
type Cue = (choice: string, asked: Question, place: number) => number;

const matches =
  (pattern: RegExp): Cue =>
  (choice) =>
    (choice.match(pattern) ?? []).length;

const CUES: Readonly<Record<string, Cue>> = {
  "its place": (_, __, place) => place,
  "how close it is to the middle": (_, { choices }, place) =>
    -Math.abs(place - (choices.length - 1) / 2),
  length: ({ length }) => length,
  words: (choice) => wordsOf(choice).length,
  digits: matches(/\d/g),
  names: matches(/\b[A-Z_]{3,}\b/g),
  signals: matches(/\bSIG[A-Z]+/g),
  errnos: matches(/\bE[A-Z]{3,}\b/g),
  negations: matches(/\b(no|not|never|none|nothing|neither|nobody|cannot|without)\b/gi),
  absolutes: matches(/\b(all|always|any|both|each|every|forever|never|none|only|at once)\b/gi),
  hedges: matches(/\b(could|may|might|would|usual|until|once|when|while)\b/gi),
  reasons: matches(/[:;]|, (as|because|for)\b/g),
  "parts of a sentence": matches(/[,:;]/g),
  "ends with death": matches(/\b(dead|die|ends?|exits?|killed|SIGKILL|SIGSEGV)\b/g),
  "words of the question": (choice, { text }) => shared(choice, [text]),
  "words of the other choices": (choice, { choices }) =>
    shared(
      choice,
      choices.filter((each) => each !== choice),
    ),
  "choices that begin like it": (choice, { choices }) =>
    choices.filter((each) => wordsOf(each)[0] === wordsOf(choice)[0]).length,
};

/** How many words of a text others have, too, in parts of its words. */
function shared(text: string, others: readonly string[]): number {
  const known = new Set(others.flatMap(wordsOf));
  const words = wordsOf(text);
  return words.filter((word) => known.has(word)).length / words.length;
}

/** By how much a cue may be better than chance, over all questions, and over those whose choices it tells apart. */
const MOST = 0.1;
const MOST_APART = 0.2;
/** So few questions say nothing of a cue. */
const FEW = 12;

/** How much more often than by chance the choice that has most of a cue is right, or one of those. */
function gainOf({ choices, answer }: Question, counts: readonly number[]): number {
  const most = Math.max(...counts);
  const best = counts.filter((count) => count === most).length;
  return (counts[answer] === most ? 1 / best : 0) - 1 / choices.length;
}

const lessons = suite("lessons: questions");

async function allQuestions(): Promise<(Question & { readonly recording: Recording })[]> {
  const all = [];
  for (const name of LESSONS) {
    const recording = await recordingOf(name);
    all.push(...recording.questions.map((question) => ({ ...question, recording })));
  }
  return all;
}

lessons("each has three choices or more, and a reply of its own to each", async () => {
  for (const { text, choices, answer, because, replies } of await allQuestions()) {
    assert.ok(choices.length >= 3, text);
    assert.is(replies.length, choices.length, text);
    assert.is(replies[answer], because, text);
    assert.is(new Set([...choices, ...replies]).size, 2 * choices.length, text);
    for (const reply of replies) assert.match(reply, /^.+[.)]$/s, text);
  }
});

lessons("a guess by any cue of the choices does no better than chance", async () => {
  const all = await allQuestions();
  const mean = (gains: readonly number[]) =>
    gains.reduce((sum, gain) => sum + gain, 0) / gains.length;
  const told: string[] = [];
  for (const [name, cue] of Object.entries(CUES)) {
    for (const sign of [1, -1]) {
      const rows = all.map((asked) => {
        const counts = asked.choices.map((choice, i) => sign * cue(choice, asked, i));
        return { gain: gainOf(asked, counts), isApart: new Set(counts).size > 1 };
      });
      const apart = rows.filter(({ isApart }) => isApart).map(({ gain }) => gain);
      const gains = [mean(rows.map(({ gain }) => gain)), apart.length < FEW ? 0 : mean(apart)];
      if ((gains[0] ?? 0) > MOST || (gains[1] ?? 0) > MOST_APART)
        told.push(`${sign > 0 ? "most" : "least"} ${name}: ${gains}, ${apart.length} questions`);
    }
  }
  assert.equal(told, []);
});

/** A run of so many words of an answer gives it away. */
const RUN = 6;

lessons("nothing that a reader has seen by then says the answer", async () => {
  const given: string[] = [];
  for (const { recording, text, step, choices, answer, because } of await allQuestions()) {
    const { title, introduction, steps, questions } = recording;
    const seen = [
      title,
      ...introduction,
      ...steps.slice(0, step).flatMap((each) => [each.title, each.why]),
      ...questions.filter((each) => each.step < step).flatMap(({ replies }) => replies),
    ];
    const before = seen.map((each) => ` ${wordsOf(each).join(" ")} `).join("|");
    const right = wordsOf(choices[answer] ?? "");
    for (const words of [right, wordsOf(because)]) {
      const length = Math.min(RUN, Math.max(4, words.length));
      for (let i = 0; i + length <= words.length; i++) {
        const run = words.slice(i, i + length).join(" ");
        if (before.includes(` ${run} `)) given.push(`${recording.scenario}: ${text} ${run}`);
      }
    }
  }
  assert.equal(given, []);
});

lessons("none is asked between a stop and the request that reads its registers", async () => {
  // The stop shows them already.
  for (const { recording, text, step } of await allQuestions()) {
    const { title = "" } = recording.steps[step] ?? {};
    assert.not.match(title, "PTRACE_GETREGS", text);
  }
});

lessons(
  "what does not happen is asked for by What if, not by the name of what happens",
  async () => {
    for (const { text } of await allQuestions()) {
      if (/\b(would|could|skipped)\b/.test(text)) assert.match(text, /^What if /);
    }
  },
);

lessons(
  "each lesson begins with its crux in a sentence, and one deed that leads to a question",
  async () => {
    for (const name of LESSONS) {
      const { introduction, questions, steps } = await recordingOf(name);
      assert.match(introduction[0] ?? "", /^[A-Z][^.?!]{20,120}\.$/, name);
      const [asked, ...more] = questions.filter(({ deed }) => deed !== "");
      assert.ok(asked && asked.step < steps.length && more.length === 0, name);
      // Where the page has a link, GitHub leads to the first heading of that name.
      const page = readFileSync(`docs/lessons/${name}.md`, "utf8");
      const [, deed = "", anchor = ""] = /^\[(.+)\]\(#(.+)\)$/m.exec(page) ?? [];
      assert.is(deed, asked?.deed);
      const [, moment = ""] = page.split(new RegExp(`^#+ ${anchor}$`, "m"));
      assert.match(moment.split(/^#/m)[0] ?? "", /^\*\*.*\*\*$/ms, `${name} #${anchor}`);
    }
  },
);

function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\w$%-]+/g) ?? [];
}

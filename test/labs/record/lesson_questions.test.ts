// The questions of all lessons: fair, refuted, and not answered before they are asked.

import { LESSONS } from "../../../src/labs/record/index.ts";
import type { Question, Recording } from "../../../src/labs/record/recording.ts";

/** No way to choose without knowing may be right more often. */
const MOST = 0.4;

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

lessons("no place, nor the longest or the shortest choice, is right too often", async () => {
  const all = await allQuestions();
  const share = (isRight: (question: Question) => boolean) =>
    all.filter(isRight).length / all.length;
  for (const place of [0, 1, 2, 3]) {
    assert.ok(share(({ answer }) => answer === place) <= MOST, `place ${place}`);
  }
  for (const sign of [1, -1]) {
    const stands = share(({ choices, answer }) => {
      const lengths = choices.map(({ length }) => sign * length);
      return lengths.every((length, i) => i === answer || length < (lengths[answer] ?? 0));
    });
    assert.ok(stands <= MOST, `${sign > 0 ? "longest" : "shortest"}: ${stands}`);
  }
});

lessons("nor is the one choice that begins with another word than the others", async () => {
  const odd = (await allQuestions()).flatMap(({ choices, answer }) => {
    const firsts = choices.map((choice) => wordsOf(choice)[0]);
    const single = firsts.filter((word) => firsts.indexOf(word) === firsts.lastIndexOf(word));
    return single.length === 1 ? [firsts[answer] === single[0]] : [];
  });
  const share = odd.filter(Boolean).length / odd.length;
  assert.ok(share <= MOST, `${share} of ${odd.length}`);
  // Who passes it over chooses one of two.
  assert.ok((1 - share) / 2 <= MOST, `${share} of ${odd.length}`);
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

function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\w$%-]+/g) ?? [];
}

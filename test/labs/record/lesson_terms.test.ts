// What lessons say before they need it.

import { openAssemblyEncoder } from "../../../src/core/encoder/assembly.ts";
import { Annotator } from "../../../src/labs/record/annotate.ts";
import { refusalOf } from "../../../src/labs/record/course.ts";
import { eventsOf, startOf } from "../../../src/labs/record/event.ts";
import { LESSONS } from "../../../src/labs/record/index.ts";
import { glossary } from "../../../src/labs/record/lesson_text.ts";
import { stageAt } from "../../../src/labs/record/stage/stage.ts";

const terms = suite("terms of lessons");

const WORD = "orig_rax";
const isIn = (text: string | null) => text?.includes(WORD) === true;

terms("orig_rax is explained before it first matters in a lesson", async () => {
  assert.ok(glossary("amd64").some(({ forms }) => forms.includes(WORD)));
  const late: string[] = [];
  for (const name of LESSONS.filter((each) => refusalOf(each) === undefined)) {
    const recording = await recordingOf(name);
    const { introduction, steps, questions } = recording;
    const moments = new Moments(recording);
    const annotator = new Annotator(moments, openAssemblyEncoder(recording.machine.arch).constants);
    const events = eventsOf(recording);
    const asked = (index: number) => questions.filter(({ step }) => step === index);
    // The first text that has the word explains it: pages and the terminal take that from the glossary.
    const explained = introduction.some(isIn)
      ? -1
      : steps.findIndex(({ why, detail }, i) =>
          [why, detail, ...asked(i).map(({ text }) => text)].some(isIn),
        );
    const matters = steps.findIndex((_, i) => {
      const { boxes } = stageAt(moments, annotator, i, startOf(events, i));
      const told = asked(i).flatMap(({ choices, because, replies }) => [
        ...choices,
        because,
        ...replies,
      ]);
      return boxes.some(({ words }) => words.some((word) => word.name === WORD)) || told.some(isIn);
    });
    if (matters >= 0 && (explained < 0 ? !introduction.some(isIn) : explained > matters))
      late.push(`${name}: step ${matters + 1}, explained at ${explained + 1}`);
  }
  assert.equal(late, []);
});

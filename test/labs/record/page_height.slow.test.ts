// Time limit: 300 s

import { refusalOf } from "../../../src/labs/record/course.ts";
import { eventsOf } from "../../../src/labs/record/event.ts";
import { LESSONS } from "../../../src/labs/record/index.ts";
import type { Recording } from "../../../src/labs/record/recording.ts";
import { PageSuite } from "../../support/recording_page_suite.ts";

const recordings: Record<string, Recording> = {};
for (const name of LESSONS.filter((each) => refusalOf(each) === undefined))
  recordings[name] = await recordingOf(name);
const walked = new PageSuite("heights of recording pages", recordings);

/** A small laptop, and a phone. */
const WINDOWS = [
  [1366, 650],
  [390, 844],
] as const;

/**
 * Goes from question to question, each shown its answer. Returns the events at which the buttons or the last choice are
 * not seen without scrolling. The stage has the same height at all.
 *
 * @param count how many questions there are
 */
async function walk(count: number): Promise<string[]> {
  const bottom = (selector: string) =>
    [...document.querySelectorAll(selector)].at(-1)?.getBoundingClientRect().bottom ?? 0;
  const press = async (key: string) => {
    document.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
    await new Promise((resolve) => setTimeout(resolve));
  };
  const hidden: string[] = [];
  for (let i = 0; i < count; i++) {
    await press("End");
    scrollTo(0, 0);
    // On a phone the buttons are over the rest.
    const steps = document.querySelector(".steps")?.getBoundingClientRect();
    const limit = steps?.bottom === innerHeight ? steps.top : innerHeight;
    const place = document.querySelector("#place")?.textContent;
    const [bar, choices] = [bottom(".bar") - innerHeight, bottom(".choices button") - limit];
    if (bar > 0 || choices > 0) hidden.push(`${place}: ${Math.max(bar, choices)} pixels`);
    await press("s");
  }
  await press("End");
  return [...hidden, document.querySelector("#place")?.textContent ?? ""];
}

for (const [name, recording] of Object.entries(recordings)) {
  for (const [width, height] of WINDOWS) {
    walked.test(`${name}: all is seen at ${width} x ${height} without scrolling`, () =>
      walked.show(name, { width, height }, async (page) => {
        const { length } = recording.questions;
        assert.equal(await page.evaluate(walk, length), [`end / ${eventsOf(recording).length}`]);
      }),
    );
  }
}

walked.pages.run();

// Time limit: 180 s

// The slides of all lessons, their notes, and the sheet with answers.

import type { Page } from "puppeteer-core";
import { eventsOf } from "../../../src/labs/record/event.ts";
import { LESSONS } from "../../../src/labs/record/index.ts";
import { complaints } from "../../support/browser.ts";
import { PageSuite, press, shown, textOf } from "../../support/recording_page_suite.ts";

const host = await recordingOf("host");
const recordings = new Map<string, typeof host>();
for (const name of LESSONS) recordings.set(name, await recordingOf(name));
const shows = new PageSuite("slides", Object.fromEntries(recordings));
const { pages, test } = shows;
const show: PageSuite["show"] = (...args) => shows.show(...args);

/** What a question names: registers, signals, options, system calls. */
const NAMED = /\b([A-Z]{2,}[A-Z_\d]*|R\d+|get\w+|prctl|kill|clone)\b/g;

/** Until a slide is drawn: the address names it then, and the page hears keys. */
const drawn = (page: Page, number: number) =>
  page.waitForFunction((hash) => location.hash === hash, {}, `#slide=${number}`);

/** The slides of the lessons before, in the order of the course. */
const taught: string[] = [];

for (const name of LESSONS) {
  test(`slides fit 1280 by 720, in large letters, and are enough for their questions (${name})`, () =>
    show(name, { width: 1280, height: 720, search: "?slides" }, async (page) => {
      const recording = recordings.get(name) ?? host;
      const { introduction, questions, steps } = recording;
      const count = Number(/\d+$/.exec((await shown(page)).place)?.[0]);
      assert.is(count, introduction.length + eventsOf(recording).length + questions.length);
      const seen: { heading: string; text: string }[] = [];
      for (let i = 0; i < count; i++) {
        await drawn(page, i + 1);
        const { least, out, ...told } = await page.evaluate(sizesOfSlide);
        assert.equal([out, least >= 24], [0, true], `slide ${i + 1}: ${told.heading}, ${least} px`);
        seen.push(told);
        await press(page, "ArrowRight");
      }
      for (const { step, text } of questions) {
        const at = seen.findIndex(({ heading }) => heading === text.replaceAll("`", ""));
        assert.is(seen[at + 1]?.heading, steps[step]?.title, text);
        const before = [...taught, ...seen.slice(0, at).map(({ text }) => text)].join(" ");
        for (const named of text.match(NAMED) ?? [])
          assert.match(before.toLowerCase(), named.toLowerCase(), `${named}: ${text}`);
      }
      taught.push(...seen.map(({ text }) => text));
      assert.equal(await complaints(page), []);
    }));
}

/** The least letters of a slide, in pixels, and what is out of the window or of its place. */
function sizesOfSlide() {
  const all = [...document.querySelectorAll<HTMLElement | SVGGraphicsElement>(".slide *")];
  const told = all.filter((each) =>
    [...each.childNodes].some(({ nodeType, textContent }) => nodeType === 3 && textContent?.trim()),
  );
  const sizes = told
    .filter((each) => each.getClientRects().length > 0)
    .map((each) => {
      const size = Number.parseFloat(getComputedStyle(each).fontSize);
      return size * (each instanceof SVGGraphicsElement ? (each.getScreenCTM()?.a ?? 0) : 1);
    });
  const out = all.filter((each) => {
    const { right, bottom } = each.getBoundingClientRect();
    return right > innerWidth + 1 || bottom > innerHeight + 1;
  });
  const section = document.querySelector(".slide section");
  if (section !== null && section.scrollHeight > section.clientHeight) out.push(...all.slice(0, 1));
  const heading = document.querySelector(".slide h1")?.textContent ?? "";
  const text = document.querySelector(".slide")?.textContent ?? "";
  return { least: Math.round(Math.min(...sizes) * 10) / 10, out: out.length, heading, text };
}

test("n opens the presenter's notes in a window: the answers, and the keys of the slides", () =>
  show("host", { width: 1280, height: 720, search: "?slides" }, async (page) => {
    const [first] = host.questions;
    const heading = () => page.$eval(".slide h1", ({ textContent }) => textContent);
    await drawn(page, 1);
    for (let number = 2; (await heading()) !== first?.text; number++) {
      await press(page, "ArrowRight");
      await drawn(page, number);
    }
    assert.not.match(await textOf(page, ".slide"), first?.because ?? "");
    const opened = new Promise<Page | null>((resolve) => page.once("popup", resolve));
    await page.keyboard.press("n");
    const notes = await opened;
    assert.ok(notes);
    await notes.waitForFunction(
      (text) => document.querySelector(".notes")?.textContent?.includes(text),
      {},
      first?.because ?? "",
    );
    assert.equal(await complaints(notes), []);
    await notes.keyboard.press("ArrowRight");
    await notes.waitForFunction(
      (text) => !document.body.textContent?.includes(text),
      {},
      first?.because ?? "",
    );
    assert.is(await heading(), host.steps[first?.step ?? 0]?.title);
    await notes.close();
    await press(page, "ArrowRight");
    assert.equal(await complaints(page), []);
  }));

test("a sheet has the answers and why the others are wrong only if the address asks for them", () =>
  show("host", { search: "?sheet&answers" }, async (page) => {
    const [told, given] = [
      await textOf(page, ".worksheet"),
      await textOf(page, ".worksheet section"),
    ];
    for (const { replies } of host.questions)
      for (const reply of replies) assert.match(told, reply.replaceAll("`", ""));
    assert.not.match(given, host.questions[0]?.because ?? "");
    assert.equal(await complaints(page), []);
  }));

pages.run();

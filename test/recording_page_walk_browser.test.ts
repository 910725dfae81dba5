// Time limit: 240 s

import * as assert from "uvu/assert";
import { registerRows } from "../src/record/view/told.ts";
import { noQuestions, numberShown, PageSuite, press, shown } from "./recording_page_suite.ts";
import { recordingOf } from "./recordings.ts";

const host = await recordingOf("host");
const recordings = { host, scrub: await recordingOf("scrub") };
const walked = new PageSuite("recording page: walking through it in a browser", recordings);
const { pages, test } = walked;
const show: PageSuite["show"] = (...args) => walked.show(...args);

test("steps by keys, forwards and backwards, by lanes and by events", () =>
  show("host", {}, async (page) => {
    await noQuestions(page);
    const { steps } = host;
    const expectAt = async (index: number, why: string) =>
      assert.equal(
        await shown(page),
        {
          place: `${index + 1} / ${steps.length}`,
          title: steps[index]?.title ?? "",
          slider: `Step ${index + 1} of ${steps.length}, ${steps[index]?.lane}: ${steps[index]?.title}`,
        },
        why,
      );
    await expectAt(0, "in the beginning");
    for (let i = 1; i < steps.length; i++) {
      await press(page, "ArrowRight");
      await expectAt(i, "→");
    }
    await press(page, "ArrowRight");
    await expectAt(steps.length - 1, "→ at the end");
    await press(page, "ArrowLeft");
    await expectAt(steps.length - 2, "←");
    await press(page, "Home");
    await expectAt(0, "Home");
    const events = steps.flatMap(({ kind }, i) => (kind === "instruction" ? [] : [i]));
    for (const index of events.slice(1)) {
      await press(page, "]");
      await expectAt(index, "]");
    }
    for (const index of events.slice(0, -1).reverse()) {
      await press(page, "[");
      await expectAt(index, "[");
    }
    const own = steps.flatMap(({ lane }, i) => (lane === "host" ? [i] : []));
    for (const index of own.slice(1)) {
      await press(page, "ArrowRight", true);
      await expectAt(index, "Shift →");
    }
    await press(page, "ArrowLeft", true);
    await expectAt(own.at(-2) ?? 0, "Shift ←");
    await press(page, "End");
    await expectAt(steps.length - 1, "End");
  }));

test("the slider takes the same keys, and its value tells the step", () =>
  show("host", {}, async (page) => {
    await noQuestions(page);
    await page.focus("#scrub");
    await press(page, "ArrowRight");
    assert.is(await numberShown(page), 2);
    await press(page, "End");
    assert.is(await numberShown(page), host.steps.length);
    assert.match((await shown(page)).slider, `Step ${host.steps.length} of`);
  }));

test("keys that mean something in a field stay there", () =>
  show("host", {}, async (page) => {
    await page.waitForSelector("#encoder-form");
    await page.focus("input[name=rsi]");
    for (const key of ["?", "[", "Home", "ArrowRight"] as const) await press(page, key);
    assert.is(await numberShown(page), 1);
    assert.is(await page.$eval("#keys", (dialog) => dialog.hasAttribute("open")), false);
  }));

test("? shows the keys, Escape closes them, and the focus comes back", () =>
  show("host", {}, async (page, { messages }) => {
    await page.focus("[data-to=on]");
    await press(page, "?");
    await page.click("#keys button");
    assert.not.ok(await page.$eval("#keys", (dialog) => dialog.checkVisibility()));
    assert.equal(messages, []);
    await press(page, "?");
    assert.ok(await page.$eval("#keys", (dialog) => dialog.checkVisibility()));
    await press(page, "ArrowRight");
    assert.is(await numberShown(page), 1);
    await page.keyboard.press("Escape");
    assert.not.ok(await page.$eval("#keys", (dialog) => dialog.checkVisibility()));
    assert.is(await page.evaluate(() => document.activeElement?.getAttribute("data-to")), "on");
  }));

test("a step is announced once one stays there", () =>
  show("host", {}, async (page) => {
    await noQuestions(page);
    await page.focus("[data-to=on]");
    await page.evaluate(() => {
      const heard: string[] = [];
      const status = document.querySelector("#announcer");
      if (status === null) return;
      new MutationObserver(() => heard.push(status.textContent ?? "")).observe(status, {
        childList: true,
      });
      Object.assign(window, { heard });
    });
    for (let i = 0; i < 17; i++) await page.keyboard.press("Enter");
    await page.waitForFunction(() => document.querySelector("#announcer")?.textContent !== "");
    const heard: unknown = await page.evaluate(() => Reflect.get(window, "heard"));
    const step = host.steps[17];
    assert.ok(step);
    const names = registerRows(step).flatMap(({ name, changed }) => (changed ? [name] : []));
    assert.equal(heard, [
      `Step 18 of ${host.steps.length}, ${step.lane}: ${step.title}. Changed: ${names.join(", ")}`,
    ]);
  }));

test("a link leads to a step, when the page is loaded and when it is there", () =>
  show("host", { step: 18 }, async (page) => {
    assert.is((await shown(page)).title, host.steps[17]?.title);
    assert.ok(
      await page.$eval("#step-title", (title) => title.getBoundingClientRect().top < innerHeight),
    );
    await page.evaluate(() => {
      location.hash = "step=14";
    });
    await page.waitForFunction(
      (title) => document.querySelector("#step-title")?.textContent === title,
      {},
      host.steps[13]?.title,
    );
    await page.focus("#row-22 a");
    await page.keyboard.press("Enter");
    assert.is(await numberShown(page), 22);
    assert.is(await page.evaluate(() => document.activeElement?.id), "step-title");
    assert.ok(
      await page.$eval("#step-title", (title) => title.getBoundingClientRect().top < innerHeight),
    );
    for (const bad of ["step=0", "step=9999999", "step=1e1", "step=", "x"]) {
      await page.evaluate((hash) => {
        location.hash = hash;
      }, bad);
    }
    assert.is(await numberShown(page), 22);
  }));

test("a click in the picture goes to a step, and the address follows", () =>
  show("host", {}, async (page) => {
    await page.click("#picture a[href='#step=8'] .hit");
    assert.is(await numberShown(page), 8);
    await page.waitForFunction(() => location.hash === "#step=8");
    const { now, there } = await page.evaluate(() => ({
      now: document.querySelector("#now")?.getBoundingClientRect().left,
      there: document.querySelector("#picture a[href='#step=8'] .hit")?.getBoundingClientRect()
        .left,
    }));
    assert.is(now, there);
  }));

test("a link to the step is copied", () =>
  show("host", { step: 12 }, async (page) => {
    await page.evaluate(() => {
      Object.defineProperty(navigator, "clipboard", {
        value: { writeText: async (text: string) => Object.assign(window, { copied: text }) },
      });
    });
    await page.click("#copy-link");
    await page.waitForFunction(
      () => document.querySelector("#copy-link")?.textContent === "Copied",
    );
    assert.is(
      await page.evaluate(() => Reflect.get(window, "copied")),
      `${walked.urlOf("host")}#step=12`,
    );
  }));

test("what changed is marked, and not by its colour alone", () =>
  show("host", { step: 18 }, async (page) => {
    const step = host.steps[17];
    assert.ok(step);
    const rows = await page.$$eval("#step .registers tbody tr", (all) =>
      all.map((row) => ({
        name: row.getAttribute("data-register"),
        before: row.children[2]?.textContent,
        after: row.children[3]?.textContent,
        changed: row.querySelector("[role=img]")?.getAttribute("aria-label") === "changed",
      })),
    );
    assert.equal(rows, registerRows(step));
    const executed = await page.$eval(
      "#step tr[aria-current=step]",
      (row) => row.textContent ?? "",
    );
    assert.match(executed, "▶0x7fffffffe00fsyscall0f 05");
  }));

test("the memory map shows what came and what went, and stays open", () =>
  show("scrub", {}, async (page) => {
    await noQuestions(page);
    const { steps } = recordings.scrub;
    const maps = steps.flatMap(({ kernel }, index) =>
      kernel?.memory ? [{ index, lines: kernel.memory }] : [],
    );
    const [before, after] = maps;
    assert.ok(before && after);
    const gone = before.lines.filter((line) => !after.lines.includes(line));
    for (let i = 0; i < after.index; i++) await press(page, "ArrowRight");
    const summary = () => page.$eval("#step summary", (each) => each.textContent ?? "");
    assert.match(await summary(), `Memory, 1 mapping: 0 new, ${gone.length} gone`);
    await page.click("#step summary");
    const rows = await page.$$eval("#step .memory tr", (all) => all.map((row) => row.textContent));
    assert.equal(rows, [...after.lines, ...gone.map((line) => `−${line}`)]);
    await press(page, "ArrowRight");
    assert.ok(await page.$eval("#step .memory", (table) => table.checkVisibility()));
    assert.is(await summary(), "Memory, 1 mapping");
  }));

test("before a decisive step it asks, and hides the outcome until one answers", () =>
  show("host", {}, async (page) => {
    const [question] = host.questions;
    assert.ok(question);
    const step = host.steps[question.step];
    assert.ok(step);
    await page.evaluate(
      (hash) => {
        location.hash = hash;
      },
      `step=${question.step + 1}`,
    );
    await page.waitForSelector(".choices");
    const article = () => page.$eval("#step", (each) => each.textContent ?? "");
    const asked = await article();
    assert.match(asked, question.text);
    assert.not.match(asked, step.title);
    assert.not.match(asked, step.why);
    assert.not.match((await shown(page)).slider, step.title);
    const shape = `#picture a[href='#step=${question.step + 1}'] use`;
    const isSeen = () => page.$eval(shape, (use) => getComputedStyle(use).visibility === "visible");
    assert.not(await isSeen());
    await page.waitForFunction(() =>
      document.querySelector("#announcer")?.textContent?.includes("question"),
    );
    // Nobody has to answer to go on.
    await press(page, "ArrowRight");
    assert.is(await numberShown(page), question.step + 2);
    await press(page, "ArrowLeft");
    const wrong = (question.answer + 1) % question.choices.length;
    await page.focus(`.choices li:nth-child(${wrong + 1}) button`);
    await page.keyboard.press("Enter");
    const answered = await article();
    for (const text of [
      "Not so",
      question.choices[question.answer] ?? "",
      question.because,
      step.title,
    ]) {
      assert.ok(answered.includes(text), text);
    }
    assert.ok(await isSeen());
    assert.is(await page.evaluate(() => document.activeElement?.id), "step-title");
    assert.match(
      await page.$eval("#announcer", (each) => each.textContent ?? ""),
      question.because,
    );
  }));

test("a right answer is told to be right, and who wants to be shown is shown", () =>
  show("host", {}, async (page) => {
    const [, second, third] = host.questions;
    assert.ok(second && third);
    const goTo = async (index: number) => {
      await page.evaluate(
        (hash) => {
          location.hash = hash;
        },
        `step=${index + 1}`,
      );
      await page.waitForSelector(".choices");
    };
    const verdict = () => page.$eval(".verdict", (each) => each.textContent ?? "");
    await goTo(second.step);
    await page.click(`.choices li:nth-child(${second.answer + 1}) button`);
    assert.match(await verdict(), "= Right:");
    await goTo(third.step);
    await page.click("#step .plain");
    assert.match(await verdict(), "The answer:");
    assert.is((await shown(page)).title, host.steps[third.step]?.title);
  }));

pages.run();

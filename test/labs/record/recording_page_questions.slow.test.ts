import type { Page } from "puppeteer-core";
import * as assert from "uvu/assert";
import { beginReading, choiceOrder } from "../../../src/labs/record/reading.ts";
import {
  announced,
  numberShown,
  PageSuite,
  press,
  shown,
  textOf,
} from "../../support/recording_page_suite.ts";
import { recordingOf } from "../../support/recordings.ts";

const host = await recordingOf("host");
const walked = new PageSuite("recording page: answering its questions in a browser", { host });
const { pages, test } = walked;
const show: PageSuite["show"] = (...args) => walked.show(...args);

/** The order in which the page shows the choices of a question. */
async function orderOf(page: Page, question: number): Promise<number[]> {
  const key = `stublab.reading/1:${host.scenario}`;
  const kept = await page.evaluate((name) => localStorage.getItem(name), key);
  return choiceOrder(beginReading(host, -1, JSON.parse(kept ?? "{}").seed), question);
}

test("before a decisive step it asks, and nothing tells the outcome until one answers", () =>
  show("host", { step: 1 }, async (page) => {
    const [question] = host.questions;
    assert.ok(question);
    const step = host.steps[question.step];
    assert.ok(step);
    for (let i = 0; i < 60; i++) await press(page, "ArrowRight");
    await press(page, "End");
    assert.is(await numberShown(page), question.step + 1);
    assert.match(await textOf(page, "#message"), "1 to 3 answer the question");
    const told = await page.$$eval("#step, #later, #ending, tr:not(.future) .told", (all) =>
      all.flatMap((part) => (part.checkVisibility() ? [part.textContent] : [])).join(" "),
    );
    assert.match(told, question.text);
    assert.match(told, "Steps that you have not reached yet");
    for (const secret of [step.title, step.why, question.because, "It ended as it must"]) {
      assert.not.match(told, secret);
    }
    assert.is((await page.$$(".strip g .glyph")).length, question.step);
    assert.ok(await page.$(".registers"), "registers stay");
    assert.ok(await page.$(".listing"), "code stays");
    await announced(page, "a question");

    const order = await orderOf(page, 0);
    const wrong = order.findIndex((choice) => choice !== question.answer);
    await page.keyboard.press(`${wrong + 1}` as "1");
    const answered = await textOf(page, "#step");
    const choice = question.choices[order[wrong] ?? -1] ?? "";
    const reply = question.replies[order[wrong] ?? -1] ?? "";
    const right = question.choices[question.answer] ?? "";
    for (const text of ["Not so", choice, reply, right, question.because, step.title]) {
      assert.ok(answered.includes(text), text);
    }
    assert.is((await page.$$(".strip g .glyph")).length, question.step + 1);
    await announced(page, question.because);
    assert.is(await textOf(page, "#export"), "0 of 1 right");
    await page.keyboard.press("a");
    assert.ok(await page.$(".choices"), "it asks again");
  }));

test("an answer by the keyboard alone; it is kept, and so is the order of choices", () =>
  show("host", { step: 1 }, async (page) => {
    const [first, second] = host.questions;
    assert.ok(first && second);
    await press(page, "End");
    const order = await orderOf(page, 0);
    for (let i = 0; i <= order.indexOf(first.answer); i++) await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    assert.match(await textOf(page, ".verdict"), "✓ Right:");
    assert.is(await page.evaluate(() => document.activeElement?.id), "step-title");
    await press(page, "End");
    assert.is(await numberShown(page), second.step + 1);
    await page.keyboard.press("s");
    assert.match(await textOf(page, ".verdict"), "The answer:");
    assert.is((await shown(page)).title, host.steps[second.step]?.title);
    await page.reload();
    assert.is(await textOf(page, "#export"), "1 of 1 right");
    assert.equal(await orderOf(page, 0), order);
    await press(page, "End");
    assert.is(await numberShown(page), (host.questions[2]?.step ?? 0) + 1);

    await page.evaluate(() => {
      const make = URL.createObjectURL;
      URL.createObjectURL = (content) => {
        Object.assign(window, { saved: content });
        return make(content);
      };
    });
    await page.click("#export");
    const saved: unknown = JSON.parse(
      await page.evaluate(() => {
        const content: unknown = Reflect.get(window, "saved");
        return content instanceof Blob ? content.text() : "";
      }),
    );
    const kept = await page.evaluate(
      (name) => localStorage.getItem(name),
      "stublab.reading/1:host",
    );
    const lessons = { host: JSON.parse(kept ?? "") };
    assert.equal(saved, { schema: "stublab.progress/1", lessons });
    assert.is(lessons.host.right, 1);
  }));

pages.run();

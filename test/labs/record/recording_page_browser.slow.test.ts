// Time limit: 120 s

import type { Page } from "puppeteer-core";
import { eventsOf, startOf } from "../../../src/labs/record/event.ts";
import { beginReading, choiceOrder } from "../../../src/labs/record/reading.ts";
import {
  announced,
  dontAsk,
  numberShown,
  PageSuite,
  press,
  shown,
  textOf,
  walkFrom,
} from "../../support/recording_page_suite.ts";

const host = await recordingOf("host");
const grandchild = await recordingOf("grandchild");
const recordings = {
  host,
  grandchild,
  scrub: await recordingOf("scrub"),
  cascade: await recordingOf("cascade"),
};
const walked = new PageSuite("recording page in a browser", recordings);
const { pages, test, browser } = walked;
const show: PageSuite["show"] = (...args) => walked.show(...args);

test("goes by events and by steps, forwards and backwards", () =>
  show("host", {}, async (page) => {
    await dontAsk(page);
    const { steps, introduction } = host;
    const events = eventsOf(host);
    const [first = 0, second = 0] = events;
    const last = steps.length - 1;
    for (const [key, index, number] of [
      ["ArrowRight", first, "1"],
      [",", first - 1, "1"],
      ["ArrowRight", first, "1"],
      ["ArrowRight", second, "2"],
      ["ArrowLeft", first, "1"],
      ["End", steps.length, "end"],
      ["ArrowLeft", last, `${events.length}`],
      [",", last - 1, `${events.length}`],
      [".", last, `${events.length}`],
      ["Home", -1, "–"],
      [".", 0, "1"],
    ] as const) {
      await press(page, key);
      const { lane, title } = steps[index] ?? {};
      const inside = title === undefined || events.includes(index) ? "" : `, step ${index + 1}`;
      const place = `${number} / ${events.length}${inside}`;
      const told = index < 0 ? introduction[0] : (title ?? "The end");
      const seen = await shown(page);
      assert.equal([seen.place, seen.title], [place, told], key);
      if (title === undefined) continue;
      assert.is(seen.slider, `Step ${index + 1} of ${steps.length}, ${lane}: ${title}`, key);
    }
  }));

test("the crux is the heading of the introduction; one button leads to the deed's question", () =>
  show("host", {}, async (page) => {
    const asked = host.questions.find(({ deed }) => deed !== "");
    assert.is((await shown(page)).title, host.introduction[0]);
    await page.locator(".begins button:last-child").click();
    assert.is(await page.$eval(".choices", (list) => list.children.length), asked?.choices.length);
    assert.match(await page.$eval("#step", ({ textContent }) => textContent), asked?.text ?? "");
    await press(page, "Home");
    await page.keyboard.press("x");
    assert.match(await page.$eval("#step", ({ textContent }) => textContent), asked?.text ?? "");
  }));

test("the steps are a slider; dragged forward, it stops at a question", () =>
  show("host", { step: 4 }, async (page) => {
    const line = await (await page.$("#scrub"))?.boundingBox();
    assert.ok(line);
    await page.mouse.click(line.x + line.width - 10, line.y + 10);
    assert.is(await numberShown(page), (host.questions[1]?.step ?? 0) + 1);
    await page.waitForSelector(".choices");
    await page.mouse.click(line.x + (line.width / host.steps.length) * 7.5, line.y + 10);
    assert.is(await numberShown(page), 8);
    await page.waitForFunction(() => location.hash === "#step=8");
    await page.focus("#scrub");
    await press(page, "ArrowRight");
    const next = eventsOf(host).find((event) => event > 7) ?? 0;
    assert.is(await numberShown(page), next + 1);
  }));

test("a step is announced once one stays there", () =>
  show("host", { step: 1 }, async (page) => {
    await dontAsk(page);
    await announced(page, "Step 1 of");
    // In one turn of the page: however slow the machine, nobody stays at a step in between.
    await page.$eval("[data-key='.']", (button) => {
      const heard: string[] = [];
      const status = document.querySelector("#announcer");
      if (status === null || !(button instanceof HTMLElement)) return;
      const options = { childList: true, characterData: true, subtree: true };
      new MutationObserver(() => heard.push(status.textContent ?? "")).observe(status, options);
      Object.assign(window, { heard });
      for (let i = 0; i < 17; i++) button.click();
    });
    await announced(page, "Step 18 of");
    const heard: unknown = await page.evaluate(() => Reflect.get(window, "heard"));
    const step = host.steps[17];
    const names = new Moments(host).changedAt(17).map(({ name }) => name);
    assert.equal(heard, [
      `Step 18 of ${host.steps.length}, ${step?.lane}: ${step?.title}. Changed: ${names.join(", ")}.`,
    ]);
  }));

test("a link leads to a step, when the page is loaded and when it is there", () =>
  show("host", { step: 18 }, async (page) => {
    assert.is((await shown(page)).title, host.steps[17]?.title);
    const arrow = host.arrows.find(({ kind }) => kind === "signal");
    assert.ok(arrow);
    await walkFrom(page, arrow.to + 1);
    await page.click(`#step a[href='#step=${arrow.from + 1}']`);
    // The browser reports a new address after the click.
    await page.waitForFunction(() => document.activeElement?.id === "step-title");
    assert.is(await numberShown(page), arrow.from + 1);
    for (const bad of ["step=0", "step=9999999", "step=1e1", "step=", "x"]) {
      await page.evaluate((hash) => {
        location.hash = hash;
      }, bad);
    }
    assert.is(await numberShown(page), arrow.from + 1);
  }));

for (const place of [".stage", ".changed[data-name=rdi]"]) {
  test(`what an event has changed leads to the step that changed it: ${place}`, () =>
    show("host", {}, async (page) => {
      const [moments, events] = [new Moments(host), eventsOf(host)];
      const changeAt = (event: number) =>
        moments.changedAt(event, startOf(events, event)).find(({ name }) => name === "rdi");
      const event = events.find((each) => (changeAt(each)?.by ?? each) < each) ?? -1;
      const number = (changeAt(event)?.by ?? -1) + 1;
      await walkFrom(page, event + 1);
      await page.$eval(`${place} a[href='#step=${number}']`, (link) => {
        if (link instanceof SVGElement || link instanceof HTMLElement) link.focus();
      });
      await page.keyboard.press("Enter");
      await page.waitForFunction(
        (step) => document.querySelector("#scrub")?.ariaValueText?.startsWith(step),
        {},
        `Step ${number} of`,
      );
    }));
}

/** What one sees, hidden parts excluded. */
const seenText = (page: Page) =>
  page.evaluate(() => {
    const selection = getSelection();
    selection?.selectAllChildren(document.body);
    const text = `${selection}`;
    selection?.removeAllRanges();
    return text;
  });

/** Whether a part under the stage is open. */
const isOpen = (page: Page, kind: string) =>
  page.$eval(`.fold.${kind}`, (fold) => fold.hasAttribute("open"));

test("code and registers open at the steps that need them, and stay as the reader wants them", () =>
  show("grandchild", {}, async (page) => {
    const { steps } = grandchild;
    const instruction = steps.findIndex(({ kind }) => kind === "instruction");
    const request = steps.findIndex(({ title }) => title.startsWith("ptrace(PTRACE_GETREGS"));
    await walkFrom(page, instruction + 1);
    assert.ok(await isOpen(page, "code"));
    assert.match(
      await textOf(page, "[aria-current=step]"),
      String(steps[instruction]?.title.split(" ")[0]),
    );
    await walkFrom(page, request + 1);
    assert.not.ok(await isOpen(page, "code"));
    await page.click(".fold.code summary");
    await page.click(".fold.values summary");
    await walkFrom(page, instruction + 1);
    await walkFrom(page, request + 1);
    assert.equal([await isOpen(page, "code"), await isOpen(page, "values")], [true, true]);
    const told = await textOf(page, "[data-name=r15]");
    assert.match(told, `= ${grandchild.lanes[1]?.pid} master`);
  }));

test("the stage stays in its place, and nothing live is shown of a dead process", () =>
  show("cascade", {}, async (page) => {
    const { steps } = recordings.cascade;
    const places = new Set<string>();
    for (const [i] of steps.entries()) {
      await walkFrom(page, i + 1);
      const heights = [".theatre", ".bar"].map((part) =>
        page.$eval(part, (each) => `${each.getBoundingClientRect().top}`),
      );
      places.add((await Promise.all(heights)).join());
    }
    assert.is(places.size, 1, [...places].join(" "));
    const end = steps.findIndex(({ kind }) => kind === "exit");
    await walkFrom(page, end + 1);
    assert.equal(await page.$$(".fold.values, .fold.code"), []);
  }));

test("a step that changes the memory map has it", () =>
  show("scrub", {}, async (page) => {
    const { steps } = recordings.scrub;
    const at = steps.findLastIndex(({ kernel }) => kernel?.memory);
    await walkFrom(page, at + 1);
    const rows = await page.$$eval(".memory .mono", (all) => all.map((row) => row.textContent));
    assert.equal(rows, steps[at]?.kernel?.memory);
  }));

test("a word of the glossary is explained where it stands", () =>
  show("host", {}, async (page) => {
    const seen = () =>
      page.$$eval(".explained", (all) => all.filter((each) => each.checkVisibility()).length);
    assert.is(await seen(), 0);
    await page.focus(".gloss");
    await page.keyboard.press("Enter");
    assert.is(await seen(), 1);
    const words = await page.$$eval(".gloss", (all) => all.map((each) => each.textContent));
    assert.is(new Set(words).size, words.length);
  }));

test("what moves stands still for who prefers that, and for who goes backwards", async () => {
  const birth = grandchild.arrows.find(({ kind }) => kind === "clone")?.to ?? 0;
  const moving = (page: Page) =>
    page.$eval(".theatre", (stage) => stage.getAnimations({ subtree: true }).length);
  await show("grandchild", { motion: true }, async (page) => {
    await walkFrom(page, birth + 1);
    assert.ok((await moving(page)) > 0);
    await press(page, "ArrowRight");
    await press(page, "ArrowLeft");
    assert.is(await moving(page), 0);
  });
  await show("grandchild", {}, async (page) => {
    await walkFrom(page, birth + 1);
    assert.is(await moving(page), 0);
  });
});

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
    assert.match(await textOf(page, "#message"), "answer the question");
    assert.ok(await page.$("#ending.future"));
    const told = await textOf(page, "#step");
    assert.ok(told.includes(question.text.replaceAll("`", "")));
    for (const secret of [step.title, step.why, question.because]) {
      assert.not.match(told, secret);
    }
    await announced(page, "a question");
    assert.equal(await page.$$(".asks.wrong, .asks.right"), []);

    const order = await orderOf(page, 0);
    const wrong = order.findIndex((choice) => choice !== question.answer);
    await page.keyboard.press(`${wrong + 1}` as "1");
    const answered = (await textOf(page, "#step")).replaceAll("`", "");
    const choice = question.choices[order[wrong] ?? -1] ?? "";
    const reply = question.replies[order[wrong] ?? -1] ?? "";
    const right = question.choices[question.answer] ?? "";
    for (const text of ["Not so", choice, reply, right, question.because, step.title]) {
      assert.ok(answered.includes(text.replaceAll("`", "")), text);
    }
    await announced(page, question.because.replaceAll("`", ""));
    assert.is(await textOf(page, "#score"), "0 of 1 right");
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
    await page.keyboard.press("s");
    assert.match(await textOf(page, ".verdict"), "The answer:");
    assert.is((await shown(page)).title, host.steps[second.step]?.title);
    await page.reload();
    assert.is(await textOf(page, "#score"), "1 of 1 right");
    assert.equal(await orderOf(page, 0), order);
    await press(page, "End");
    assert.is(await numberShown(page), (host.questions[2]?.step ?? 0) + 1);
  }));

test("the end leads on: to the tasks of the lesson", () =>
  show("host", {}, async (page) => {
    await dontAsk(page);
    await press(page, "End");
    const end = await textOf(page, "#step");
    assert.match(end, "Repair it: npx stublab lesson task repair-stub");
  }));

test("on paper it is a work sheet without answers", () =>
  show("host", { medium: "print" }, async (page) => {
    await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
    const told = await seenText(page);
    for (const { text, choices, because } of host.questions) {
      for (const part of [text, ...choices])
        assert.ok(told.includes(part.replaceAll("`", "")), part);
      assert.not.match(told, because);
    }
    assert.is((await page.$$("#paper .stage")).length, host.questions.length);
  }));

for (const name of ["host", "cascade"] as const) {
  for (const [scheme, width] of [
    ["light", 1200],
    ["dark", 400],
  ] as const) {
    test(`axe finds nothing to complain of (${name}, ${scheme})`, () =>
      show(name, { scheme, width }, async (page) => {
        assert.equal(await complaints(page), [], "at the introduction");
        await press(page, "End");
        assert.equal(await complaints(page), [], "at a question");
        await page.click(".choices button");
        await page.evaluate(() => {
          for (const details of document.querySelectorAll("details")) details.open = true;
        });
        assert.equal(await complaints(page), [], "at its answer");
        await dontAsk(page);
        await page.keyboard.press("End");
        assert.equal(await complaints(page), [], "at the end");
      }));
  }
}

test("without its script it says what to do", () =>
  show("host", { script: false }, async (page) => {
    assert.match(await textOf(page, "main"), "npx stublab lesson host");
    assert.is(await page.$eval("#app p", (part) => part.checkVisibility()), true);
  }));

test("it asks for nothing, and where nothing can be kept, it works all the same", () =>
  browser.show("about:blank", {}, async (page, { messages, requests }) => {
    await page.evaluateOnNewDocument(() =>
      Object.defineProperty(window, "localStorage", {
        get: () => {
          throw new DOMException("forbidden", "SecurityError");
        },
      }),
    );
    await page.goto(walked.urlOf("host"));
    await page.keyboard.press("End");
    await page.keyboard.press("1");
    await page.waitForSelector(".verdict");
    assert.equal(messages, []);
    const asked = requests.filter((url) => !/^(about|data):/.test(url));
    assert.equal(asked, [walked.urlOf("host")]);
  }));

pages.run();

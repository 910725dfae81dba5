// Time limit: 240 s

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import axe from "axe-core";
import type { Page } from "puppeteer-core";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { BlockAllocator, registerLayout } from "../src/encoder/block.ts";
import { openEncoder } from "../src/encoder/open.ts";
import { hex } from "../src/errors.ts";
import type { Recording } from "../src/record/recording.ts";
import { renderRecordingPage } from "../src/record/view/page/page.ts";
import { registerRows } from "../src/record/view/told.ts";
import { type Behaviour, CHROMIUM, TestBrowser, type View } from "./browser.ts";
import { hostile, prolonged } from "./page_recordings.ts";
import { recordingOf } from "./recordings.ts";

const pages = suite("recording page in a browser");
const test = CHROMIUM === undefined ? pages.skip : pages;
if (CHROMIUM === undefined) {
  console.log(
    "no Chromium in /usr/bin/chromium: set CHROMIUM to where it is, or these are skipped",
  );
}

const host = await recordingOf("host");
const recordings: Readonly<Record<string, Recording>> = {
  host,
  grandchild: await recordingOf("grandchild"),
  cascade: await recordingOf("cascade"),
  scrub: await recordingOf("scrub"),
  hostile: hostile(host),
  long: prolonged(host, 100_000),
};
const NAMES = Object.keys(recordings);

const browser = new TestBrowser();
const urlOf = (name: string) => pathToFileURL(join(browser.folder, `${name}.html`)).href;

pages.before(async () => {
  for (const [name, recording] of Object.entries(recordings)) {
    writeFileSync(join(browser.folder, `${name}.html`), renderRecordingPage(recording));
  }
  if (CHROMIUM !== undefined) await browser.start();
});

pages.after(() => browser.stop());

/** Shows a page, from a step on where one is given. */
function show(
  name: string,
  view: View & { readonly step?: number },
  use: (page: Page, behaviour: Behaviour) => Promise<void>,
): Promise<void> {
  const { step, ...rest } = view;
  return browser.show(`${urlOf(name)}${step === undefined ? "" : `#step=${step}`}`, rest, use);
}

/** What is shown of a step. */
const shown = (page: Page) =>
  page.evaluate(() => ({
    place: document.querySelector("#place")?.textContent ?? "",
    title: document.querySelector("#step-title")?.textContent ?? "",
    slider: document.querySelector("#scrub")?.getAttribute("aria-valuetext") ?? "",
  }));

/** The number of the step that is shown, from 1. */
const numberShown = async (page: Page) => Number((await shown(page)).place.split(" ")[0]);

const noQuestions = (page: Page) => page.click("#ask");

async function press(
  page: Page,
  key: "ArrowLeft" | "ArrowRight" | "Home" | "End" | "[" | "]" | "?",
  shift = false,
) {
  if (shift) await page.keyboard.down("Shift");
  await page.keyboard.press(key);
  if (shift) await page.keyboard.up("Shift");
}

for (const name of NAMES) {
  test(`asks for nothing but itself, says nothing, and is soon there (${name})`, () =>
    show(name, {}, async (page, behaviour) => {
      await page.waitForSelector("#encoder-result tr.changed");
      await noQuestions(page);
      for (let i = 0; i < 60; i++) await press(page, "ArrowRight");
      assert.equal(behaviour, { requests: [urlOf(name)], messages: [], dialogs: [] });
      const [mark] = await page.evaluate(() =>
        performance.getEntriesByName("interactive").map(({ startTime }) => startTime),
      );
      console.log(`  ${name}: interactive after ${Math.round(mark ?? -1)} ms`);
      // Of the 300 ms that it may take; a machine that does other things gets more.
      assert.ok(mark !== undefined && mark < 1500, `${mark} ms`);
    }));

  test(`does not scroll sideways in 400 pixels (${name})`, () =>
    show(name, { width: 400, step: 18 }, async (page) => {
      await page.waitForSelector("#encoder-result tr.changed");
      assert.is(await page.evaluate(() => document.documentElement.scrollWidth), 400);
    }));
}

/** What axe finds wrong, in short. */
async function complaints(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => axe.run());
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target }) => `${id}: ${target.join(" ")}`),
  );
}

for (const name of ["host", "grandchild", "cascade", "hostile"]) {
  for (const scheme of ["light", "dark"] as const) {
    test(`axe finds nothing to complain of (${name}, ${scheme})`, () =>
      show(name, { scheme, step: 18 }, async (page) => {
        await page.waitForSelector("#encoder-result tr.changed");
        assert.equal(await complaints(page), [], "at a step, or at a question");
        await page.evaluate(() => {
          for (const details of document.querySelectorAll("details")) details.open = true;
        });
        const [question] = recordings[name]?.questions ?? [];
        await page.evaluate((step) => {
          location.hash = `step=${step + 1}`;
        }, question?.step ?? 0);
        await page.waitForSelector(".choices");
        assert.equal(await complaints(page), [], "at a question");
        await page.click(".choices button");
        assert.equal(await complaints(page), [], "at its answer");
        await press(page, "?");
        assert.equal(await complaints(page), [], "over the keys");
      }));
  }
}

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
    assert.is(await page.evaluate(() => Reflect.get(window, "copied")), `${urlOf("host")}#step=12`);
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
    const { steps } = recordings.scrub ?? host;
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

/** The registers that the panel shows: before, and after. */
const encoded = (page: Page) =>
  page.$$eval("#encoder-result tbody tr", (rows) =>
    rows.map((row) => ({
      name: row.getAttribute("data-register") ?? "",
      before: row.children[2]?.textContent ?? "",
      after: row.children[3]?.textContent ?? "",
      bits: row.children[4]?.textContent ?? "",
    })),
  );

const wordOf = (rows: Awaited<ReturnType<typeof encoded>>, name: string) =>
  rows.find((row) => row.name === name)?.after ?? "";

/** What the encoder of this process makes of the same. */
function expected(
  step: number,
  call: string,
  args: readonly bigint[],
  parent: number | null,
): Record<string, string> {
  const encoder = openEncoder("assembly");
  const blocks = new BlockAllocator(encoder);
  const [initial, block] = [blocks.allocate(), blocks.allocate()];
  const words = host.steps[step - 1]?.registers?.after ?? {};
  for (const [name, word] of Object.entries(words)) initial.set(name, BigInt(word));
  const [a = 0n, b = 0n, c = 0n, d = 0n, e = 0n, f = 0n] = args;
  const number = encoder.constants.get(`SYS_${call}`) ?? -1n;
  encoder.encodeSyscall(block.offset, initial.offset, number, a, b, c, d, e, f);
  if (parent !== null) encoder.encodeBootstrap(block.offset, parent);
  return Object.fromEntries(
    registerLayout(encoder).map(({ name }) => [name, hex(block.get(name))]),
  );
}

const afterOf = async (page: Page) =>
  Object.fromEntries((await encoded(page)).map(({ name, after }) => [name, after]));

test("the encoder in it encodes what stublab's does, beginning with the step's registers", () =>
  show("host", { step: 18 }, async (page) => {
    const { constants, encodeClone, encodeWaitOptions } = openEncoder("assembly");
    const flag = (name: string) => constants.get(name) ?? 0n;
    const pid = host.lanes.find(({ id }) => id === "master")?.pid ?? 0;
    await page.waitForSelector("#encoder-result tr.changed");
    const before = await encoded(page);
    assert.equal(
      Object.fromEntries(before.map((row) => [row.name, row.before])),
      host.steps[17]?.registers?.after,
    );
    const word = encodeClone(flag("CLONE_FILES"), Number(flag("SIGKILL")));
    assert.equal(await afterOf(page), expected(18, "clone", [word], pid));

    await page.click("input[name=CLONE_VM]");
    const after = await encoded(page);
    const changed = after.filter(
      ({ name }, i) => name !== "" && after[i]?.after !== before[i]?.after,
    );
    assert.equal(
      changed.map(({ name }) => name),
      ["rdi"],
    );
    const bits = BigInt(wordOf(after, "rdi")) ^ BigInt(wordOf(before, "rdi"));
    assert.is(bits, flag("CLONE_VM"));
    assert.ok(
      after
        .find(({ name }) => name === "rdi")
        ?.bits.split(" ")
        .includes("+8"),
    );

    await page.select("#encoder-form select", "wait4");
    await page.click("input[name=WNOHANG]");
    const options = encodeWaitOptions(flag("WNOHANG") | flag("WUNTRACED") | flag("__WALL"));
    assert.equal(await afterOf(page), expected(18, "wait4", [0n, 0n, options], pid));

    await page.select("#encoder-form select", "mmap");
    await page.$eval("input[name=rdx]", (field) => field.select());
    await page.type("input[name=rdx]", "PROT_READ|PROT_EXEC");
    await page.$eval("input[name=r8]", (field) => field.select());
    await page.type("input[name=r8]", "-1");
    await page.click("#encoder-form fieldset:last-child input[type=checkbox]");
    const args = [0n, 0n, 5n, 0n, -1n, 0n];
    assert.equal(await afterOf(page), expected(18, "mmap", args, null));
  }));

test("the encoder's refusals are shown, and what it cannot read", () =>
  show("host", {}, async (page) => {
    await page.waitForSelector("#encoder-result tr.changed");
    const status = () => page.$eval("#encoder-status", (each) => each.textContent ?? "");
    await page.click("input[name=CLONE_THREAD]");
    assert.match(await status(), "-EINVAL");
    assert.is(await page.$eval("input[name=rdi]", (field) => field.value), "-EINVAL");
    assert.is((await page.$$("#encoder-result tr.changed")).length, 0);
    await page.click("input[name=CLONE_THREAD]");
    assert.match(await status(), "registers change");
    await page.select("#encoder-form select", "wait4");
    await page.click("input[name=WEXITED]");
    assert.match(await status(), "-EINVAL");
    await page.select("#encoder-form select", "mmap");
    await page.$eval("input[name=rdx]", (field) => {
      field.value = "";
    });
    await page.type("input[name=rdx]", "PROT_REED");
    assert.match(await status(), "did you mean PROT_READ?");
    assert.is(
      await page.$eval("input[name=rdx]", (field) => field.getAttribute("aria-invalid")),
      "true",
    );
  }));

test("without WebAssembly the panel says so, and the rest works", () =>
  browser.show("about:blank", {}, async (page) => {
    await page.evaluateOnNewDocument(() => Reflect.deleteProperty(globalThis, "WebAssembly"));
    await page.goto(urlOf("host"));
    await page.waitForSelector("#encoder-panel .bad");
    assert.match(
      await page.$eval("#encoder-panel", (each) => each.textContent ?? ""),
      "cannot run here",
    );
    await press(page, "ArrowRight");
    assert.is(await numberShown(page), 2);
  }));

test("Tab comes to every control, and one sees where it is", () =>
  show("host", { step: 18 }, async (page) => {
    await page.waitForSelector("#encoder-result tr.changed");
    const missed = new Set(
      await page.$$eval("button, select, input, summary", (all) =>
        all
          .filter((each) => each.checkVisibility())
          .map((each, i) => {
            each.setAttribute("data-tab", String(i));
            return String(i);
          }),
      ),
    );
    await page.evaluate(() => document.querySelector<HTMLElement>("#content")?.focus());
    await page.evaluate(() => scrollTo(0, 0));
    await page.evaluate(() => document.querySelector<HTMLElement>(".skip")?.focus());
    for (let i = 0; i < 250 && missed.size > 0; i++) {
      const { at, outlined } = await page.evaluate(() => ({
        at: document.activeElement?.getAttribute("data-tab") ?? "",
        outlined: getComputedStyle(document.activeElement ?? document.body).outlineStyle !== "none",
      }));
      assert.ok(at === "" || outlined, `one does not see the focus on control ${at}`);
      missed.delete(at);
      await page.keyboard.press("Tab");
    }
    assert.is(missed.size, 0);
  }));

test("without its script it is a table, and a link leads to a row", () =>
  show("host", { script: false, step: 40 }, async (page) => {
    const seen = await page.evaluate(() => ({
      player: document.querySelector("#player")?.checkVisibility(),
      encoder: document.querySelector("#encoder")?.checkVisibility(),
      rows: document.querySelectorAll("tr[id^='step=']").length,
      target: document.querySelector(":target")?.id,
      top: document.querySelector(":target")?.getBoundingClientRect().top ?? -1,
    }));
    assert.ok(seen.top >= 0 && seen.top < 800);
    assert.equal(
      { ...seen, top: 0 },
      {
        player: false,
        encoder: false,
        rows: host.steps.length,
        target: "step=40",
        top: 0,
      },
    );
  }));

for (const name of NAMES) {
  // A4 within margins of 12 mm.
  test(`on paper it is the table, and nothing is cut off (${name})`, () =>
    show(name, { medium: "print", width: 702, scheme: "dark" }, async (page) => {
      const seen = await page.evaluate(() => ({
        wide: document.documentElement.scrollWidth,
        controls: [...document.querySelectorAll("#player, #encoder, button")].filter((each) =>
          each.checkVisibility(),
        ).length,
        table: document.querySelector("table.steps")?.checkVisibility(),
        paper: getComputedStyle(document.documentElement).backgroundColor,
      }));
      assert.equal(seen, { wide: 702, controls: 0, table: true, paper: "rgb(255, 255, 255)" });
    }));
}

pages.run();

// The page of schedules in a browser: what breaks without a precaution, a schedule on the stage, and puzzles.

import type { Page } from "puppeteer-core";
import { PUZZLES } from "../../src/cli/protocol/choice.ts";
import { renderProtocolPage } from "../../src/cli/protocol/page.ts";

const pages = suite("page of schedules in a browser");
const test = needs(pages, { chromium: CHROMIUM !== undefined });
const browser = new TestBrowser();
const file = join(browser.folder, "protocol.html");
const url = pathToFileURL(file).href;
const markup = renderProtocolPage();

pages.before(async () => {
  writeFileSync(file, markup);
  if (CHROMIUM !== undefined) await browser.start();
});
pages.after(() => browser.stop());

/** Until the model has answered. */
const ready = (page: Page) => page.waitForSelector("#bench:not([hidden]):not(.stale)");
const textOf = (page: Page, id: string) => page.$eval(`#${id}`, (each) => each.textContent ?? "");
const brokenIn = (page: Page) =>
  page.$$eval("#properties .broken", (all) => all.map((each) => each.firstChild?.textContent));
const click = async (page: Page, selector: string) => {
  await page.$eval(selector, (each) => (each instanceof HTMLElement ? each.click() : undefined));
  await ready(page);
};
/** Lets somebody run who begins so. */
const take = (page: Page, turn: string) =>
  page.$$eval(
    "#turns button",
    (all, turn) => {
      const told = (button: Element) =>
        [...button.children].slice(0, 2).map((each) => each.textContent);
      const found = all.find((button) => told(button).join(" ").startsWith(turn));
      if (found === undefined)
        throw new Error(`${turn} is not among ${all.map((each) => each.textContent)}`);
      found.click();
    },
    turn,
  );

test("it is small, and asks for nothing", () =>
  browser.show(url, {}, async (page, behaviour) => {
    await ready(page);
    assert.equal(behaviour, { requests: [url], messages: [], dialogs: [] });
    assert.ok(Buffer.byteLength(markup) < 300_000);
  }));

test("one precaution is missing at first, and a button shows how that goes wrong", () =>
  browser.show(url, {}, async (page) => {
    await ready(page);
    assert.equal(await brokenIn(page), ["no stub outlives the host"]);
    await click(page, "#show");
    assert.match(await textOf(page, "step"), /^1\. host: blocks all signals/);
    await page.waitForFunction(() => document.querySelector("#place")?.textContent === "2 / 8");
    await click(page, "#last");
    assert.match(
      await textOf(page, "step"),
      /^8\. host: takes SIGKILL→ host has ended→ the parent of stub is init.*T50/,
    );
    const caption = await page.$eval(".stage", (each) => each.getAttribute("aria-label"));
    assert.is(caption, "host: zombie; stub: stopped by a signal; outside: has acted");
  }));

test("properties turn as one switches, and the link keeps the choice and the step", () =>
  browser.show(url, {}, async (page) => {
    await ready(page);
    await click(page, "input[name=prctl]");
    assert.equal(await brokenIn(page), []);
    await click(page, "input[name=rip]");
    assert.equal(await brokenIn(page), [
      "the host keeps a stub only at its self-stop, with its initial registers",
    ]);
    await page.select("#acts", "2");
    await ready(page);
    assert.is((await brokenIn(page)).length, 2);
    await click(page, "#properties li:nth-child(3) button");
    await click(page, "#last");
    const seen = async () => [
      await textOf(page, "step"),
      await textOf(page, "place"),
      await brokenIn(page),
    ];
    const before = await seen();
    assert.match(before.join(), "setMask, src/core/stub/tracee.ts");
    const link = await page.evaluate(() => location.href);
    await page.goto("about:blank");
    await page.goto(link);
    await ready(page);
    assert.equal(await seen(), before);
  }));

test("a puzzle is solved by choosing who runs next, also by keys, and is marked", () =>
  browser.show(url, {}, async (page) => {
    await ready(page);
    await click(page, "#puzzles button:nth-of-type(3)");
    assert.is(await page.$$eval(".choices :is(input, select):enabled", (all) => all.length), 0);
    await take(page, "host clone");
    // ^Z is the last of the turns.
    const keys = await page.$$eval("#turns kbd", (all) =>
      all.map((each) => each.textContent ?? ""),
    );
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("ArrowRight");
    assert.is(await textOf(page, "place"), "1 / 1");
    assert.is(keys.at(-1), "3");
    await page.keyboard.press("3");
    assert.match(await textOf(page, "count"), /^The shortest solution has 3 steps/);
    await take(page, "stub takes SIGTSTP");
    assert.is(await textOf(page, "count"), "Broken, in 3 steps. No order is shorter.");
    const done = () => page.$$eval("#puzzles .done", (all) => all.map((each) => each.textContent));
    assert.equal(await done(), ["2. Ctrl+Z"]);
    await page.reload();
    await ready(page);
    assert.equal(await done(), ["2. Ctrl+Z"]);
  }));

for (const [i, { title }] of PUZZLES.entries())
  test(`the solution of puzzle ${i + 1}, ${title}, can be shown`, () =>
    browser.show(`${url}#puzzle=${i + 1}`, {}, async (page) => {
      await ready(page);
      await click(page, "#solve");
      await click(page, "#last");
      assert.match(await textOf(page, "count"), /^Broken, in \d+ steps\. No order is shorter\.$/);
    }));

test("a link with an unknown name or an impossible move, and a browser without WebAssembly, say so", () =>
  browser.show(`${url}#omit=foo`, {}, async (page) => {
    await page.waitForFunction(() => document.querySelector("#failure")?.textContent !== "");
    assert.match(await textOf(page, "failure"), 'unknown step "foo"');
    await page.goto(`${url}?#moves=8.8.99`);
    await page.waitForFunction(() => document.querySelector("#failure")?.textContent !== "");
    assert.match(await textOf(page, "failure"), "move 99 is not possible after 2 moves");
    await page.evaluateOnNewDocument(() => Reflect.deleteProperty(globalThis, "WebAssembly"));
    await page.goto(`${url}?again`);
    await page.waitForFunction(() => document.querySelector("#failure")?.textContent !== "");
  }));

// Time limit: 180 s

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Page } from "puppeteer-core";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { renderComparePage } from "../../../src/labs/compare/page/page.ts";
import { CHROMIUM, TestBrowser } from "../../support/browser.ts";
import { COMMAND, disagreement, HOSTILE, hostility } from "../../support/compare_reports.ts";

const pages = suite("compare page in a browser");
const test = CHROMIUM === undefined ? pages.skip : pages;

const markup = {
  disagreement: renderComparePage(await disagreement(), COMMAND),
  hostility: renderComparePage(await hostility(), HOSTILE.join(" ")),
};
type Name = keyof typeof markup;
const NAMES = ["disagreement", "hostility"] as const;

const browser = new TestBrowser();
const urlOf = (name: Name) => pathToFileURL(join(browser.folder, `${name}.html`)).href;

pages.before(async () => {
  for (const name of NAMES) writeFileSync(join(browser.folder, `${name}.html`), markup[name]);
  if (CHROMIUM !== undefined) await browser.start();
});

pages.after(() => browser.stop());

/** The text of what has the focus. */
const focused = (page: Page) =>
  page.evaluate(() => ({ text: document.activeElement?.textContent ?? "" }));

test("the first Tab offers to skip to the results", () =>
  browser.show(urlOf("disagreement"), {}, async (page) => {
    await page.keyboard.press("Tab");
    assert.is((await focused(page)).text, "Skip to the results");
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => document.activeElement?.localName === "main");
    await page.keyboard.press("Tab");
    assert.match((await focused(page)).text, "≠");
  }));

const filtered = (page: Page) =>
  page.evaluate(() => ({
    status: document.querySelector("#filtered")?.textContent ?? "",
    cards: [...document.querySelectorAll<HTMLElement>("article[data-operation]")]
      .filter((card) => card.checkVisibility())
      .map((card) => card.dataset.operation ?? ""),
    groups: [...document.querySelectorAll(".group")].filter((group) => group.checkVisibility())
      .length,
  }));

/** Presses Tab until the element that `selector` finds has the focus. */
async function tabTo(page: Page, selector: string): Promise<void> {
  for (let i = 0; i < 200; i++) {
    if (await page.evaluate((one) => document.activeElement?.matches(one) ?? false, selector))
      return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`Tab does not come to ${selector}`);
}

test("the filter works by keyboard, and says how many are left", () =>
  browser.show(urlOf("disagreement"), {}, async (page) => {
    const before = await filtered(page);
    assert.is(before.status, `${before.cards.length} disagreements`);
    assert.is(await page.$eval("#filtered", (status) => status.getAttribute("role")), "status");
    await tabTo(page, "select[name=operation]");
    await page.keyboard.type("clone");
    const after = await filtered(page);
    assert.ok(after.cards.length > 0 && after.cards.length < before.cards.length);
    assert.ok(after.cards.every((operation) => operation === "clone"));
    assert.is(after.status, `${after.cards.length} of ${before.cards.length} disagreements`);
    assert.ok(after.groups < before.groups);
    await tabTo(page, "select[name=arch]");
    await page.keyboard.type("arm");
    assert.match((await filtered(page)).status, /^0 of /);
    await tabTo(page, "#filter button");
    await page.keyboard.press("Enter");
    assert.equal(await filtered(page), before);
  }));

test("the filter finds an encoder with a hostile name", () =>
  browser.show(urlOf("hostility"), {}, async (page) => {
    const all = (await filtered(page)).cards.length;
    const options = await page.$$eval("select[name=encoder] option", (each) => each.length);
    let sum = 0;
    for (let i = 1; i < options; i++) {
      const value = await page.$eval(
        `select[name=encoder] option:nth-child(${i + 1})`,
        (option) => option.getAttribute("value") ?? "",
      );
      await page.select("select[name=encoder]", value);
      sum += (await filtered(page)).cards.length;
    }
    assert.ok(options > 2);
    assert.is(sum, all);
  }));

const copied = (page: Page) => page.$eval("#copied", (status) => status.textContent ?? "");

for (const clipboard of [true, false]) {
  const how = clipboard ? "" : ", even where scripts have no clipboard";
  test(`a command is copied by keyboard as it is shown, and that is announced${how}`, () =>
    browser.show("about:blank", {}, async (page) => {
      if (!clipboard) {
        await page.evaluateOnNewDocument(() =>
          Object.defineProperty(navigator, "clipboard", { value: undefined }),
        );
      }
      await page.goto(urlOf("disagreement"));
      await tabTo(page, "article button");
      await page.keyboard.press("Enter");
      await page.waitForFunction(() => document.querySelector("#copied")?.textContent !== "");
      assert.match(await copied(page), /^Copied the replay of encodeSyscall block\./);
      const { text } = await focused(page);
      assert.match(text, /^Copied the replay of /);
      const shown = await page.evaluate(
        () => document.activeElement?.parentElement?.querySelector("code")?.textContent ?? "",
      );
      assert.match(
        shown,
        /^stublab compare .\/swapped.mjs --arch amd64 --operation encodeSyscall --case '/,
      );
      assert.is(await pasted(page), shown);
    }));
}

/** What the clipboard holds: pasted into a field that the page does not have. */
async function pasted(page: Page): Promise<string> {
  await page.evaluate(() => {
    const area = document.createElement("textarea");
    document.body.prepend(area);
    area.focus();
  });
  await page.keyboard.down("Control");
  await page.keyboard.press("v");
  await page.keyboard.up("Control");
  await page.waitForFunction(() => document.querySelector("textarea")?.value !== "");
  return page.$eval("textarea", (area) => area.value);
}

/** Waits until a link has led to something that one sees; answers its id. */
async function target(page: Page): Promise<string> {
  await page.waitForFunction(() => {
    const found = document.querySelector(":target");
    const top = found?.checkVisibility() ? found.getBoundingClientRect().top : -1;
    return top >= 0 && top < innerHeight;
  });
  return page.$eval(":target", ({ id }) => id);
}

test("a link leads to one disagreement, filtered out or not", () =>
  browser.show(urlOf("disagreement"), {}, async (page) => {
    const ids = await page.$$eval("article[data-operation]", (all) => all.map(({ id }) => id));
    const last = ids.at(-1) ?? "";
    await page.goto(`${urlOf("disagreement")}#${last}`);
    assert.is(await target(page), last);
    await page.select("select[name=operation]", "layout");
    assert.not(await page.$eval(`#${last}`, (card) => card.checkVisibility()));
    const link = ".matrix td.differs a";
    const href = await page.$eval(link, (each) => each.getAttribute("href"));
    await page.click(link);
    await page.waitForFunction((hash) => location.hash === hash, {}, href);
    assert.is(`#${await target(page)}`, href);
    await page.select("select[name=operation]", "layout");
    await page.evaluate((hash) => {
      location.hash = hash;
    }, last);
    await page.waitForFunction((hash) => location.hash === `#${hash}`, {}, last);
    assert.is(await target(page), last);
    assert.not.match((await filtered(page)).status, " of ");
  }));

pages.run();

// Time limit: 180 s

import type { Page } from "puppeteer-core";
import { renderComparePage } from "../../../src/labs/compare/page.ts";
import { COMMAND, disagreement } from "../../support/compare_reports.ts";

const pages = suite("compare page in a browser");
const test = needs(pages, { chromium: CHROMIUM !== undefined });

const browser = new TestBrowser();
const file = join(browser.folder, "disagreement.html");
const url = pathToFileURL(file).href;

pages.before(async () => {
  writeFileSync(file, renderComparePage(await disagreement(), COMMAND));
  if (CHROMIUM !== undefined) await browser.start();
});

pages.after(() => browser.stop());

/** The text of what has the focus. */
const focused = (page: Page) =>
  page.evaluate(() => ({ text: document.activeElement?.textContent ?? "" }));

test("the first Tab offers to skip to the results", () =>
  browser.show(url, {}, async (page) => {
    await page.keyboard.press("Tab");
    assert.is((await focused(page)).text, "Skip to the results");
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => document.activeElement?.localName === "main");
    await page.keyboard.press("Tab");
    assert.match((await focused(page)).text, "./swapped.mjs: amd64");
  }));

/** Presses Tab until the element that `selector` finds has the focus. */
async function tabTo(page: Page, selector: string): Promise<void> {
  for (let i = 0; i < 200; i++) {
    if (await page.evaluate((one) => document.activeElement?.matches(one) ?? false, selector))
      return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`Tab does not reach ${selector}`);
}

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
      await page.goto(url);
      await tabTo(page, "article button");
      await page.keyboard.press("Enter");
      await page.waitForFunction(() => document.querySelector("#copied")?.textContent !== "");
      assert.match(
        await copied(page),
        /^Copied the command of .\/swapped.mjs: amd64 encodeSyscall block\./,
      );
      const { text } = await focused(page);
      assert.match(text, /^Copied the command of /);
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

/** Waits until a link has led to something visible; returns its id. */
async function target(page: Page): Promise<string> {
  await page.waitForFunction(() => {
    const found = document.querySelector(":target");
    const top = found?.checkVisibility() ? found.getBoundingClientRect().top : -1;
    return top >= 0 && top < innerHeight;
  });
  return page.$eval(":target", ({ id }) => id);
}

test("a cell that differs leads to its story", () =>
  browser.show(url, {}, async (page) => {
    const href = await page.$eval("td a.bad", (each) => each.getAttribute("href"));
    await page.click("td a.bad");
    await page.waitForFunction((hash) => location.hash === hash, {}, href);
    assert.is(`#${await target(page)}`, href);
  }));

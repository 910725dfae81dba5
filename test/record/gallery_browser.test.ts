// Time limit: 120 s

import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { renderGallery } from "../../src/record/view/gallery.ts";
import { CHROMIUM, TestBrowser } from "../support/browser.ts";
import { hostileExhibits, lessons } from "../support/gallery_exhibits.ts";
import { complaints } from "../support/recording_page_suite.ts";

const pages = suite("gallery in a browser");
const test = CHROMIUM === undefined ? pages.skip : pages;

const markup = {
  lessons: renderGallery(await lessons()),
  hostile: renderGallery(await hostileExhibits()),
};
const NAMES = ["lessons", "hostile"] as const;

const browser = new TestBrowser();
const urlOf = (name: string) => pathToFileURL(join(browser.folder, `${name}.html`)).href;

pages.before(async () => {
  for (const name of NAMES) writeFileSync(join(browser.folder, `${name}.html`), markup[name]);
  if (CHROMIUM !== undefined) await browser.start();
});
pages.after(async () => {
  await browser.stop();
  assert.not(existsSync(browser.folder));
});

for (const name of NAMES) {
  test(`asks for nothing but itself, and says nothing (${name})`, () =>
    browser.show(urlOf(name), {}, async (page, behaviour) => {
      await page.waitForNetworkIdle({ idleTime: 200 });
      assert.equal(behaviour, { requests: [urlOf(name)], messages: [], dialogs: [] });
      assert.is(await page.title(), "stublab: lessons");
    }));

  for (const scheme of ["light", "dark"] as const) {
    for (const width of [1200, 400]) {
      test(`axe finds nothing to complain of (${name}, ${scheme}, ${width} pixels)`, () =>
        browser.show(urlOf(name), { scheme, width }, async (page) => {
          assert.equal(await complaints(page), []);
          assert.is(await page.evaluate(() => document.documentElement.scrollWidth), width);
        }));
    }
  }

  // A4 within margins of 12 mm.
  test(`nothing is cut off on paper (${name})`, () =>
    browser.show(urlOf(name), { medium: "print", width: 702 }, async (page) => {
      assert.is(await page.evaluate(() => document.documentElement.scrollWidth), 702);
    }));
}

test("it says what the reader has answered in a lesson", () =>
  browser.show(urlOf("lessons"), {}, async (page) => {
    const told = () => page.$eval("[data-lesson=host]", (place) => place.textContent);
    assert.is(await told(), "");
    await page.evaluate(() =>
      localStorage.setItem("stublab.reading/1:host", JSON.stringify({ questions: 3, right: 2 })),
    );
    await page.reload();
    assert.is(await told(), ": 2 right so far");
  }));

test("Tab goes from lesson to lesson", () =>
  browser.show(urlOf("lessons"), {}, async (page) => {
    const expected = ["Skip to the lessons"];
    for (const { recording, name } of await lessons()) {
      expected.push(recording.title, `The recording of ${name}`);
    }
    for (const text of expected) {
      await page.keyboard.press("Tab");
      assert.is(await page.evaluate(() => document.activeElement?.textContent), text);
    }
  }));

test("nothing of a picture lies outside it", () =>
  browser.show(urlOf("lessons"), {}, async (page) => {
    const outside = await page.$$eval(".thumbnail", (all) =>
      all.flatMap((picture) => {
        const box = picture.getBoundingClientRect();
        return [...picture.querySelectorAll("text, path")].filter((part) => {
          const { left, right, top, bottom, width } = part.getBoundingClientRect();
          if (width === 0) return false;
          return left < box.left || right > box.right || top < box.top || bottom > box.bottom;
        }).length;
      }),
    );
    assert.equal(outside, [0, 0, 0, 0, 0]);
  }));

pages.run();

// Time limit: 120 s

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { renderGallery } from "../../../src/labs/record/view/gallery.ts";
import { CHROMIUM, TestBrowser } from "../../support/browser.ts";
import { lessons } from "../../support/gallery_exhibits.ts";

const pages = suite("gallery in a browser");
const test = CHROMIUM === undefined ? pages.skip : pages;

const markup = {
  lessons: renderGallery(await lessons()),
};
const NAMES = ["lessons"] as const;

const browser = new TestBrowser();
const urlOf = (name: string) => pathToFileURL(join(browser.folder, `${name}.html`)).href;

pages.before(async () => {
  for (const name of NAMES) writeFileSync(join(browser.folder, `${name}.html`), markup[name]);
  if (CHROMIUM !== undefined) await browser.start();
});
pages.after(() => browser.stop());

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

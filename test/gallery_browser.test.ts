// Time limit: 120 s

import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import axe from "axe-core";
import type { Page } from "puppeteer-core";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { renderGallery } from "../src/record/view/gallery.ts";
import { CHROMIUM, TestBrowser } from "./browser.ts";
import { hostileExhibits, lessons } from "./gallery_exhibits.ts";

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

/** What axe finds wrong, in short. */
async function complaints(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => axe.run());
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target }) => `${id}: ${target.join(" ")}`),
  );
}

for (const name of NAMES) {
  test(`asks for nothing but itself, says nothing and runs nothing (${name})`, () =>
    browser.show(urlOf(name), {}, async (page, behaviour) => {
      await page.waitForNetworkIdle({ idleTime: 200 });
      assert.equal(behaviour, { requests: [urlOf(name)], messages: [], dialogs: [] });
      const { scripts, title } = await page.evaluate(() => ({
        scripts: document.scripts.length,
        title: document.title,
      }));
      assert.equal({ scripts, title }, { scripts: 0, title: "stublab: lessons" });
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

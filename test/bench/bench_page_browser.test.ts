// Time limit: 120 s

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import axe from "axe-core";
import type { Page } from "puppeteer-core";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { renderChart } from "../../src/bench/chart.ts";
import { renderBenchPage } from "../../src/bench/page.ts";
import { wholeReport } from "../support/bench_reports.ts";
import { CHROMIUM, TestBrowser } from "../support/browser.ts";

const pages = suite("stublab bench, its page and chart in a browser");
const test = CHROMIUM === undefined ? pages.skip : pages;

const browser = new TestBrowser();
const NOISE = ["load average 9.0 on 2 processors"];
const FILES = ["quiet.html", "noisy.html", "chart.svg"] as const;
const urlOf = (file: string) => pathToFileURL(join(browser.folder, file)).href;

pages.before(async () => {
  const [quiet, noisy] = [await wholeReport(), await wholeReport(NOISE)];
  const contents = [
    renderBenchPage(quiet, "stublab bench"),
    renderBenchPage(noisy, "stublab bench --html <a&b>"),
    renderChart(noisy),
  ];
  for (const [i, file] of FILES.entries()) {
    writeFileSync(join(browser.folder, file), contents[i] ?? "");
  }
  if (CHROMIUM !== undefined) await browser.start();
});
pages.after(() => browser.stop());

/** What axe finds wrong, in short. */
async function complaints(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => axe.run());
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target }) => `${id}: ${target.join(" ")}`),
  );
}

for (const file of FILES) {
  test(`asks for nothing but itself, and says nothing (${file})`, () =>
    browser.show(urlOf(file), {}, async (page, behaviour) => {
      await page.waitForNetworkIdle({ idleTime: 200 });
      assert.equal(behaviour.requests, [urlOf(file)]);
      assert.equal(behaviour.messages, []);
    }));
}

for (const file of ["quiet.html", "noisy.html"]) {
  for (const scheme of ["light", "dark"] as const) {
    for (const width of [1440, 400]) {
      test(`axe finds nothing to complain of, and nothing scrolls sideways (${file}, ${scheme}, ${width})`, () =>
        browser.show(urlOf(file), { scheme, width }, async (page) => {
          assert.equal(await complaints(page), []);
          assert.is(await page.evaluate(() => document.documentElement.scrollWidth), width);
        }));
    }
  }
}

test("its first heading is the verdict on the run", () =>
  browser.show(urlOf("noisy.html"), {}, async (page) => {
    const heading = await page.$eval("h1", ({ textContent }) => textContent);
    assert.is(heading, `NOISY RUN, do not rely on its figures: ${NOISE[0]}`);
  }));

test("no text of the chart leaves it or lies over another", () =>
  browser.show(urlOf("chart.svg"), { width: 1000 }, async (page) => {
    const boxes = await page.$$eval("text", (all) =>
      all.map((each) => {
        const { left, right, top, bottom } = each.getBoundingClientRect();
        return { left, right, top, bottom, text: each.textContent ?? "" };
      }),
    );
    assert.ok(boxes.length > 50);
    for (const box of boxes) assert.ok(box.left >= 0 && box.right <= 760, box.text);
    for (const [i, a] of boxes.entries()) {
      for (const b of boxes.slice(i + 1)) {
        const apart =
          a.right <= b.left || b.right <= a.left || a.bottom <= b.top + 3 || b.bottom <= a.top + 3;
        assert.ok(apart, `${a.text} / ${b.text}`);
      }
    }
  }));

pages.run();

// What a reader finds in every page, in a browser: nothing to complain of, in light and dark, wide and narrow, on paper,
// by keyboard and without scripts.

import { createServer } from "node:http";
import type { Page } from "puppeteer-core";
import { renderRecordingPage } from "../../../src/labs/record/page/page.ts";
import { allPages } from "../../support/all_pages.ts";
import { prolonged } from "../../support/recordings.ts";

const pages = suite("every page in a browser");
const test = needs(pages, { chromium: CHROMIUM !== undefined });
const all: Readonly<Record<string, string>> = {
  ...(await allPages()),
  "recording-long": renderRecordingPage(prolonged(await recordingOf("host"), 1000)),
};

const browser = new TestBrowser();
const fileOf = (name: string) => join(browser.folder, name);
const urlOf = (name: string) => pathToFileURL(fileOf(`${name}.html`)).href;

pages.before(async () => {
  for (const [name, page] of Object.entries(all)) writeFileSync(fileOf(`${name}.html`), page);
  if (CHROMIUM !== undefined) await browser.start();
});

pages.after(async () => {
  await browser.stop();
  assert.not(existsSync(browser.folder));
  assert.ok(await eventually(() => !childrenOf(process.pid).some(isAlive), 5000));
});

/** The colour behind all. */
const PAPER = { light: "rgb(255, 255, 255)", dark: "rgb(19, 21, 23)" } as const;

/** How wide all of it is, and which of these elements one sees. */
const seen = (page: Page, selector: string) =>
  page.evaluate((selector) => {
    const isSeen = (each: Element) => each.checkVisibility();
    return {
      wide: document.documentElement.scrollWidth,
      paper: getComputedStyle(document.documentElement).backgroundColor,
      found: [...document.querySelectorAll(selector)].filter(isSeen).length,
    };
  }, selector);

for (const name of Object.keys(all)) {
  for (const [scheme, width] of [
    ["light", 1200],
    ["dark", 400],
  ] as const) {
    test(`axe finds nothing to complain of, and nothing scrolls sideways (${name}, ${scheme})`, () =>
      browser.show(urlOf(name), { scheme, width }, async (page) => {
        const { wide, paper } = await seen(page, "main");
        assert.equal([wide, paper], [width, PAPER[scheme]]);
        assert.equal(await complaints(page), []);
      }));
  }

  // A4 within margins of 12 mm.
  test(`on paper nothing is cut off, and nothing is to be pressed (${name})`, () =>
    browser.show(urlOf(name), { medium: "print", width: 702, scheme: "dark" }, async (page) => {
      const { wide, paper, found } = await seen(page, "nav, form, button");
      assert.equal([wide, paper, found], [702, PAPER.light, 0]);
    }));

  test(`it can be read without its script (${name})`, () =>
    browser.show(urlOf(name), { script: false }, async (page) => {
      assert.is((await seen(page, "form, button")).found, 0);
      const { found } = await seen(page, "main p, main td");
      assert.ok(found > 0);
    }));

  test(`Tab goes through it, and one sees where it is (${name})`, () =>
    browser.show(urlOf(name), {}, async (page) => {
      for (let i = 0; i < 40; i++) {
        await page.keyboard.press("Tab");
        const outlined = await page.evaluate(() => {
          const focused = document.activeElement ?? document.body;
          // The slider is the time line, which has the outline for it.
          const shown = focused.id === "scrub" ? (focused.nextElementSibling ?? focused) : focused;
          return focused === document.body || getComputedStyle(shown).outlineStyle !== "none";
        });
        assert.ok(outlined, `Tab ${i}`);
      }
    }));
}

test("axe does complain of a page with a fault", () =>
  browser.show(urlOf("agreement"), {}, async (page) => {
    await page.evaluate(() =>
      document.querySelector("h1")?.after(document.createElement("button")),
    );
    assert.match((await complaints(page)).join(), "button-name");
  }));

test("a policy keeps scripts, eval and requests away", async () => {
  let asked = 0;
  const server = createServer((_, response) => {
    asked++;
    response.setHeader("content-type", "text/html");
    response.end(all.disagreement);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  assert.ok(typeof address === "object" && address);
  await browser.show(`http://127.0.0.1:${address.port}/`, {}, async (page) => {
    const tried = await page.evaluate(async () => {
      const attempt = async (act: () => unknown) => {
        try {
          await act();
          return "done";
        } catch (error) {
          return error instanceof Error ? error.name : "refused";
        }
      };
      return [
        await attempt(() => fetch("/more")),
        await attempt(() => {
          document.createElement("script").textContent = "document.title = 'run'";
        }),
        await attempt(() => {
          document.body.innerHTML = "";
        }),
      ];
    });
    assert.equal([tried, asked], [["TypeError", "TypeError", "TypeError"], 1]);
  });
  server.closeAllConnections();
  server.close();
});

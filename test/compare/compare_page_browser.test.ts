// Time limit: 180 s

import { existsSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Script } from "node:vm";
import axe from "axe-core";
import type { Page } from "puppeteer-core";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { renderComparePage } from "../../src/compare/page/page.ts";
import { CHROMIUM, TestBrowser } from "../support/browser.ts";
import {
  agreement,
  COMMAND,
  disagreement,
  HOSTILE,
  hostility,
} from "../support/compare_reports.ts";
import { childrenOf, eventually, isAlive } from "../support/processes.ts";

const pages = suite("compare page in a browser");
const test = CHROMIUM === undefined ? pages.skip : pages;
if (CHROMIUM === undefined) {
  console.log(
    "no Chromium in /usr/bin/chromium: set CHROMIUM to where it is, or these are skipped",
  );
}

const markup = {
  agreement: renderComparePage(await agreement(), COMMAND),
  disagreement: renderComparePage(await disagreement(), COMMAND),
  hostility: renderComparePage(await hostility(), HOSTILE.join(" ")),
};
type Name = keyof typeof markup;
const NAMES = ["agreement", "disagreement", "hostility"] as const;

const browser = new TestBrowser();
const urlOf = (name: Name) => pathToFileURL(join(browser.folder, `${name}.html`)).href;

pages.before(async () => {
  for (const name of NAMES) writeFileSync(join(browser.folder, `${name}.html`), markup[name]);
  if (CHROMIUM !== undefined) await browser.start();
});

pages.after(async () => {
  const { pid } = browser;
  await browser.stop();
  assert.not(existsSync(browser.folder));
  assert.ok(await eventually(() => pid < 0 || !isAlive(pid), 5000));
  assert.ok(
    await eventually(() => childrenOf(process.pid).every((child) => !isAlive(child)), 5000),
  );
});

pages("its script is whole, and holds nothing of what bundled it", () => {
  const [, code = ""] = /<script>(.*)<\/script>/s.exec(markup.agreement) ?? [];
  new Script(code);
  assert.not.match(code, /__name|__publicField|__async|import|require/);
  assert.match(code, /getSelection/);
});

/** The colour behind all. */
const PAPER = { light: "rgb(255, 255, 255)", dark: "rgb(19, 21, 23)" } as const;

const paperOf = (page: Page) =>
  page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);

for (const name of NAMES) {
  test(`asks for nothing but itself, says nothing and runs nothing (${name})`, () =>
    browser.show(urlOf(name), {}, async (page, behaviour) => {
      await page.waitForNetworkIdle({ idleTime: 200 });
      assert.equal(behaviour.requests, [urlOf(name)]);
      assert.equal(behaviour.messages, []);
      assert.equal(behaviour.dialogs, []);
      const { scripts, images } = await page.evaluate(() => ({
        scripts: document.scripts.length,
        images: document.images.length,
      }));
      assert.equal({ scripts, images }, { scripts: 1, images: 0 });
    }));

  for (const scheme of ["light", "dark"] as const) {
    test(`axe finds nothing to complain of (${name}, ${scheme})`, () =>
      browser.show(urlOf(name), { scheme }, async (page) => {
        assert.is(await paperOf(page), PAPER[scheme]);
        assert.equal(await complaints(page), []);
      }));
  }

  test(`does not scroll sideways in 400 pixels (${name})`, () =>
    browser.show(urlOf(name), { width: 400 }, async (page) => {
      assert.is(await page.evaluate(() => document.documentElement.scrollWidth), 400);
      const regions = await page.$$eval(".scroll", (all) =>
        all.map((each) => ({
          wide: each.scrollWidth > each.clientWidth,
          focusable: each.hasAttribute("tabindex"),
        })),
      );
      assert.ok(regions.some(({ wide }) => wide));
      assert.ok(regions.every(({ wide, focusable }) => wide === focusable));
      await page.focus(".scroll[tabindex]");
      await page.keyboard.press("ArrowRight");
      await page.waitForFunction(
        () => (document.querySelector(".scroll[tabindex]")?.scrollLeft ?? 0) > 0,
      );
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

test("axe does complain of a page with a fault", () =>
  browser.show(urlOf("agreement"), {}, async (page) => {
    await page.evaluate(() =>
      document.querySelector("h1")?.after(document.createElement("button")),
    );
    assert.match((await complaints(page)).join(), "button-name");
  }));

test("its policy keeps scripts, eval and requests away", async () => {
  let asked = 0;
  const server = createServer((_, response) => {
    asked++;
    response.setHeader("content-type", "text/html");
    response.end(markup.disagreement);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = addressOf(server.address());
  try {
    await browser.show(`http://127.0.0.1:${port}/`, {}, async (page, behaviour) => {
      assert.equal(behaviour.messages, []);
      const tried = await page.evaluate(async () => {
        const script = document.createElement("script");
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
            script.textContent = "document.title = 'run'";
          }),
          await attempt(() => {
            document.body.innerHTML = "";
          }),
        ];
      });
      assert.equal(tried, ["TypeError", "TypeError", "TypeError"]);
      assert.is(asked, 1);
    });
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

function addressOf(address: AddressInfo | string | null): AddressInfo {
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return address;
}

/** What has the focus: where in the document, and whether one sees it. */
const focused = (page: Page) =>
  page.evaluate(() => {
    const { activeElement: element } = document;
    const style = element === null ? undefined : getComputedStyle(element);
    return {
      at: element === null ? -1 : [...document.querySelectorAll("*")].indexOf(element),
      tag: element?.localName ?? "",
      text: element?.textContent ?? "",
      outlined: style?.outlineStyle === "solid",
    };
  });

test("Tab goes through all of it in its order, and one sees where it is", () =>
  browser.show(urlOf("disagreement"), {}, async (page) => {
    const focusable = await page.$$eval(
      "a[href], button, select, [tabindex='0']",
      (all) => all.length,
    );
    assert.ok(focusable > 40);
    let last = -1;
    for (let i = 0; i < focusable; i++) {
      await page.keyboard.press("Tab");
      const { at, outlined, text } = await focused(page);
      assert.ok(at > last, `Tab ${i} went from ${last} to ${at} (${text})`);
      assert.ok(outlined, `one does not see the focus on ${text}`);
      last = at;
    }
  }));

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

test("all of it can be read without its script", () =>
  browser.show(urlOf("disagreement"), { script: false }, async (page) => {
    const seen = await page.evaluate(() => ({
      form: document.querySelector("#filter")?.checkVisibility(),
      buttons: [...document.querySelectorAll("button")].filter((each) => each.checkVisibility())
        .length,
      hidden: [...document.querySelectorAll("article")].filter((each) => !each.checkVisibility())
        .length,
    }));
    assert.equal(seen, { form: false, buttons: 0, hidden: 0 });
  }));

for (const name of NAMES) {
  // A4 within margins of 12 mm.
  test(`nothing is cut off on paper (${name})`, () =>
    browser.show(urlOf(name), { medium: "print", width: 702, scheme: "dark" }, async (page) => {
      const { wide, controls } = await page.evaluate(() => ({
        wide: document.documentElement.scrollWidth,
        controls: [...document.querySelectorAll("nav, form, button")].filter((each) =>
          each.checkVisibility(),
        ).length,
      }));
      assert.equal({ wide, controls }, { wide: 702, controls: 0 });
      assert.is(await paperOf(page), PAPER.light);
    }));
}

pages.run();

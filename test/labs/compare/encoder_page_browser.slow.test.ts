// Time limit: 120 s

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Page } from "puppeteer-core";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { BlockAllocator, registerLayout } from "../../../src/core/encoder/block.ts";
import { openEncoder } from "../../../src/labs/compare/encoders/open.ts";
import { renderEncoderPage } from "../../../src/labs/record/view/page/encoder_page.ts";
import { hex } from "../../../src/lib/errors.ts";
import { CHROMIUM, TestBrowser } from "../../support/browser.ts";

const pages = suite("encoder page in a browser");
const test = CHROMIUM === undefined ? pages.skip : pages;

const browser = new TestBrowser();
const file = join(browser.folder, "encoder.html");
const url = pathToFileURL(file).href;

pages.before(async () => {
  writeFileSync(file, renderEncoderPage());
  if (CHROMIUM !== undefined) await browser.start();
});
pages.after(() => browser.stop());

/** The registers that the page shows. */
const shown = (page: Page) =>
  page.$$eval("#encoder-result tbody tr", (rows) =>
    rows.map((row) => ({
      name: row.getAttribute("data-register") ?? "",
      before: row.children[1]?.textContent ?? "",
      after: row.children[2]?.textContent ?? "",
      bits: row.children[3]?.textContent ?? "",
    })),
  );

const afterOf = async (page: Page) =>
  Object.fromEntries((await shown(page)).map(({ name, after }) => [name, after]));

const { constants, encodeClone, encodeWaitOptions } = openEncoder("assembly");
const flag = (name: string) => constants.get(name) ?? 0n;

/** What the encoder of this process makes of the same. */
async function expected(page: Page, call: string, args: readonly bigint[], parent: number | null) {
  const encoder = openEncoder("assembly");
  const blocks = new BlockAllocator(encoder);
  const [initial, block] = [blocks.allocate(), blocks.allocate()];
  for (const { name, before } of await shown(page)) initial.set(name, BigInt(before));
  const [a = 0n, b = 0n, c = 0n, d = 0n, e = 0n, f = 0n] = args;
  encoder.encodeSyscall(block.offset, initial.offset, flag(`SYS_${call}`), a, b, c, d, e, f);
  if (parent !== null) encoder.encodeBootstrap(block.offset, parent);
  return Object.fromEntries(
    registerLayout(encoder).map(({ name }) => [name, hex(block.get(name))]),
  );
}

const ready = (page: Page) => page.waitForSelector("#encoder-result tr.changed");

test("it encodes what stublab's encoder does", () =>
  browser.show(url, {}, async (page, behaviour) => {
    await ready(page);
    assert.equal(behaviour, { requests: [url], messages: [], dialogs: [] });
    const word = encodeClone(flag("CLONE_FILES"), Number(flag("SIGKILL")));
    assert.equal(await afterOf(page), await expected(page, "clone", [word], 1510));
    await page.click("input[name=CLONE_VM]");
    const more = encodeClone(flag("CLONE_FILES") | flag("CLONE_VM"), Number(flag("SIGKILL")));
    assert.equal(await afterOf(page), await expected(page, "clone", [more], 1510));
    const rdi = (await shown(page)).find(({ name }) => name === "rdi");
    assert.is(rdi?.bits, "+10 +8 +3 +0");

    await page.select("select[name=call]", "wait4");
    await page.click("input[name=WNOHANG]");
    const options = encodeWaitOptions(flag("WNOHANG") | flag("WUNTRACED") | flag("__WALL"));
    assert.equal(await afterOf(page), await expected(page, "wait4", [0n, 0n, options], 1510));

    await page.select("select[name=call]", "mmap");
    for (const [name, text] of [
      ["rdx", "PROT_READ|PROT_EXEC"],
      ["r8", "-1"],
    ]) {
      await page.$eval(`input[name=${name}]`, (field) => field.select());
      await page.type(`input[name=${name}]`, text ?? "");
    }
    await page.click("input[name=marks]");
    const args = [0n, 0n, 5n, 0n, -1n, 0n];
    assert.equal(await afterOf(page), await expected(page, "mmap", args, null));
  }));

test("the encoder's refusals are shown, and what it cannot read", () =>
  browser.show(url, {}, async (page) => {
    await ready(page);
    const status = () => page.$eval("#encoder-status", (each) => each.textContent ?? "");
    await page.click("input[name=CLONE_THREAD]");
    assert.match(await status(), "-EINVAL");
    assert.is(await page.$eval("input[name=rdi]", (field) => field.value), "-EINVAL");
    assert.is((await page.$$("#encoder-result tr.changed")).length, 0);
    await page.click("input[name=CLONE_THREAD]");
    assert.match(await status(), "registers change");
    await page.select("select[name=call]", "mmap");
    await page.type("input[name=rdx]", "PROT_REED");
    assert.match(await status(), "unknown name");
    const invalid = (name: string) =>
      page.$eval(`input[name=${name}]`, (field) => field.getAttribute("aria-invalid"));
    assert.is(await invalid("rdx"), "true");
    assert.is(await invalid("rsi"), null);
    await page.$eval("input[name=rdx]", (field) => field.select());
    await page.type("input[name=rdx]", "0");
    await page.type("input[name=parent]", "x");
    assert.match(await status(), "the parent’s pid is a number");
  }));

test("without WebAssembly it says so", () =>
  browser.show("about:blank", {}, async (page) => {
    await page.evaluateOnNewDocument(() => Reflect.deleteProperty(globalThis, "WebAssembly"));
    await page.goto(url);
    await page.waitForSelector("#app .bad");
    assert.match(await page.$eval("#app", (each) => each.textContent ?? ""), "cannot run here");
  }));

pages.run();

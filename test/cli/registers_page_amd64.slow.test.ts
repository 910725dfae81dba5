// Time limit: 240 s

import type { Page } from "puppeteer-core";
import { MACHINES, machineNamed } from "../../src/cli/machines.ts";
import { linkOf } from "../../src/cli/registers/answer.ts";
import { renderRegistersPage } from "../../src/cli/registers/page.ts";
import { predict } from "../../src/labs/fuzz/predict/predict.ts";

/** Cases that are tried in the browser. */
const CASES = 300;

const pages = suite("page of registers in a browser");
const test = needs(pages, { chromium: CHROMIUM !== undefined });
const browser = new TestBrowser();
const file = join(browser.folder, "registers.html");
const url = pathToFileURL(file).href;
const markup = renderRegistersPage();

pages.before(async () => {
  writeFileSync(file, markup);
  if (CHROMIUM !== undefined) await browser.start();
});
pages.after(() => browser.stop());

const ready = (page: Page) => page.waitForSelector("#bench:not([hidden])");
const textOf = (page: Page, id: string) => page.$eval(`#${id}`, (each) => each.textContent ?? "");
const wordOf = (page: Page, name: string) =>
  page.$eval(`input[name=${name}]`, (field) => field.value);
const click = (page: Page, id: string) => page.click(`#${id}`);
const story = (page: Page, i: number) =>
  page.$$eval("#stories button", (buttons, i) => buttons[i]?.click(), i);

test("it is small, asks for nothing, and is made of the model's own files", () =>
  browser.show(url, {}, async (page, behaviour) => {
    await ready(page);
    assert.equal(behaviour, { requests: [url], messages: [], dialogs: [] });
    assert.ok(Buffer.byteLength(markup) < 300_000);
  }));

test("a rule's source leads to the kernel's function", () => {
  const at = (rest: string) => `https://elixir.bootlin.com/linux/${rest}`;
  const two = "IRET, SDM volume 2; fixup_bad_iret, arch/x86/kernel/traps.c, 6.12";
  assert.is(linkOf(two), at("v6.12/A/ident/fixup_bad_iret"));
  assert.is(linkOf("kernel/sys.c, 6.12"), at("v6.12/source/kernel/sys.c"));
  assert.is(linkOf("SDM volume 3, 6.15"), undefined);
});

test("the words of a call are those of the encoder, and typing them chooses its flags", () =>
  browser.show(url, {}, async (page) => {
    await ready(page);
    const { constants, encodeClone } = openEncoder("assembly");
    const flag = (name: string) => constants.get(name) ?? 0n;
    await page.select("#call", "clone");
    for (const name of ["CLONE_VM", "CLONE_FILES"])
      await page.$eval(`input[name=${name}]`, (box) => box.click());
    await click(page, "mark");
    const word = encodeClone(flag("CLONE_VM") | flag("CLONE_FILES"), 0);
    assert.equal(
      await Promise.all(["rax", "rdi", "rbx", "r15", "orig_rax"].map((name) => wordOf(page, name))),
      [hex(flag("SYS_clone")), hex(word), "0x1", "0x5e6", "0xffffffffffffffff"],
    );
    const type = async (name: string, text: string) => {
      await page.$eval(`input[name=${name}]`, (field) => field.select());
      await page.type(`input[name=${name}]`, `${text}\n`);
    };
    const isRefused = () => page.$eval("[data-of=refusal]", (each) => each.checkVisibility());
    assert.not(await isRefused());
    await type("rdi", "CLONE_THREAD|SIGCHLD");
    assert.ok(await page.$eval("input[name=CLONE_THREAD]", (box) => box.checked));
    assert.ok(await isRefused());
    await type("rsi", "CLONE_THREED");
    assert.match(await textOf(page, "wrong"), "did you mean CLONE_THREAD?");
    const marked = () => page.$$eval("[aria-invalid]", (fields) => fields.length);
    assert.is(await marked(), 1);
    await type("rdx", "1");
    assert.is(await marked(), 0);
    assert.is(await wordOf(page, "rsi"), "0x0");
  }));

test("the model's answers are those of `predict`, with a link for each of the kernel's functions", () =>
  browser.show(url, {}, async (page) => {
    await ready(page);
    await click(page, "ask");
    const generator = new Generator(7n, { near: "rare", xstateLength: 2696 });
    for (let i = 0; i < CASES; i++) {
      const it = generator.at(i);
      const name = MACHINES[i % MACHINES.length] ?? "";
      const { rules, predicted } = predict(it, { machine: machineNamed(name) });
      await page.select("#machine", name);
      const shown = await page.evaluate(
        (document) => {
          const field = window.document.querySelector<HTMLTextAreaElement>("#case");
          if (field === null) return;
          field.value = document;
          field.dispatchEvent(new Event("change"));
          const texts = (selector: string) =>
            [...window.document.querySelectorAll(selector)].map((each) => each.textContent);
          const links = [...window.document.querySelectorAll("#answer li a")];
          return {
            rules: texts("#answer li b"),
            told: texts("#answer li span"),
            links: links.map((link) => link.getAttribute("href")),
            sentence: texts("#sentence").join(),
          };
        },
        JSON.stringify(formatCase(it)),
      );
      const error = predicted.get("error") ?? 0n;
      lists(rules, shown?.rules, ({ id }) => id);
      lists(rules, shown?.links, ({ source }) => linkOf(source) ?? null);
      for (const [k, { told }] of rules.entries()) assert.ok(shown?.told[k]?.startsWith(told));
      assert.is(shown?.sentence.startsWith("The kernel refuses"), error !== 0n);
    }
  }));

test("a link shows its case, on its machine; the other architecture has a page of its own", () =>
  browser.show(url, {}, async (page) => {
    await ready(page);
    await page.select("#machine", "linux-5.10/intel-6-207,-fsgsbase");
    await story(page, 4);
    const link = await page.evaluate(() => location.href);
    await page.goto("about:blank");
    await page.goto(link);
    await ready(page);
    assert.is(await wordOf(page, "cs"), "0x10");
    await click(page, "ask");
    assert.is(await textOf(page, "sentence"), "The kernel refuses the write: EIO.");
    assert.equal(await complaints(page), []);
    await click(page, "to-arm64");
    await page.waitForSelector("input[name=x0]");
    assert.is(await wordOf(page, "x0"), "0xfffffffffffffe00");
    await story(page, 4);
    await click(page, "ask");
    assert.is(await textOf(page, "sentence"), "The kernel refuses the write: EINVAL.");
    assert.equal(await complaints(page), []);
  }));

test("every story is predicted, and keys are enough", () =>
  browser.show(url, { width: 400 }, async (page) => {
    await ready(page);
    const { length } = await page.$$("#stories button");
    for (let i = 0; i < length; i++) {
      await page.$$eval("#stories button", (buttons, i) => buttons[i]?.focus(), i);
      await page.keyboard.press("Enter");
      assert.match(await textOf(page, "sentence"), "Guess first");
      await page.focus("#machine");
      await page.keyboard.press("Tab");
      await page.keyboard.press("Space");
      assert.match(await textOf(page, "sentence"), /^The kernel (takes|refuses)/);
    }
  }));

test("a link that no case is in says so, and so does a browser without WebAssembly", () =>
  browser.show(`${url}#case={}x`, {}, async (page) => {
    await page.waitForFunction(() => document.querySelector("#failure")?.textContent !== "");
    assert.match(await textOf(page, "failure"), "cannot be shown here");
    await page.evaluateOnNewDocument(() => Reflect.deleteProperty(globalThis, "WebAssembly"));
    await page.goto(`${url}?`);
    await page.waitForFunction(() => document.querySelector("#failure")?.textContent !== "");
  }));

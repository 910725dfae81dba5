// Time limit: 240 s

import type { Page } from "puppeteer-core";
import { MACHINES, machineNamed } from "../../src/cli/machines.ts";
import { renderRegistersPage } from "../../src/cli/registers/page.ts";
import { linkOf } from "../../src/cli/source_link.ts";
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
const type = async (page: Page, name: string, text: string) => {
  await page.$eval(`input[name=${name}]`, (field) => field.select());
  await page.keyboard.press("Backspace");
  await page.type(`input[name=${name}]`, `${text}\n`);
};
const click = (page: Page, id: string) => page.click(`#${id}`);
const story = (page: Page, i: number) =>
  page.$$eval("#stories button", (buttons, i) => buttons[i]?.click(), i);

test("it is small, asks for nothing, and is made of the model's own files", () =>
  browser.show(url, {}, async (page, behaviour) => {
    await ready(page);
    assert.equal(behaviour, { requests: [url], messages: [], dialogs: [] });
    assert.ok(Buffer.byteLength(markup) < 225_000);
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
    const isRefused = () => page.$eval("[data-of=refusal]", (each) => each.checkVisibility());
    assert.not(await isRefused());
    await type(page, "rdi", "CLONE_THREAD|SIGCHLD");
    assert.ok(await page.$eval("input[name=CLONE_THREAD]", (box) => box.checked));
    assert.ok(await isRefused());
  }));

test("what is no word is marked and explained at its field, and until then there is no answer", () =>
  browser.show(url, {}, async (page) => {
    await ready(page);
    const marked = () =>
      page.$$eval("[aria-invalid]", (all) =>
        all.map((each) => each.getAttribute("name") ?? each.id),
      );
    await click(page, "ask");
    for (const [text, why] of [
      ["CLONE_THREED", 'unknown name "CLONE_THREED"; did you mean CLONE_THREAD?.'],
      ["0x1ffffffffffffffff", "0x1ffffffffffffffff has more than 64 bits."],
      ["-0x8000000000000001", "-0x8000000000000001 has more than 64 bits."],
      ["", 'unknown name "".'],
    ] as const) {
      await type(page, "rsi", text);
      assert.equal([await marked(), await textOf(page, "wrong-rsi")], [["rsi"], why]);
      // Another change neither takes the mark away nor brings the old word back.
      await type(page, "rdx", "1");
      assert.equal([await marked(), await wordOf(page, "rsi")], [["rsi"], text]);
      assert.is(await textOf(page, "sentence"), "No answer while a field is marked.");
      assert.equal(await page.$$eval("#answer li", (rules) => rules.length), 0);
    }
    assert.equal(await complaints(page), []);
    for (const [text, word] of [
      ["SYS_getpid", "0x27"],
      ["-1", "0xffffffffffffffff"],
      ["0xffffffffffffffff", "0xffffffffffffffff"],
    ] as const) {
      await type(page, "rsi", text);
      assert.equal([await marked(), await wordOf(page, "rsi")], [[], word]);
    }
    assert.match(await textOf(page, "sentence"), /^The kernel takes/);
    await click(page, "ask");
    await page.type("#guess-result", "0x\n");
    assert.equal(await marked(), ["guess-result"]);
    await story(page, 1);
    assert.equal(await marked(), []);
  }));

test("a guess is judged, with the rules; after it each change is answered", () =>
  browser.show(url, {}, async (page) => {
    await ready(page);
    const verdicts = () => page.$$eval("#verdict li", (all) => all.map((each) => each.textContent));
    await page.select("#guess-ending", "stopped by SIGTRAP");
    await page.select("#guess-counter", "0x100000c0");
    await page.type("#guess-result", "SYS_sched_yield");
    await click(page, "ask");
    assert.equal(await verdicts(), [
      "✓ what happens: stopped by SIGTRAP",
      "✗ rip: 0x100000bf, not 0x100000c0",
      "✓ rax: 0x18",
    ]);
    assert.match(await textOf(page, "answer"), /Because(R10)?If no handler is entered, a call is/);
    await type(page, "rax", "7");
    assert.equal(await verdicts(), []);
    assert.match(await textOf(page, "answer"), "rax0x7 as written");
    await type(page, "cs", "0x10");
    assert.is(await textOf(page, "sentence"), "The kernel refuses the write: EIO.");
    await click(page, "ask");
    assert.is(await textOf(page, "sentence"), "Guess, then see.");
    assert.is(await page.$eval("select#guess-ending", (field) => field.value), "");
  }));

test("an answer names calls and errnos, and what a story asks for", () =>
  browser.show(url, {}, async (page) => {
    await ready(page);
    const { length } = await page.$$("#stories button");
    const shown: string[][] = [];
    for (let i = 0; i < length; i++) {
      await story(page, i);
      await click(page, "ask");
      shown.push(
        await page.$$eval("#answer dt", (all) => all.map((each) => each.textContent ?? "")),
      );
    }
    none(shown.flat(), (label) => /[a-z]\.|^\d+$|[a-z][A-Z]/.test(label));
    const asked = ["rax", "rax", "rax", "rcx", "gs", "cs", "eflags", "rax"];
    lists(
      asked,
      shown.map((labels, i) => labels.includes(asked[i] ?? "") && asked[i]),
      (name) => name,
    );
    none(shown, (labels) => !labels.includes("rip"));
    await story(page, 0);
    await click(page, "ask");
    assert.match(await textOf(page, "answer"), "rax0x18 sched_yield; written: 0xfffffffffffffe00");
    assert.match(await textOf(page, "words"), "rax-512, -ERESTARTSYSorig_raxsched_yield");
  }));

test("the instructions around the program counter are shown, the filler too", () =>
  browser.show(url, {}, async (page) => {
    await ready(page);
    await click(page, "ask");
    const lines = () =>
      page.$$eval("#listing tr", (rows) =>
        rows.map((row) => [...row.cells].map((cell) => cell.textContent).join("|")),
      );
    const [before, stop, first, ...others] = await lines();
    assert.equal([before, stop], ["0x100000be|cc|int3|", "0x100000bf|cc|int3|← stop"]);
    assert.is(first, "0x100000c0|90|nop|← rip");
    assert.is(others.length, 17);
    await page.select("#code", "syscall");
    assert.is((await lines())[2], "0x10000080|0f 05|syscall|← rip");
    await type(page, "rip", "0");
    assert.equal(await lines(), ["rip is outside of the stub’s page of code."]);
  }));

for (const view of [{ scheme: "light" }, { scheme: "dark", width: 390, height: 844 }] as const) {
  test(`an answer is accessible, and no wider than the window (${view.scheme})`, () =>
    browser.show(url, view, async (page) => {
      await ready(page);
      for (const i of [0, 4, 7]) {
        await story(page, i);
        await page.type("#guess-result", "1");
        await click(page, "ask");
        assert.equal(await complaints(page), []);
        const width = await page.evaluate(() => document.documentElement.scrollWidth);
        assert.ok(width <= (page.viewport()?.width ?? 0));
      }
    }));
}

test("on a phone all that can be edited is reached without losing the answer", () =>
  browser.show(url, { width: 390, height: 844 }, async (page) => {
    await ready(page);
    await click(page, "ask");
    /** The fields that cannot be touched, or not together with the sentence of the answer, once each has the focus. */
    const lost = await page.$$eval("select, input:not(#guess input), #stories button", (fields) =>
      fields.flatMap((field) => {
        const isSeen = (element: Element | null) => {
          if (element === null) return false;
          const { left, top, width, height } = element.getBoundingClientRect();
          const found = document.elementFromPoint(left + width / 2, top + height / 2);
          return element === found || element.contains(found);
        };
        if (!(field instanceof HTMLElement) || field.getClientRects().length === 0) return [];
        field.focus();
        field.scrollIntoView({ block: "nearest", behavior: "instant" });
        const isKept = isSeen(field) && isSeen(document.querySelector("#sentence"));
        return isKept ? [] : [field.id || field.getAttribute("name") || field.textContent];
      }),
    );
    assert.equal(lost, []);
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

test("a link holds the whole case, and the story that it is", () =>
  browser.show(url, {}, async (page) => {
    await ready(page);
    const opened = async () => {
      const link = await page.evaluate(() => location.href);
      await page.goto("about:blank");
      await page.goto(link);
      await ready(page);
    };
    await story(page, 3);
    await opened();
    const pressed = await page.$$eval("[aria-pressed=true]", (all) =>
      all.map((each) => each.textContent),
    );
    assert.equal(pressed, ["rip in the kernel’s half"]);
    await page.select("#on", "SINGLESTEP");
    await page.select("#signal", "SIGUSR1");
    await page.select("#way", "SETREGSET");
    await page.select("#machine", MACHINES.at(-1) ?? "");
    await type(page, "r15", "0x1234");
    const text = () => page.$eval("textarea#case", (field) => field.value);
    const before = await text();
    await opened();
    assert.is(await text(), before);
    const { from, way, on, signal, registers } = JSON.parse(before);
    assert.equal([from, way, on, signal], ["exit", "SETREGSET", "SINGLESTEP", "SIGUSR1"]);
    assert.equal([registers.r15, registers.ds], ["0x1234", "0x3"]);
    assert.is(await page.$eval("select#machine", (field) => field.value), MACHINES.at(-1));
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
      assert.is(await textOf(page, "sentence"), "Guess, then see.");
      await page.focus("#guess-result");
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

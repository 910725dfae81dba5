import type { Page } from "puppeteer-core";
import * as assert from "uvu/assert";
import { Moments } from "../../../src/labs/record/moment.ts";
import { complaints } from "../../support/browser.ts";
import {
  announced,
  clickOn,
  goTo,
  noQuestions,
  numberShown,
  PageSuite,
  press,
  shown,
  textOf,
} from "../../support/recording_page_suite.ts";
import { recordingOf } from "../../support/recordings.ts";

const host = await recordingOf("host");
const grandchild = await recordingOf("grandchild");
const recordings = {
  host,
  grandchild,
  scrub: await recordingOf("scrub"),
  cascade: await recordingOf("cascade"),
};
const walked = new PageSuite("recording page: walking through it in a browser", recordings);
const { pages, test, browser } = walked;
const urlOf = (name: string) => walked.urlOf(name);
const show: PageSuite["show"] = (...args) => walked.show(...args);

test("steps by keys, forwards and backwards, by lanes and by events", () =>
  show("host", {}, async (page) => {
    await noQuestions(page);
    const { steps } = host;
    const event = steps.findIndex(({ kind }, i) => i > 1 && kind !== "instruction");
    const own = steps.findIndex(({ lane }, i) => i > event && lane === steps[event]?.lane);
    const last = steps.length - 1;
    for (const [key, index, shift] of [
      ["ArrowRight", 1],
      ["]", event],
      ["ArrowRight", own, true],
      ["ArrowLeft", event, true],
      ["[", 1],
      ["ArrowLeft", 0],
      ["End", steps.length],
      ["ArrowLeft", last],
      ["Home", -1],
      ["ArrowRight", 0],
    ] as const) {
      await press(page, key, shift);
      const { lane, title } = steps[index] ?? {};
      const place = `${index < 0 ? "–" : index > last ? "end" : index + 1} / ${steps.length}`;
      const told = index < 0 ? `${steps.length} steps` : (title ?? "The end");
      const seen = await shown(page);
      assert.equal([seen.place, seen.title], [place, told], key);
      if (title === undefined) continue;
      assert.is(seen.slider, `Step ${index + 1} of ${steps.length}, ${lane}: ${title}`, key);
    }
  }));

test("the time line is a slider; dragged forward, it stops at a question", () =>
  show("host", {}, async (page) => {
    await press(page, "ArrowRight");
    const line = await (await page.$("#scrub"))?.boundingBox();
    assert.ok(line);
    await page.mouse.click(line.x + line.width - 10, line.y + 20);
    const [question] = host.questions;
    assert.is(await numberShown(page), (question?.step ?? 0) + 1);
    await page.waitForSelector(".choices");
    await page.mouse.click(line.x + (line.width / host.steps.length) * 7.5, line.y + 20);
    assert.is(await numberShown(page), 8);
    await page.waitForFunction(() => location.hash === "#step=8");
    await page.focus("#scrub");
    await press(page, "ArrowRight");
    assert.is(await numberShown(page), 9);
    assert.match((await shown(page)).slider, "Step 9 of");
  }));

test("? shows the keys, Escape closes them, and the focus comes back", () =>
  show("host", { step: 1 }, async (page, { messages }) => {
    const visible = () => page.$eval("#keys", (dialog) => dialog.checkVisibility());
    await page.focus("[data-key='→']");
    await page.keyboard.press("?");
    await page.click("#keys button");
    assert.not.ok(await visible());
    await page.keyboard.press("?");
    assert.ok(await visible());
    await press(page, "ArrowRight");
    assert.is(await numberShown(page), 1);
    await page.keyboard.press("Escape");
    assert.not.ok(await visible());
    assert.is(await page.evaluate(() => document.activeElement?.getAttribute("data-key")), "→");
    assert.equal(messages, []);
  }));

test("a step is announced once one stays there", () =>
  show("host", { step: 1 }, async (page) => {
    await clickOn(page, "#ask");
    await announced(page, "Step 1 of");
    // In one turn of the page: however slow the machine, nobody stays at a step in between.
    await page.$eval("[data-key='→']", (button) => {
      const heard: string[] = [];
      const status = document.querySelector("#announcer");
      if (status === null || !(button instanceof HTMLElement)) return;
      const options = { childList: true, characterData: true, subtree: true };
      new MutationObserver(() => heard.push(status.textContent ?? "")).observe(status, options);
      Object.assign(window, { heard });
      for (let i = 0; i < 17; i++) button.click();
    });
    await announced(page, "Step 18 of");
    const heard: unknown = await page.evaluate(() => Reflect.get(window, "heard"));
    const step = host.steps[17];
    const names = new Moments(host).changedAt(17).map(({ name }) => name);
    assert.equal(heard, [
      `Step 18 of ${host.steps.length}, ${step?.lane}: ${step?.title}. Changed: ${names.join(", ")}.`,
    ]);
  }));

test("a link leads to a step, when the page is loaded and when it is there", () =>
  show("host", { step: 18 }, async (page) => {
    const isSeen = () =>
      page.$eval("#step-title", (title) => {
        const { top } = title.getBoundingClientRect();
        return top >= 0 && top < innerHeight;
      });
    assert.is((await shown(page)).title, host.steps[17]?.title);
    assert.ok(await isSeen());
    await goTo(page, 14);
    await page.focus("#row-10 a");
    await page.keyboard.press("Enter");
    assert.is(await numberShown(page), 10);
    assert.is(await page.evaluate(() => document.activeElement?.id), "step-title");
    assert.ok(await isSeen());
    for (const bad of ["step=0", "step=9999999", "step=1e1", "step=", "x"]) {
      await page.evaluate((hash) => {
        location.hash = hash;
      }, bad);
    }
    assert.is(await numberShown(page), 10);
  }));

test("a link to the step is copied", () =>
  show("host", { step: 12 }, async (page) => {
    await page.evaluate(() => {
      Object.defineProperty(navigator, "clipboard", {
        value: { writeText: async (text: string) => Object.assign(window, { copied: text }) },
      });
    });
    await page.click("#copy-link");
    await page.waitForFunction(() => Reflect.has(window, "copied"));
    assert.is(await page.evaluate(() => Reflect.get(window, "copied")), `${urlOf("host")}#step=12`);
  }));

test("embedded, it is some steps of a lane, and nothing else", () =>
  browser.show(`${urlOf("grandchild")}?embed#step=6-12&lane=master`, {}, async (page) => {
    assert.is(await numberShown(page), 6);
    for (let i = 0; i < 20; i++) await press(page, "ArrowRight");
    assert.is(await numberShown(page), 12);
    for (let i = 0; i < 20; i++) await press(page, "ArrowLeft");
    assert.is(await numberShown(page), 6);
    assert.not.ok(await page.$eval("h1", (title) => title.checkVisibility()));
    assert.not.ok(await page.$eval("#steps", (title) => title.checkVisibility()));
    assert.is(
      await page.$eval("a[target=_top]", (link) => link.href),
      `${urlOf("grandchild")}#step=6`,
    );
  }));

test("as slides, it is the player alone in larger type, with the same keys and questions", () =>
  browser.show(`${urlOf("host")}?slides#step=2`, {}, async (page) => {
    assert.is(await numberShown(page), 2);
    await press(page, "ArrowRight");
    assert.is(await numberShown(page), 3);
    const size = () => page.evaluate(() => getComputedStyle(document.documentElement).fontSize);
    assert.is(await size(), "24px");
    assert.not.ok(await page.$eval("#steps", (table) => table.checkVisibility()));
  }));

test("registers keep their places; changes and operands are told, not by their colours alone", () =>
  show("grandchild", { step: 3 }, async (page) => {
    const read = () =>
      page.$$eval(".registers tr", (all) =>
        all.map((row) => ({
          name: row.getAttribute("data-name") ?? "",
          told: row.textContent ?? "",
          changed: row.querySelector(".unseen")?.textContent === " changed",
        })),
      );
    const rows = await read();
    const changed = new Moments(grandchild).changedAt(2);
    assert.equal(
      rows
        .filter((row) => row.changed)
        .map(({ name }) => name)
        .sort(),
      changed.map(({ name }) => name).sort(),
    );
    const told = (name: string) => rows.find((row) => row.name === name)?.told ?? "";
    assert.match(told("rdi"), /0x0 → 0x4\w+= CLONE_FILES\|SIG[A-Z]+$/);
    assert.match(told("r15"), `= ${grandchild.lanes[1]?.pid} master`);
    await noQuestions(page);
    await goTo(page, 30);
    assert.match(await textOf(page, "[aria-current=step]"), "+27cmp %r15, %rax");
    const later = await read();
    const names = (all: typeof rows) => all.map(({ name }) => name);
    assert.equal(names(later), names(rows));
    const used = later.filter((row) => row.told.includes(" operand"));
    assert.equal(names(used), ["rax", "r15"]);
  }));

test("registers and /proc are those of one process, and a panel names it", () =>
  show("cascade", {}, async (page) => {
    await noQuestions(page);
    const owners = () =>
      page.$$eval(".columns h2.caption b", (all) => all.map((each) => each.textContent));
    for (const [i, { about }] of recordings.cascade.steps.entries()) {
      await goTo(page, i + 1);
      const [owner, ...others] = await owners();
      assert.ok(owner);
      assert.ok(
        others.every((other) => other === owner),
        `step ${i + 1}`,
      );
      if (recordings.cascade.steps[i]?.kernel !== null) assert.is(owner, about);
    }
  }));

test("a step that an unobserved run does not have says so, and is only outlined", () =>
  show("host", { step: 6 }, async (page) => {
    assert.match(await textOf(page, ".where"), "only in the recording");
    assert.match(await textOf(page, ".legend"), "only in the recording");
    const staged = host.steps.filter((step, i) => step.staged && i < 6).length;
    assert.is((await page.$$(".strip .staged")).length, staged);
    await goTo(page, 10);
    assert.not.match(await textOf(page, ".where"), "only in the recording");
  }));

test("the end leads on: to the tasks of the lesson", () =>
  show("host", {}, async (page) => {
    await noQuestions(page);
    await press(page, "End");
    const end = await textOf(page, "#step");
    assert.match(end, `${host.end.length} facts were checked`);
    assert.match(end, "Repair it: npx stublab task repair-stub");
  }));

test("a click on a value goes to the step that set it, through the clone", () =>
  show("grandchild", {}, async (page) => {
    await noQuestions(page);
    await goTo(page, 20);
    const word = `0x${grandchild.lanes[1]?.pid.toString(16)}`;
    assert.match(await textOf(page, "[data-name=r15]"), word);
    await page.click("[data-name=r15] button");
    assert.is(await numberShown(page), 3);
    assert.match(await textOf(page, "tr.sought"), `→ ${word}`);
    await goTo(page, 21);
    await page.focus(".kernel tr:nth-child(2) button");
    await page.keyboard.press("Enter");
    assert.is(await numberShown(page), 5);
  }));

test("values of a process that runs are grey, under its state and their step", () =>
  show("grandchild", {}, async (page) => {
    await noQuestions(page);
    const detached = grandchild.steps.findIndex(({ title }) => /PTRACE_DETACH/.test(title));
    const captions = () =>
      page.$$eval(":is(.values, .process) h2", (all) => all.map((each) => each.textContent));
    const old = () =>
      page.$$eval(".columns table", (all) => all.map((each) => each.matches(".old")));
    await goTo(page, detached + 1);
    for (const caption of await captions()) {
      assert.match(caption ?? "", `grandchild R now running; values of step ${detached}`);
    }
    assert.not.ok((await old()).includes(false));
    await press(page, "ArrowRight");
    assert.not.ok((await old()).includes(true));
  }));

test("the memory map shows what came and what went, and stays open", () =>
  show("scrub", {}, async (page) => {
    await noQuestions(page);
    const [before, after] = recordings.scrub.steps.flatMap(({ kernel }, index) =>
      kernel?.memory ? [{ index, lines: kernel.memory }] : [],
    );
    assert.ok(before && after);
    const gone = before.lines.filter((line) => !after.lines.includes(line));
    await goTo(page, after.index + 1);
    assert.match(
      await textOf(page, ".memory summary"),
      `Memory, 1 mapping: 0 new, ${gone.length} gone`,
    );
    await page.click(".memory summary");
    await page.waitForSelector(".memory li");
    const rows = await page.$$eval(".memory li", (all) => all.map((row) => row.textContent));
    assert.equal(rows, [...after.lines, ...gone.map((line) => `−${line}`)]);
    await press(page, "ArrowRight");
    assert.is(await textOf(page, ".memory summary"), "Memory, 1 mapping");
    assert.ok(await page.$eval(".memory li", (row) => row.checkVisibility()));
  }));

/** Steps to the birth of the grandchild. What is carried there stands still, so that a slow machine sees it, too. */
async function seeBirth(page: Page): Promise<void> {
  const birth = grandchild.arrows.find(({ kind }) => kind === "clone")?.to ?? 0;
  await clickOn(page, "#ask");
  await goTo(page, birth);
  await page.evaluate(() => {
    const pause = () => {
      for (const animation of document.getAnimations()) animation.pause();
    };
    new MutationObserver(pause).observe(document.body, { childList: true });
  });
  await press(page, "ArrowRight");
  // It is announced after the step was shown with all that moves.
  await announced(page, `Step ${birth + 1} of`);
}

const chipsOf = (page: Page) =>
  page.$$eval(".carried", (chips) => chips.map((chip) => chip.textContent));

test("at a birth, the registers that the tracer wrote go from the parent's lane to the child's", () =>
  show("grandchild", { motion: true }, async (page) => {
    await seeBirth(page);
    const { pid } = grandchild.lanes.find(({ id }) => id === "master") ?? {};
    assert.equal(await chipsOf(page), [`r15 0x${pid?.toString(16)}`, "rbx 0x1"]);
    /** In which lane each is after a part of its time. */
    const lanesAt = (part: number) =>
      page.$$eval(
        ".carried",
        (chips, part) =>
          chips.map((chip) => {
            for (const animation of chip.getAnimations()) {
              const { delay = 0, duration } = animation.effect?.getComputedTiming() ?? {};
              animation.currentTime = delay + Number(duration) * part;
            }
            const { top } = chip.getBoundingClientRect();
            const lanes = [...document.querySelectorAll<HTMLElement>("[data-lane]")];
            return lanes.find((lane) => lane.getBoundingClientRect().bottom > top)?.dataset.lane;
          }),
        part,
      );
    assert.equal(await lanesAt(0.2), ["master", "master"]);
    assert.equal(await lanesAt(0.8), ["grandchild", "grandchild"]);
    await page.evaluate(() => {
      for (const animation of document.getAnimations()) animation.finish();
    });
    await page.waitForFunction(() => document.querySelector(".carried") === null);
  }));

test("who prefers reduced motion sees none", () =>
  show("grandchild", {}, async (page) => {
    await seeBirth(page);
    assert.equal(await chipsOf(page), []);
    const times = await page.$$eval(".pointer, li.executed", (all) =>
      all.map((each) => getComputedStyle(each).transitionDuration),
    );
    assert.ok(times.length > 0 && times.every((time) => time === "0s"), `${times}`);
  }));

for (const name of ["host", "cascade"] as const) {
  for (const scheme of ["light", "dark"] as const) {
    test(`axe finds nothing to complain of (${name}, ${scheme})`, () =>
      show(name, { scheme }, async (page) => {
        assert.equal(await complaints(page), [], "at the introduction");
        const [question] = recordings[name].questions;
        await goTo(page, (question?.step ?? 0) + 1);
        assert.equal(await complaints(page), [], "at a question");
        await page.click(".choices button");
        await page.evaluate(() => {
          for (const details of document.querySelectorAll("details")) details.open = true;
        });
        assert.equal(await complaints(page), [], "at its answer");
        await page.keyboard.press("?");
        assert.equal(await complaints(page), [], "over the keys");
        await page.keyboard.press("Escape");
        await clickOn(page, "#ask");
        await page.keyboard.press("End");
        assert.equal(await complaints(page), [], "at the end");
      }));
  }
}

test("without its script it is a table, and a link leads to a row", () =>
  show("host", { script: false, step: 40 }, async (page) => {
    const seen = await page.evaluate(() => ({
      app: document.querySelector("#app")?.childElementCount,
      introduction: document.querySelector(".about p")?.checkVisibility(),
      rows: document.querySelectorAll("tr[id^='step=']").length,
      target: document.querySelector(":target")?.id,
      top: document.querySelector(":target")?.getBoundingClientRect().top ?? -1,
    }));
    assert.ok(seen.top >= 0 && seen.top < 800);
    assert.equal(
      { ...seen, top: 0 },
      { app: 0, introduction: true, rows: host.steps.length, target: "step=40", top: 0 },
    );
  }));

test("where nothing can be kept, it works all the same", () =>
  browser.show("about:blank", {}, async (page, { messages }) => {
    await page.evaluateOnNewDocument(() =>
      Object.defineProperty(window, "localStorage", {
        get: () => {
          throw new DOMException("forbidden", "SecurityError");
        },
      }),
    );
    await page.goto(urlOf("host"));
    await page.keyboard.press("End");
    await page.keyboard.press("1");
    await page.waitForSelector(".verdict");
    assert.equal(messages, []);
  }));

pages.run();

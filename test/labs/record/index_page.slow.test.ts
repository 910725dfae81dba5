import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { COURSE } from "../../../src/labs/record/course.ts";
import { loadRecording, LESSONS as NAMES } from "../../../src/labs/record/index.ts";
import { renderIndex } from "../../../src/labs/record/page/index_page.ts";
import { CHROMIUM, TestBrowser } from "../../support/browser.ts";
import { hostileRecording } from "../../support/hostile_recording.ts";
import { stublab as inProcess } from "../../support/in_process.ts";
import { LESSONS, recordingOf } from "../../support/recordings.ts";
import { temporaryFolder } from "../../support/temporary.ts";

const gallery = suite("stublab lesson --pages");

const folder = temporaryFolder();

const stublab = (...args: string[]) => inProcess(["lesson", "--pages", ...args]);

gallery("the course has every scenario in its order, as the lessons have it", () => {
  assert.equal(
    COURSE.flatMap(({ lessons }) => lessons),
    NAMES,
  );
  const lines = readFileSync("docs/lessons/README.md", "utf8").split("\n");
  let at = 0;
  for (const { title, lessons } of COURSE) {
    const headed = lines.findIndex((line, i) => i >= at && line === `${title}:`);
    assert.ok(headed >= at, title);
    for (const name of lessons) {
      const listed = lines.findIndex(
        (line, i) => i > headed && line.includes(`[${name}](${name}.md)`),
      );
      assert.ok(listed > headed, name);
      at = listed;
    }
  }
});

gallery("records every scenario, and writes a page of each and one of them all", async () => {
  const own = join(folder, "all/of/it");
  const { code, stdout, stderr } = await stublab(own);
  assert.equal([code, stdout, stderr], [0, "", `16 recordings in ${own}/index.html\n`]);
  const names = NAMES;
  const made = names.flatMap((name) => [`${name}.html`, `${name}.json`, `${name}.svg`]);
  assert.equal(readdirSync(own).sort(), [...made, "registers.html", "index.html"].sort());
  const index = readFileSync(join(own, "index.html"), "utf8");
  const links = [...index.matchAll(/<a .*?href="([^"#]+)"/g)].map(([, link = ""]) => link);
  assert.equal(links, ["host.html", ...names.map((name) => `${name}.html`), "registers.html"]);
  for (const name of names) {
    assert.is(loadRecording(join(own, `${name}.json`)).scenario, name);
    assert.match(readFileSync(join(own, `${name}.svg`), "utf8"), /^<svg .*<\/svg>\n$/s);
  }
});

gallery("from recordings that are there; what else is in the folder stays", async () => {
  const own = join(folder, "given");
  mkdirSync(own);
  for (const name of ["notes.txt", "index.html", "host.html"])
    writeFileSync(join(own, name), "old");
  const file = join(folder, "switch.json");
  writeFileSync(file, JSON.stringify(await recordingOf("switch")));
  const hostile = join(folder, "hostile.json");
  writeFileSync(
    hostile,
    JSON.stringify({ ...hostileRecording(await recordingOf("inject")), end: [] }),
  );
  const { code, stderr } = await stublab(own, file, hostile, file);
  assert.equal([code, stderr], [0, `3 recordings in ${own}/index.html\n`]);
  const made = ["recording", "switch-2", "switch"].flatMap((name) =>
    ["html", "json", "svg"].map((extension) => `${name}.${extension}`),
  );
  assert.equal(
    readdirSync(own).sort(),
    ["registers.html", "host.html", "index.html", "notes.txt", ...made].sort(),
  );
  assert.is(readFileSync(join(own, "notes.txt"), "utf8"), "old");
  assert.match(readFileSync(join(own, "index.html"), "utf8"), "switch-2.html");
});

gallery("a name in a recording leads nowhere else", async () => {
  const own = join(folder, "safe");
  const files: string[] = [];
  for (const scenario of [
    "../../escaped",
    "index",
    "/etc/passwd",
    "a/b",
    ".",
    "",
    "CON",
    "x".repeat(300),
  ]) {
    files.push(join(folder, `named-${files.length}.json`));
    writeFileSync(
      files.at(-1) ?? "",
      JSON.stringify({ ...(await recordingOf("scrub")), scenario }),
    );
  }
  assert.is((await stublab(own, ...files)).code, 0);
  assert.ok(
    readdirSync(own).every((name) =>
      /^(registers|index|index-2|recording(-\d)?)\.(html|json|svg)$/.test(name),
    ),
  );
  assert.is(readdirSync(own).length, 3 * files.length + 2);
  assert.not(existsSync(join(folder, "escaped.html")));
});

const lessons = async () => {
  const recordings = await Promise.all(LESSONS.map(recordingOf));
  return recordings.map((recording) => ({ name: recording.scenario, recording }));
};

gallery("the lessons come in their parts", async () => {
  const page = renderIndex((await lessons()).toReversed());
  const heads = [...page.matchAll(/<h2>(.*?)<\/h2>/g)].map(([, head]) => head);
  assert.equal(heads, ["How it works", "Then do it yourself"]);
  const links = [...page.matchAll(/<h3><a href="(\w+)\.html">/g)].map(([, name]) => name);
  assert.equal(links, ["host", "grandchild", "inject", "scrub", "switch"]);
  assert.match(page, "<code>npx stublab lesson task</code>");
});

const browser = new TestBrowser();
gallery.after(() => browser.stop());
const inBrowser = CHROMIUM === undefined ? gallery.skip : gallery;

inBrowser(
  "it says what the reader has answered, and where to go on; Tab goes from lesson to lesson",
  async () => {
    const file = join(browser.folder, "index.html");
    const all = await lessons();
    writeFileSync(file, renderIndex(all));
    await browser.start();
    await browser.show(pathToFileURL(file).href, {}, async (page) => {
      const told = () => page.$eval("[data-lesson=host] .score", (place) => place.textContent);
      const start = () => page.$eval("#start", (link) => link.textContent);
      assert.equal([await told(), await start()], ["3 questions", "Start with the first lesson"]);
      await page.evaluate(() =>
        localStorage.setItem(
          "stublab.reading/1:host",
          JSON.stringify({ questions: 3, answered: 3, right: 2 }),
        ),
      );
      await page.reload();
      const next = `Go on: ${all[1]?.recording.title}`;
      assert.equal([await told(), await start()], ["2 of 3 right", next]);
      const expected = [
        "Skip to the lessons",
        next,
        ...all.map(({ recording }) => recording.title),
      ];
      for (const text of expected) {
        await page.keyboard.press("Tab");
        assert.is(await page.evaluate(() => document.activeElement?.textContent), text);
      }
    });
  },
);

gallery.run();

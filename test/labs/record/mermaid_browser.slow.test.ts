// Time limit: 120 s

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Page } from "puppeteer-core";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { renderMermaid } from "../../../src/labs/record/index.ts";
import { CHROMIUM, TestBrowser } from "../../support/browser.ts";
import { hostileRecording } from "../../support/hostile_recording.ts";
import { recordingOf } from "../../support/recordings.ts";

const diagrams = suite("view: Mermaid in a browser");
const test = CHROMIUM === undefined ? diagrams.skip : diagrams;

const browser = new TestBrowser();

diagrams.before(async () => {
  if (CHROMIUM !== undefined) await browser.start();
});
diagrams.after(() => browser.stop());

/** A page that draws a diagram as people's own pages do, which may have it drawn as HTML or not. */
function pageOf(name: string, diagram: string): string {
  const path = join(browser.folder, `${name}.html`);
  const source = JSON.stringify(diagram).replaceAll("<", "\\u003c");
  const library = readFileSync("node_modules/mermaid/dist/mermaid.min.js", "utf8");
  writeFileSync(join(browser.folder, "mermaid.js"), library);
  writeFileSync(
    path,
    `<!DOCTYPE html><meta charset="utf-8"><title>diagram</title><link rel="icon" href="data:,">
<body><script src="mermaid.js"></script><script>
mermaid.initialize({ startOnLoad: false });
mermaid.render("drawn", ${source}).then(({ svg }) => {
  document.body.innerHTML = svg;
  document.body.id = "ready";
});
</script>`,
  );
  return pathToFileURL(path).href;
}

/** What is in the picture. */
const drawn = (page: Page) =>
  page.evaluate(() => ({
    title: document.title,
    foreign: document.querySelectorAll("svg :is(script, img, a, iframe, foreignObject)").length,
    handlers: [...document.querySelectorAll("svg *")].filter((each) =>
      each.getAttributeNames().some((name) => name.startsWith("on")),
    ).length,
    notes: [...document.querySelectorAll("svg .noteText")].map((each) => each.textContent ?? ""),
    messages: [...document.querySelectorAll("svg .messageText")].map(
      (each) => each.textContent ?? "",
    ),
    actors: new Set(
      [...document.querySelectorAll("svg text.actor")].map((each) => each.textContent),
    ).size,
  }));

for (const name of ["grandchild", "switch"]) {
  test(`${name} is drawn with each text in its place`, async () => {
    const recording = await recordingOf(name);
    const url = pageOf(name, renderMermaid(recording));
    await browser.show(url, {}, async (page, behaviour) => {
      await page.waitForSelector("#ready");
      const { actors, messages, notes } = await drawn(page);
      assert.equal(behaviour.messages, []);
      assert.is(actors, recording.lanes.length);
      assert.ok(messages.some((text) => /^\d+: ptrace\(PTRACE_SETREGS, \d+/.test(text)));
      assert.ok(notes.some((text) => /^[-\d]+: .*%\w+/.test(text)));
    });
  });

  test(`hostile strings do nothing in it (${name})`, async () => {
    const recording = hostileRecording(await recordingOf(name));
    const url = pageOf(`${name}-hostile`, renderMermaid(recording));
    await browser.show(url, {}, async (page, behaviour) => {
      await page.waitForSelector("#ready");
      const { title, foreign, handlers, actors, messages, notes } = await drawn(page);
      assert.equal({ title, foreign, handlers }, { title: "diagram", foreign: 0, handlers: 0 });
      assert.equal([behaviour.messages, behaviour.dialogs], [[], []]);
      assert.is(actors, recording.lanes.length);
      const all = [...messages, ...notes].join("\n");
      assert.match(all, '<script>document.title="run"</script>');
      assert.match(all, "a; b # c %% d");
    });
  });
}

diagrams.run();

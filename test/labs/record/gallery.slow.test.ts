import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { COURSE } from "../../../src/labs/record/course.ts";
import { LESSONS, loadRecording } from "../../../src/labs/record/index.ts";
import { renderGallery } from "../../../src/labs/record/view/gallery.ts";
import { renderThumbnail } from "../../../src/labs/record/view/thumbnail.ts";
import { hostileExhibits, lessons } from "../../support/gallery_exhibits.ts";
import { hostileRecording } from "../../support/hostile_recording.ts";
import { stublab as inProcess } from "../../support/in_process.ts";
import { recordingOf } from "../../support/recordings.ts";
import { temporaryFolder } from "../../support/temporary.ts";

const gallery = suite("stublab lesson --pages");

const folder = temporaryFolder();

const stublab = (...args: string[]) => inProcess(["lesson", "--pages", ...args]);

gallery("the course has every scenario in its order, as the lessons have it", () => {
  assert.equal(
    COURSE.flatMap(({ lessons }) => lessons),
    LESSONS,
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
  const names = LESSONS;
  assert.equal(
    readdirSync(own).sort(),
    [
      ...names.flatMap((name) => [`${name}.html`, `${name}.json`]),
      "encoder.html",
      "index.html",
    ].sort(),
  );
  const index = readFileSync(join(own, "index.html"), "utf8");
  const links = [...index.matchAll(/href="([^"#]+)"/g)].map(([, link = ""]) => link);
  assert.equal(links, [
    ...names.flatMap((name) => [`${name}.html`, `${name}.json`]),
    "encoder.html",
  ]);
  for (const [i, name] of names.entries()) {
    assert.is(loadRecording(join(own, `${name}.json`)).scenario, name);
    const page = readFileSync(join(own, `${name}.html`), "utf8");
    const around = [...page.matchAll(/<a rel="(\w+)" href="([^"]+)"/g)].map(
      ([, rel, to]) => `${rel} ${to}`,
    );
    const [before, after] = [names[i - 1], names[i + 1]];
    assert.equal(around, [
      ...(before === undefined ? [] : [`prev ${before}.html`]),
      "index index.html",
      ...(after === undefined ? [] : [`next ${after}.html`]),
    ]);
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
  const made = [
    "recording.html",
    "recording.json",
    "switch-2.html",
    "switch-2.json",
    "switch.html",
    "switch.json",
  ];
  assert.equal(
    readdirSync(own).sort(),
    ["encoder.html", "host.html", "index.html", "notes.txt", ...made].sort(),
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
      /^(encoder|index|index-2|recording(-\d)?)\.(html|json)$/.test(name),
    ),
  );
  assert.is(readdirSync(own).length, 2 * files.length + 2);
  assert.not(existsSync(join(folder, "escaped.html")));
});

gallery("hostile recordings are text in the page, and it stays small", async () => {
  const page = renderGallery(await hostileExhibits());
  assert.ok(page.length < 200_000, `${page.length}`);
  assert.not.match(page.replaceAll("\n", ""), /(?! )[\p{C}\p{Z}\p{DI}]/u);
  assert.is(page.match(/<script/g)?.length, 1);
  assert.not.match(page, /<img|onerror=alert\(1\)>/);
  assert.match(page, "<h2>Others</h2>");
});

gallery(
  "a picture has a line for each lane, and no more marks than one can tell apart",
  async () => {
    const { markup } = renderThumbnail(await recordingOf("grandchild"));
    assert.is(markup.match(/class="life"/g)?.length, 3);
    assert.match(markup, ">grandchild</text>");
    for (const { recording } of await hostileExhibits()) {
      const drawn = renderThumbnail(recording).markup;
      assert.ok(drawn.length < 40_000, `${drawn.length}`);
      assert.not.match(drawn, /NaN|Infinity|undefined/);
    }
  },
);

gallery("of nothing it is a page that says so", () => {
  assert.match(renderGallery([]), "There are no recordings here.");
});

gallery("the lessons come in their parts", async () => {
  const page = renderGallery((await lessons()).toReversed());
  const heads = [...page.matchAll(/<h2>(.*?)<\/h2>/g)].map(([, head]) => head);
  assert.equal(heads, ["How it works"]);
  const links = [...page.matchAll(/<h3><a href="(\w+)\.html">/g)].map(([, name]) => name);
  assert.equal(links, ["host", "grandchild", "inject", "scrub", "switch"]);
  assert.match(page, "<code>npx stublab task</code>");
});

gallery.run();

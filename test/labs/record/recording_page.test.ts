import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Moments } from "../../../src/labs/record/moment.ts";
import type { PageData } from "../../../src/labs/record/view/page/data.ts";
import { renderEncoderPage } from "../../../src/labs/record/view/page/encoder_page.ts";
import { renderRecordingPage } from "../../../src/labs/record/view/page/page.ts";
import { cut, visible } from "../../../src/lib/visible.ts";
import { HOSTILE, hostileRecording } from "../../support/hostile_recording.ts";
import { LESSONS, recordingOf } from "../../support/recordings.ts";

const LIMIT = 1_500_000;

/** What no page may contain. */
const UNSEEN = /(?!\n)[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/u;

const host = await recordingOf("host");
const page = renderRecordingPage(host);

const matches = (markup: string, pattern: RegExp) =>
  [...markup.matchAll(pattern)].map(([, first = ""]) => first);

/** What the markup says, without its tags. */
function textOf(markup: string): string {
  return markup
    .replace(/<[^>]*>/g, "")
    .replaceAll("&#39;", "'")
    .replaceAll("&quot;", '"')
    .replaceAll("&gt;", ">")
    .replaceAll("&lt;", "<")
    .replaceAll("&amp;", "&");
}

const rowsOf = (markup: string) => matches(markup, /(<tr id="step=\d+">.*?<\/tr>)/gs);

/** What the script of a page reads. */
function dataOf(markup: string): PageData {
  const [, json = ""] =
    /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(markup) ?? [];
  return JSON.parse(json);
}

const contents = suite("recording page: contents");

for (const name of LESSONS) {
  contents(`has all of a recording, and few bytes (${name})`, async () => {
    const recording = await recordingOf(name);
    const markup = renderRecordingPage(recording);
    const bytes = Buffer.byteLength(markup);
    console.log(`  ${name}: ${recording.steps.length} steps, ${bytes} bytes`);
    assert.ok(bytes < 400_000);
    assert.not.match(markup, "Left out");
    const kept = dataOf(markup).recording;
    assert.equal(kept.arrows, recording.arrows);
    assert.equal(kept.questions, recording.questions);
    assert.equal(kept.code, recording.code);
    assert.equal(kept.lanes, recording.lanes);
    const [all, own] = [new Moments(recording), new Moments(kept)];
    for (const [i, step] of recording.steps.entries()) {
      assert.equal(own.at(i).registers, all.at(i).registers);
      assert.equal({ ...kept.steps[i], registers: null }, { ...step, registers: null });
    }
  });
}

contents("the table has every step, with what it changes", () => {
  const moments = new Moments(host);
  const rows = rowsOf(page).map(textOf);
  assert.is(rows.length, host.steps.length);
  for (const [i, step] of host.steps.entries()) {
    const { lane, kind, title, why, observer } = step;
    const changes = moments
      .changedAt(i)
      .map(({ name, before, after }) => `${name} ${before} → ${after}`);
    for (const text of [`${i + 1}`, lane, kind, title, why, observer ?? "", ...changes]) {
      assert.ok(rows[i]?.includes(visible(text)), `${text} is not in: ${rows[i]}`);
    }
    assert.is(rows[i]?.match(/ → 0x/g)?.length ?? 0, changes.length);
  }
  assert.ok(rows.some((row) => row.includes("SigBlk none")));
});

contents("keeps the answer of a question where one has to open it", () => {
  const [question] = host.questions;
  assert.ok(question);
  const row = rowsOf(page)[question.step] ?? "";
  const [, details = ""] = /<details>(.*?)<\/details>/s.exec(row) ?? [];
  assert.ok(textOf(details).includes(question.because));
});

contents("a page of a course leads to the pages around it", () => {
  const course = {
    index: { title: "All lessons", file: "index.html" },
    pages: [
      { title: "This", file: "host.html" },
      { title: "Another", file: "parent-dies.html" },
    ],
    place: 0,
  };
  const markup = renderRecordingPage(host, { course });
  assert.equal(matches(markup, /<a rel="\w+" href="([^"]*)"/g), ["index.html", "parent-dies.html"]);
  assert.match(markup, '<a href="parent-dies.html">parent-dies</a>', "in its text");
  assert.not.match(page, "<nav");
  assert.not.match(page, 'href="parent-dies');
});

contents("has the text of its lesson", () => {
  for (const title of ["Try it", "Questions", "What a kernel engineer would say"]) {
    assert.match(page, `<h2>${title}</h2>`);
  }
  const lesson = readFileSync("docs/lessons/host.md", "utf8");
  const questions = matches(lesson, /^\*\*(.+)\*\*$/gm);
  assert.ok(questions.length >= 2);
  const asked = matches(page, /<summary>(.*?)<\/summary>/g).map(textOf);
  for (const question of questions) {
    assert.ok(asked.includes(question.replaceAll("`", "")), question);
  }
  const [ending = ""] = matches(page, /<div id="ending">(.*?)<h2 id="steps">/gs);
  assert.not.match(textOf(ending), /\*\*|\]\(|`/);
  const own = renderRecordingPage({ ...host, scenario: "constructor" });
  assert.not.match(own, "kernel engineer");
});

contents("says how it ended, and what did not hold", () => {
  assert.match(textOf(page), `It ended as it must: ${host.end.length} facts held.`);
  const end = host.end.map((fact, i) => ({ ...fact, held: i > 0 }));
  assert.match(
    textOf(renderRecordingPage({ ...host, end })),
    `It did not end as it must: of ${end.length} facts, 1 did not hold.`,
  );
});

contents("the encoder's page has the module that stublab itself encodes with", () => {
  const [json = ""] = matches(renderEncoderPage(), /id="module">(.*?)<\/script>/gs);
  assert.ok(WebAssembly.validate(Buffer.from(JSON.parse(json).bytes, "base64")));
});

contents.run();

const safety = suite("recording page: safety");

/** Every tag and comment of a page but for the contents of its style and its scripts. */
function tagsOf(markup: string): string[] {
  const bare = markup.replace(/<(style|script)[^>]*>.*?<\/\1>/gs, "");
  return matches(bare, /<([!/]?[^\s>]*)/g);
}

safety("hostile strings are text, and one sees what they hold", () => {
  const recording = hostileRecording(host);
  const markup = renderRecordingPage(recording);
  assert.ok(Buffer.byteLength(markup) < LIMIT);
  assert.not.match(markup.replace(/<script>.*?<\/script>/s, ""), UNSEEN);
  const own = new Set([...tagsOf(page), ...["i", "/i", "bdi", "/bdi", "span", "/span"]]);
  assert.equal(
    [...new Set(tagsOf(markup))].filter((tag) => !own.has(tag)),
    [],
  );
  assert.is(markup.match(/<script/g)?.length, 2);
  assert.is(markup.match(/<\/script/g)?.length, 2);
  assert.is(rowsOf(markup).length, recording.steps.length);
  const told = dataOf(markup).recording.steps.map(({ title }) => title);
  for (const [i, { title }] of recording.steps.entries()) {
    assert.ok(told[i]?.startsWith(cut(title, 400).text));
  }
  assert.ok(HOSTILE.some((text) => told.includes(text)));
});

safety("registers may have the names of what every object has", () => {
  const [first] = host.steps.filter(({ registers }) => registers !== null);
  assert.ok(first?.registers);
  const after = JSON.parse('{"__proto__": "0x2", "constructor": "0x3", "toString": "0x4"}');
  const step = { ...first, registers: { before: JSON.parse('{"__proto__": "0x1"}'), after } };
  const markup = renderRecordingPage({ ...host, steps: [step], arrows: [], questions: [] });
  assert.equal(new Moments(dataOf(markup).recording).at(0).registers, [
    { name: "__proto__", before: "0x1", after: "0x2", changed: true },
    { name: "constructor", before: "0x3", after: "0x3", changed: false },
    { name: "toString", before: "0x4", after: "0x4", changed: false },
  ]);
});

safety.run();

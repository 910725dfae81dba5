import type { PageData } from "../../../src/labs/record/page/data.ts";
import { renderIndex } from "../../../src/labs/record/page/index_page.ts";
import { renderRecordingPage } from "../../../src/labs/record/page/page.ts";
import { HOSTILE } from "../../support/hostile_recording.ts";
import { LESSONS } from "../../support/recordings.ts";

/** What no page may contain. */
const UNSEEN = /(?!\n)[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/u;

const host = await recordingOf("host");
const page = renderRecordingPage(host);

const matches = (markup: string, pattern: RegExp) =>
  [...markup.matchAll(pattern)].map(([, first = ""]) => first);

/** What the markup says, without its tags. */
const textOf = (markup: string) => markup.replace(/<[^>]*>/g, "").replaceAll("&#39;", "'");

/** What the script of a page reads. */
function dataOf(markup: string): PageData {
  const [, json = ""] =
    /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(markup) ?? [];
  return JSON.parse(json);
}

const contents = suite("recording page: contents");

for (const name of LESSONS) {
  contents(`has all that its script needs of a recording, and few bytes (${name})`, async () => {
    const recording = await recordingOf(name);
    const markup = renderRecordingPage(recording);
    assert.ok(Buffer.byteLength(markup) < 400_000);
    const { recording: kept } = dataOf(markup);
    const [all, own] = [new Moments(recording), new Moments(kept)];
    for (const [i, step] of recording.steps.entries()) {
      assert.equal(own.at(i).registers, all.at(i).registers);
      assert.equal({ ...kept.steps[i], registers: null }, { ...step, registers: null });
    }
    const { observed, discarded, end, steps } = recording;
    assert.equal({ ...kept, observed, discarded, end, steps }, recording);
  });
}

contents("a page of a course leads to the pages around it, and has a preview", () => {
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
  assert.match(markup, '<meta property="og:image" content="host.svg">');
  assert.match(markup, '<meta name="description" content="A stub asks the kernel');
  assert.not.match(page, /<nav|og:image/);
});

contents("says how it ended, what did not hold, and what to try", () => {
  assert.match(textOf(page), `It ended as it must; ${host.end.length} facts checked.`);
  assert.match(page, "<h2>Try it</h2>");
  const end = host.end.map((fact, i) => ({ ...fact, held: i > 0 }));
  const other = renderRecordingPage({ ...host, end, scenario: "constructor" });
  assert.match(
    textOf(other),
    `It did not end as it must: 1 did not hold; ${end.length} facts checked.`,
  );
  assert.not.match(other, "<h2>Try it</h2>");
});

const safety = suite("recording page: safety");

/** Every tag and comment of a page but for the contents of its style and its scripts. */
function tagsOf(markup: string): string[] {
  const bare = markup.replace(/<(style|script)[^>]*>.*?<\/\1>/gs, "");
  return matches(bare, /<([!/]?[^\s>]*)/g);
}

safety("hostile strings are text, and one sees what they hold", () => {
  const recording = hostileRecording(host);
  const markup = renderRecordingPage(recording);
  assert.not.match(markup.replace(/<script>.*?<\/script>/s, ""), UNSEEN);
  const own = new Set([...tagsOf(page), ...["i", "/i", "bdi", "/bdi", "span", "/span"]]);
  none([...new Set(tagsOf(markup))], (tag) => !own.has(tag));
  assert.is(markup.match(/<script/g)?.length, 2);
  assert.is(markup.match(/<\/script/g)?.length, 2);
  const told = dataOf(markup).recording.steps.map(({ title }) => title);
  lists(recording.steps, told, ({ title }) => title);
  assert.ok(HOSTILE.some((text) => told.includes(text)));
});

safety("hostile recordings are text in the index", () => {
  const index = renderIndex([{ name: "recording", recording: hostileRecording(host) }]);
  assert.not.match(index.replaceAll("\n", ""), /(?! )[\p{C}\p{Z}\p{DI}]/u);
  assert.is(index.match(/<script/g)?.length, 1);
  assert.not.match(index, /<img|onerror=alert\(1\)>/);
  assert.match(index, "<h2>Others</h2>");
  assert.match(renderIndex([]), "There are no recordings here.");
});

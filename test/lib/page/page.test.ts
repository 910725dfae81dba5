import { renderCommand } from "../../../src/lib/page/command.ts";
import { renderDocument } from "../../../src/lib/page/document.ts";
import { counted, duration } from "../../../src/lib/page/figures.ts";
import { fit } from "../../../src/lib/page/fit.ts";
import { html, plain, shown } from "../../../src/lib/page/html.ts";
import { embedJson } from "../../../src/lib/page/json.ts";
import { cut, visible } from "../../../src/lib/visible.ts";
import { HOSTILE } from "../../support/compare_reports.ts";

const text = suite("page: text");

/** What no page may contain. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/u;

/** Decodes entities as a browser does. */
function decode(markup: string): string {
  const characters = new Map(Object.entries({ amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'" }));
  return markup.replace(/&([^;]+);/g, (_, name) => characters.get(name) ?? "?");
}

for (const hostile of HOSTILE) {
  text(`is inert in an element and in an attribute: ${JSON.stringify(hostile)}`, () => {
    const { markup } = html`<b title="${hostile}">${hostile}</b>`;
    const [, title = "", inner = ""] = /^<b title="([^"<>]*)">([^<>]*)<\/b>$/.exec(markup) ?? [];
    assert.is(title, inner);
    assert.is(decode(inner), visible(hostile));
    assert.not.match(markup, UNSEEN);
    assert.not.match(shown(hostile).markup, UNSEEN);
    assert.not.match(plain(hostile), UNSEEN);
    const tags = shown(hostile).markup.match(/<[^>]*>/g) ?? [];
    const own = ["<i>", "</i>", "<bdi>", "</bdi>"];
    none(tags, (tag) => !own.includes(tag));
  });
}

text("shows invisible characters as escapes", () => {
  const cases = {
    "a\nb\tc\r": "a\\nb\\tc\\r",
    "\0\x1b\x7f\x9f": "\\x00\\x1b\\x7f\\x9f",
    "\u202e\u2066\u200f\u061c": "\\u{202e}\\u{2066}\\u{200f}\\u{61c}",
    "\ud800x\udc00": "\\u{d800}x\\u{dc00}",
    "\u00a0\u3000\u2028\ufeff": "\\xa0\\u{3000}\\u{2028}\\u{feff}",
    "\u{e0041}\u3164\uffff": "\\u{e0041}\\u{3164}\\u{ffff}",
    "a\u0301\u0302\u0303": "a\u0301\u0302\\u{303}",
    "é 字 \u{1f600} אב": "é 字 \u{1f600} אב",
  };
  for (const [given, expected] of Object.entries(cases)) assert.is(visible(given), expected);
});

text("marks escapes, but not text that looks like one", () => {
  assert.is(shown("\\n\n").markup, "\\n<i>\\n</i>");
});

text("isolates right-to-left text", () => {
  assert.is(shown("אב").markup, "<bdi>אב</bdi>");
  assert.is(shown("ab").markup, "ab");
});

text("is cut between characters, with the number of omitted ones", () => {
  assert.equal(cut("abc", 3), { text: "abc", rest: 0 });
  assert.equal(cut("ab\u{1f600}c", 3), { text: "ab", rest: 3 });
  assert.is(plain("x".repeat(2000), 10), `${"x".repeat(10)}… (1,990 more)`);
  assert.match(shown("x".repeat(2000), 10).markup, "(1,990 more)");
});

text("of a template stays markup inside another template", () => {
  assert.is(
    html`<p>${html`<b>${1}</b>`}${[html`<i></i>`, html`<u></u>`]}</p>`.markup,
    "<p><b>1</b><i></i><u></u></p>",
  );
});

text("of a command has a copy button only if it is shown unchanged", () => {
  assert.match(renderCommand("stublab doctor", "it").markup, /^<div class="command"/);
  for (const other of ["stublab 'a\nb'", "stublab '\u202e'", `stublab ${"x".repeat(5000)}`]) {
    assert.match(renderCommand(other, "it").markup, /^<code>/);
  }
});

const json = suite("page: embedded JSON");

json("is unchanged, in an element that it cannot end", () => {
  const value = { list: HOSTILE, nothing: null, "</script>": "<!--\u2028\u{e0041}", n: 1.5 };
  const { markup } = embedJson("data", value);
  const [, inner = ""] =
    /^<script type="application\/json" id="data">(.*)<\/script>$/s.exec(markup) ?? [];
  assert.not.match(inner, /[<>&]/);
  assert.not.match(inner, UNSEEN);
  assert.equal(JSON.parse(inner), value);
});

json("has words as hex strings", () => {
  assert.match(embedJson("data", { word: 2n ** 64n - 1n }).markup, '"word":"0xffffffffffffffff"');
});

const documents = suite("page: document");

const page = (scripts: (() => void)[], styles = ["p { color: red }"]) =>
  renderDocument({ title: "<Title>\n", styles, scripts, body: html`<p>text</p>` });

documents("refuse code that would end its own element", () => {
  assert.throws(() => page([], ["</style>"]), /contain "<\/style"/);
  assert.throws(() => page([() => document.title.concat("<!--")]), /contain "<!--"/);
});

const figures = suite("page: figures");

figures("are grouped, short, and of the right number", () => {
  assert.is(counted(1, "case"), "1 case");
  assert.is(counted(200000, "case"), "200,000 cases");
  assert.equal([330, 9994, 9996, 12_400, 99_960, 200_000].map(duration), [
    ...["0.33 s", "9.99 s", "10.0 s", "12.4 s", "100 s", "3 min 20 s"],
  ]);
});

figures("of sizes are in bytes, not in characters", () => {
  assert.is(fit(["é", "é", "é"], (each) => html`${each}`, 4).length, 2);
});

// What holds for every page that stublab writes: it stands alone, runs nothing of others, and is well made.

import { createHash } from "node:crypto";
import { Script } from "node:vm";
import { allPages } from "../../support/all_pages.ts";

const pages = suite("every page");
const all = await allPages();

const matches = (markup: string, pattern: RegExp) =>
  [...markup.matchAll(pattern)].map(([, first = ""]) => first);

/** What a page may be made of: nothing that loads or runs. */
const ELEMENTS = new Set(
  (
    "html meta title style script body header main nav section article aside form label select option input button " +
    "fieldset legend details summary dialog output h1 h2 h3 h4 p div span a b i em strong bdi small code pre kbd mark " +
    "ul ol li dl dt dd table caption thead tbody tr th td br noscript colgroup col " +
    "svg g rect path text line circle figure figcaption footer link textarea"
  ).split(" "),
);

/** A page without its style and its scripts. */
const bareOf = (markup: string) => markup.replace(/<(style|script)[^>]*>.*?<\/\1>/gs, "");

for (const [name, page] of Object.entries(all)) {
  const test = (what: string, body: () => void) => pages(`${name}: ${what}`, body);
  const tags = bareOf(page).match(/<[a-z][^>]*>/gi) ?? [];
  const codes = matches(page, /<script>(.*?)<\/script>/gs);

  test("its policy allows its own style and script by hash, and no request", () => {
    const [content = ""] = matches(page, /Content-Security-Policy" content="([^"]*)"/g);
    const policy = new Map(
      content
        .replaceAll("&#39;", "'")
        .split("; ")
        .map((part) => {
          const [directive = "", ...values] = part.split(" ");
          return [directive, values.filter((value) => value !== "'wasm-unsafe-eval'").join(" ")];
        }),
    );
    const hash = (text: string) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
    const hashes = (texts: readonly string[]) => texts.map(hash).join(" ") || "'none'";
    assert.is(policy.get("style-src"), hashes(matches(page, /<style>(.*?)<\/style>/gs)));
    assert.is(policy.get("script-src"), hashes(codes));
    for (const directive of ["default-src", "base-uri", "form-action"])
      assert.is(policy.get(directive), "'none'", directive);
    for (const [directive, values] of policy)
      if (!/^(style|script)-src$/.test(directive))
        assert.match(values, directive === "img-src" ? /^data:$/ : /^'(none|script)'$/, directive);
    assert.is(content.includes("wasm-unsafe-eval"), ["protocol", "registers"].includes(name));
    assert.ok(page.indexOf("Content-Security-Policy") < page.indexOf("<style>"));
  });

  test("its script is whole, and no other is there", () => {
    for (const code of codes) {
      new Script(code);
      assert.not.match(code, /__name|__publicField|__async|\brequire\(|[^.]\beval\(/);
    }
    const data = matches(page, /<script type="application\/json"[^>]*>(.*?)<\/script>/gs);
    for (const json of data) JSON.parse(json);
    assert.is(page.match(/<script/gi)?.length ?? 0, codes.length + data.length);
    assert.is(page.match(/<\/script/gi)?.length ?? 0, codes.length + data.length);
  });

  test("its elements are of known kinds, and load and run nothing", () => {
    const names = tags.map((tag) => /^<(\w+)/.exec(tag)?.[1] ?? "");
    none([...new Set(names)], (each) => !ELEMENTS.has(each));
    for (const tag of tags)
      assert.not.match(
        tag.replace(/="[^"]*"/g, "="),
        / (on\w+|src|srcset|style|action|ping)=/,
        tag,
      );
    assert.not.match(page, /@import|url\((?!#)/);
    for (const target of matches(bareOf(page), / href="([^"]*)"/g))
      assert.match(target, /^(#|\?\w+(&(amp;)?\w+)*$|[\w-]+\.html(#|$)|data:image\/svg\+xml,)/);
  });

  test("no character is one that readers do not see; its language and encoding are declared", () => {
    const told = page.replace(/<script>.*?<\/script>/gs, "");
    assert.is(told.match(/(?!\n)[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/u), null);
    assert.match(page, /^<!DOCTYPE html>\n<html lang="en">\n<meta charset="utf-8">/);
    assert.ok(
      Buffer.byteLength(page) < (name === "recording-hostile" ? 4_000_000 : 1_500_000),
      `${Buffer.byteLength(page)} bytes`,
    );
  });

  test("each id is there once, each reference finds one; headings and tables are in order", () => {
    const ids = matches(bareOf(page), / id="([^"]*)"/g);
    assert.is(new Set(ids).size, ids.length);
    for (const pattern of [/ href="#([^"=]*)"/g, / aria-labelledby="([^"]*)"/g])
      for (const each of matches(bareOf(page), pattern)) assert.ok(ids.includes(each), each);
    const levels = matches(bareOf(page), /<h(\d)/g).map(Number);
    assert.is(levels.filter((level) => level === 1).length, 1);
    none(levels, (level, i) => level > (levels[i - 1] ?? 0) + 1);
    for (const table of matches(bareOf(page), /<table[^>]*>(.*?)<\/table>/gs))
      assert.not.match(table, /<th(?! scope=)[ >]/);
  });
}

const browser = new TestBrowser();
pages.after(() => browser.stop());

needs(pages, { chromium: CHROMIUM !== undefined })(
  "each asks a browser for nothing, and says nothing",
  async () => {
    await browser.start();
    for (const [name, page] of Object.entries(all)) {
      const file = join(browser.folder, `${name}.html`);
      writeFileSync(file, page);
      const url = pathToFileURL(file).href;
      await browser.show(url, {}, async (_, behaviour) =>
        assert.equal(behaviour, { requests: [url], messages: [], dialogs: [] }, name),
      );
    }
  },
);

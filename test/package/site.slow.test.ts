import { normalize } from "node:path";
import { inflateSync } from "node:zlib";

const site = suite("site");
const DECLARATIONS = {
  "declarations (npm run build -- --complete)": existsSync("dist/index.d.ts"),
};
const built = needs(site, DECLARATIONS);
const shown = needs(site, { ...DECLARATIONS, chromium: CHROMIUM !== undefined });

const lessons = pathToFileURL("scripts/site/lessons.mjs").href;
const folder = temporaryFolder();
const browser = new TestBrowser();

/** The longest wait for the page's answer to a key, in milliseconds: another test may use both processors. */
const WAIT = 20_000;
const files = (): readonly string[] =>
  readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) =>
    statSync(join(folder, name)).isFile(),
  );
const read = (path: string): string => readFileSync(join(folder, path), "utf8");

site.before(async () => {
  if (!existsSync("dist/index.d.ts")) return;
  await succeeded(run([process.execPath, ["scripts/site/build.mjs", folder]]));
  if (CHROMIUM !== undefined) await browser.start();
});

site.after(() => browser.stop());

/** Texts of lessons for authors, with answers. */
const TEXTS = /^docs\/lessons\/(?!README|glossary|stub-code)/;

/** The addresses that a page names. */
function linksOf(path: string): string[] {
  const markup = read(path).replaceAll(/(<(script|style)\b[^>]*>).*?<\/\2>/gs, "$1");
  return [...markup.matchAll(/ (?:href|src)="([^"]*)"/g)].map(([, link = ""]) =>
    link.replaceAll("&amp;", "&"),
  );
}

const idsOf = (path: string): string[] =>
  [...read(path).matchAll(/ (?:id|name)="([^"]*)"/g)].map(([, id = ""]) => id);

interface Node {
  readonly path?: string;
  readonly children?: readonly Node[];
}

function pathsOf({ path, children = [] }: Node): string[] {
  return [...(path === undefined ? [] : [path]), ...children.flatMap(pathsOf)];
}

built("every link leads to a file of the site, and every anchor to an element", () => {
  const all = new Set(files());
  const pages = [...all].filter((path) => path.endsWith(".html"));
  const anchored = [...all].filter((path) => /\.(html|svg)$/.test(path));
  const anchors = new Map(anchored.map((path) => [path, new Set(idsOf(path))]));
  const isBroken = (page: string, link: string): boolean => {
    if (/^(https?|data):/.test(link)) return false;
    const [path = "", anchor] = decodeURI(link)
      .replace(/\?[\w&]+$/, "")
      .split("#");
    const target = path === "" ? page : normalize(join(dirname(page), path));
    if (!all.has(target)) return true;
    // What scripts look for.
    if (anchor === undefined || anchor === "" || page.startsWith("lessons/")) return false;
    return anchors.get(target)?.has(anchor) !== true;
  };
  const broken = pages.flatMap((page) =>
    linksOf(page)
      .filter((link) => isBroken(page, link))
      .map((link) => `${page}: ${link}`),
  );
  assert.equal(broken, []);
  // A script makes the navigation of this.
  const [, packed = ""] = /"(.*)"/.exec(read("assets/navigation.js")) ?? [];
  const nodes: Node[] = JSON.parse(inflateSync(Buffer.from(packed, "base64")).toString());
  const paths = nodes.flatMap(pathsOf);
  assert.ok(paths.includes("docs/cli.html"));
  none(paths, (path) => isBroken("index.html", path));
});

built("has each page of docs/, the reference of each entry, the rules and the lessons", () => {
  const all = new Set(files());
  const documents = readdirSync("docs", { recursive: true, encoding: "utf8" });
  const expected = [
    ...documents.filter((name) => name.endsWith(".md")).map((name) => `docs/${name}`),
    ...["api/stublab.md", "api/stublab/compare.md", "api/stublab/Tracer.md"],
    ...[
      "docs/model_rules-arm64.md",
      "lessons/grandchild.md",
      "lessons/registers.md",
      "lessons/protocol.md",
    ],
  ];
  const isShown = (name: string) => all.has(name.replace(/\.md$/, ".html"));
  none(expected, (name) => isShown(name) === TEXTS.test(name));
});

built(
  "its home leads to the lessons, the cascade, the protocol, the registers and the documents",
  () => {
    const doors = ["index", "cascade", "protocol", "registers"].map(
      (name) => `lessons/${name}.html`,
    );
    none([...doors, "docs/README.html"], (door) => !linksOf("index.html").includes(door));
    const home = /href="([^"]*)"[^>]*>lessons</.exec(read("index.html"));
    assert.is(home?.[1], "lessons/index.html");
  },
);

built("pages of lessons and documents lead to each other", () => {
  for (const name of ["index", "host", "protocol", "registers"])
    assert.ok(linksOf(`lessons/${name}.html`).includes("../docs/README.html"));
  for (const name of ["docs/compare.html", "docs/fuzzing-tutorial.html"])
    assert.ok(linksOf(name).includes("../lessons/index.html"));
  assert.ok(linksOf("docs/fuzzing-tutorial.html").includes("../lessons/stale-orig-rax.html"));
});

built("links to pages show a picture, and all pages have an icon", async () => {
  const pictureOf = (page: string) => /og:image" content="(.*)"/.exec(read(page))?.[1];
  const names = ["host", "protocol", "registers"];
  for (const base of ["", "https://example.org/stublab"]) {
    const { publishLessons } = await import(lessons);
    await publishLessons(folder, base);
    const at = base === "" ? "" : `${base}/lessons/`;
    for (const name of names) {
      const expected = CHROMIUM === undefined ? undefined : `${at}${name}.png`;
      assert.is(pictureOf(`lessons/${name}.html`), expected);
      if (expected !== undefined)
        assert.match(readFileSync(join(folder, `lessons/${name}.png`), "latin1"), /^.PNG/);
    }
  }
  const page = read("lessons/host.html");
  assert.match(page, '<link rel="canonical" href="https://example.org/stublab/lessons/host.html">');
  none(
    ["index.html", "docs/cli.html", "lessons/index.html"],
    (path) => !/rel="icon"/.test(read(path)),
  );
});

for (const base of ["example.org/stublab", "/stublab", "file:///srv/site", "https://", "stublab"])
  site(`--base refuses what is not an absolute http address: ${base}`, async () => {
    const to = join(temporaryFolder(), "site");
    const args = ["scripts/site/build.mjs", "--base", base, to];
    const { code, stderr } = await run([process.execPath, args]);
    assert.equal([code, existsSync(to)], [2, false]);
    assert.match(
      stderr,
      `--base: expected an address such as https://example.org/stublab, got "${base}"`,
    );
  });

site("--help prints help, and builds nothing", async () => {
  const { code, stdout } = await run([process.execPath, ["scripts/site/build.mjs", "--help"]]);
  assert.equal([code, existsSync("--help")], [0, false]);
  assert.match(stdout, /^usage: npm run site/);
});

shown("a search for a question, a command or a task finds the document", () =>
  browser.show(pathToFileURL(join(folder, "index.html")).href, {}, async (page) => {
    await page.click("#tsd-search-trigger");
    for (const [words, title] of [
      ["why may I not attach", "What is this process?"],
      ["explain", "What is this process?"],
      ["wait-options", "Tasks"],
      ["clone-registers", "Tasks"],
      ["Tracer", "stublab.Tracer"],
    ] as const) {
      // The dialog opens slowly, and what is typed before that is lost.
      const typed = async () => {
        await page.click("#tsd-search-input", { clickCount: 3 });
        await page.type("#tsd-search-input", words);
        return words === (await page.$eval("input#tsd-search-input", (field) => field.value));
      };
      assert.ok(await eventually(typed, WAIT), `${words} was not typed`);
      const first = () =>
        page.$eval("#tsd-search-results", (all) => all.querySelector("li")?.textContent ?? "");
      const isFirst = async () =>
        (await first()).replaceAll(/\s/g, "") === title.replaceAll(" ", "");
      assert.ok(await eventually(isFirst, WAIT), `${words}: ${await first()}`);
    }
  }),
);

for (const path of [
  "index.html",
  "docs/compare.html",
  "api/stublab.html",
  "api/stublab/Tracer.html",
  "lessons/index.html",
]) {
  for (const view of [{ scheme: "light" }, { scheme: "dark", width: 390 }] as const) {
    shown(`${path} asks for nothing outside, and is accessible (${view.scheme})`, async () => {
      const url = pathToFileURL(join(folder, path)).href;
      await browser.show(url, view, async (page, { requests }) => {
        if (!path.startsWith("lessons/"))
          await page.waitForSelector("#tsd-nav-container .tsd-accordion-summary");
        assert.equal(await complaints(page), []);
        const width = await page.evaluate(() => document.documentElement.scrollWidth);
        assert.ok(width <= (page.viewport()?.width ?? 0));
        const own = pathToFileURL(folder).href;
        none(requests, (request) => !request.startsWith(own) && !request.startsWith("data:"));
      });
    });
  }
}

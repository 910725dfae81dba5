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
      .replace(/\?\w+$/, "")
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
    ...["docs/model_rules-arm64.md", "lessons/grandchild.md", "lessons/registers.md"],
  ];
  none(expected, (name) => !all.has(name.replace(/\.md$/, ".html")));
});

built("with the project's address, pages of lessons name theirs and their picture's", async () => {
  const { publishLessons } = await import(lessons);
  publishLessons(folder, "https://example.org/stublab");
  const page = read("lessons/host.html");
  assert.match(page, '<link rel="canonical" href="https://example.org/stublab/lessons/host.html">');
  assert.match(page, 'og:image" content="https://example.org/stublab/lessons/host.svg"');
});

/** Faults of TypeDoc's tree of links, and of a heading in its examples. */
const OF_TYPEDOC = /^(nested-interactive|heading-order): /;

for (const path of ["index.html", "docs/compare.html", "api/stublab/Tracer.html"]) {
  for (const view of [{ scheme: "light" }, { scheme: "dark", width: 390 }] as const) {
    shown(`${path} asks for nothing outside, and is accessible (${view.scheme})`, async () => {
      const url = pathToFileURL(join(folder, path)).href;
      await browser.show(url, view, async (page, { requests }) => {
        await page.waitForSelector(".tsd-navigation a[href]");
        none(await complaints(page), (complaint) => !OF_TYPEDOC.test(complaint));
        const width = await page.evaluate(() => document.documentElement.scrollWidth);
        assert.ok(width <= (page.viewport()?.width ?? 0));
        const own = pathToFileURL(folder).href;
        none(requests, (request) => !request.startsWith(own) && !request.startsWith("data:"));
      });
    });
  }
}

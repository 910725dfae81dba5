// Renders pages and the reference of the library by TypeDoc.

import { readFileSync, writeFileSync } from "node:fs";
import { register } from "node:module";
import { join, resolve } from "node:path";
import { loadTables } from "../sources.mjs";
import { SITE } from "./pages.mjs";

const REFERENCE = "API reference";
const OPTIONS = "build/site_tsconfig.json";
const { name, repository, exports } = JSON.parse(readFileSync("package.json", "utf8"));
/** Without the protocol of git, which npm requires. */
const address = repository.url.replaceAll(/^git\+|\.git$/g, "");
/** The declarations of each entry. */
const ENTRIES = Object.entries(exports).flatMap(([entry, { types }]) =>
  types === undefined ? [] : [[entry.replace(".", name), types]],
);

/**
 * @param hasLessons whether lessons/ will have the lessons and the pages of registers and schedules
 * @param base where the site will be published; may be empty
 */
export async function renderSite(folder, { readme, documents, groups }, { hasLessons, base }) {
  // TypeDoc needs the compiler as a library, which TypeScript 7 does not offer yet.
  const hook = `export const resolve = (name, context, next) =>
    next(name === "typescript" ? "typescript-5.9" : name, context);`;
  register(`data:text/javascript,${encodeURIComponent(hook)}`);
  const { Application, IndexEvent, JSX, Renderer, RendererEvent, StructureRouter } = await import(
    "typedoc"
  );

  const types = ENTRIES.map(([, path]) => resolve(path));
  const compilerOptions = {
    target: "es2022",
    module: "esnext",
    moduleResolution: "bundler",
    types: ["node"],
  };
  writeFileSync(OPTIONS, JSON.stringify({ compilerOptions, files: types }));
  const app = await Application.bootstrap({
    name,
    readme,
    projectDocuments: documents,
    entryPoints: types,
    tsconfig: OPTIONS,
    groupOrder: [...groups, REFERENCE],
    navigation: { includeGroups: true },
    sortEntryPoints: false,
    searchInComments: true,
    searchInDocuments: true,
    disableSources: true,
    excludeExternals: true,
    includeHierarchySummary: false,
    validation: { notExported: false },
    highlightLanguages: ["c", "go", "javascript", "json", "sh", "typescript", "yaml", "zig"],
    ignoredHighlightLanguages: ["console"],
    // "stopped.gs" is not an address.
    markdownItOptions: { html: true, linkify: false },
    markdownItLoader: (parser) => parser.core.ruler.push("plain headings", plainHeadings),
    lightHighlightTheme: "github-light-high-contrast",
    customCss: "scripts/site/style.css",
    hideGenerator: true,
    router: "repository",
    ...(base && { hostedBaseUrl: base }),
    navigationLinks: {
      ...(hasLessons && { Lessons: `${SITE}lessons/index.html` }),
      ...(hasLessons && { Registers: `${SITE}lessons/registers.html` }),
      ...(hasLessons && { "Who runs next?": `${SITE}lessons/protocol.html` }),
      Documents: `${SITE}docs/README.html`,
      ...(address !== "" && { Repository: address }),
    },
  });
  app.renderer.defineRouter("repository", pathsOf(StructureRouter));
  app.internationalization.addTranslations("en", { kind_plural_module: REFERENCE });
  const { ICON } = await loadTables(["src/lib/page/document.ts"]);
  app.renderer.hooks.on("head.end", () => JSX.createElement("link", { rel: "icon", href: ICON }));
  app.renderer.on(RendererEvent.BEGIN, () => {
    const { theme } = app.renderer;
    const tree = theme.buildNavigation;
    theme.buildNavigation = (project) => tree.call(theme, project).flatMap(flatten);
  });
  app.renderer.on(IndexEvent.PREPARE_INDEX, (event) => {
    // A question is rather one about the document whose line in the index has its words. The index of a search takes long
    // texts for less important: all others have a text of a usual length.
    event.searchFieldWeights.about = 30;
    for (const [i, { frontmatter }] of event.searchResults.entries())
      event.searchFields[i].about = frontmatter?.about ?? "zz ".repeat(40);
  });
  app.renderer.on(Renderer.EVENT_END_PAGE, (page) => {
    const [before, ...after] = page.contents.split(/(?=<section class="tsd-panel-group)/);
    // The headings of a comment on the whole page follow that of the page.
    page.contents = [before.replaceAll(/(?<=<\/?)h4(?=[ >])/g, "h2"), ...after]
      .join("")
      .replace(/<h5( class="tsd-index-heading.*?)<\/h5>/, "<h2$1</h2>")
      .replace('id="tsd-sidebar-links"', '$& aria-label="Site"')
      .replaceAll(SITE, "../".repeat(page.url.split("/").length - 1))
      // A link in a button cannot be reached.
      .replaceAll(/<summary.*?<\/summary>/gs, (head) => head.replaceAll(/<a .*?<\/a>/gs, ""))
      // A folder has an index only on a server.
      .replaceAll(/(?<=href="(?:\.\.\/)+)"/g, 'index.html"')
      // What a screen reader and the keyboard need of a page of TypeDoc.
      .replace('class="col-content"', '$& role="main"')
      .replace('class="page-menu"', '$& role="complementary"')
      .replaceAll("<table>", '<div class="scroll" tabindex="0">$&')
      .replaceAll("</table>", "$&</div>");
  });
  const project = await app.convert();
  if (project === undefined) throw new Error("no declarations: npm run build -- --complete");
  for (const [i, module] of project.children.entries()) module.name = ENTRIES[i][0];
  await app.generateDocs(project, folder);
  dropLetters(join(folder, "assets/main.js"));
  if (app.logger.hasErrors() || app.logger.hasWarnings())
    throw new Error("the site has faults: see above");
}

/** A name in the tree that is a link, and opens, cannot be reached by keys: what is below a page follows it, or is on it. */
function flatten({ children = [], ...node }) {
  if (node.path === undefined) return [{ ...node, children: children.flatMap(flatten) }];
  return [node, ...(node.path.startsWith("api/") ? [] : children.flatMap(flatten))];
}

/** A search takes each word for a part of words: the "I" of a question would find all that have an i. */
function dropLetters(path) {
  const script = readFileSync(path, "utf8");
  const changed = script.replace(/(?<=split\(" "\)\.map\((\w)=>)\1\.length(?=\?)/, "$1.length>1");
  if (changed === script) throw new Error(`${path} has no search that is known`);
  writeFileSync(path, changed);
}

/** TypeDoc leaves code out of the anchor of a heading, and out of the list of headings. */
function plainHeadings({ tokens }) {
  const headings = tokens.filter((_, i) => tokens[i - 1]?.type === "heading_open");
  for (const { children } of headings) {
    for (const child of children) if (child.type === "code_inline") child.type = "text";
  }
}

/** A router by which a page is at its path in the repository, and the reference below api/. */
function pathsOf(StructureRouter) {
  return class extends StructureRouter {
    getIdealBaseName(target) {
      return target.frontmatter?.path ?? `api/${super.getIdealBaseName(target)}`;
    }
  };
}

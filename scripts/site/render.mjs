// Renders pages and the reference of the library by TypeDoc.

import { readFileSync, writeFileSync } from "node:fs";
import { register } from "node:module";
import { resolve } from "node:path";

const REFERENCE = "API reference";
const OPTIONS = "build/site_tsconfig.json";
const { name, repository, exports } = JSON.parse(readFileSync("package.json", "utf8"));
const LESSONS = [
  ["lessons/index.html", "Walk through the lessons"],
  ["lessons/registers.html", "Try registers"],
];
/** Without the protocol of git, which npm requires. */
const address = repository.url.replaceAll(/^git\+|\.git$/g, "");
/** The declarations of each entry. */
const ENTRIES = Object.entries(exports).flatMap(([entry, { types }]) =>
  types === undefined ? [] : [[entry.replace(".", name), types]],
);

/**
 * @param hasLessons whether lessons/ will have the lessons and the page of registers
 * @param base where the site will be published; may be empty
 */
export async function renderSite(folder, { readme, documents, groups }, { hasLessons, base }) {
  // TypeDoc needs the compiler as a library, which TypeScript 7 does not offer yet.
  const hook = `export const resolve = (name, context, next) =>
    next(name === "typescript" ? "typescript-5.9" : name, context);`;
  register(`data:text/javascript,${encodeURIComponent(hook)}`);
  const { Application, JSX, Renderer, StructureRouter } = await import("typedoc");

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
    navigationLinks: address === "" ? {} : { Repository: address },
  });
  app.renderer.defineRouter("repository", pathsOf(StructureRouter));
  app.internationalization.addTranslations("en", { kind_plural_module: REFERENCE });
  const doors = hasLessons ? LESSONS : [];
  app.renderer.hooks.on("sidebar.begin", (context) => {
    const link = ([path, text]) =>
      JSX.createElement("a", { href: context.relativeURL(path) }, text);
    return JSX.createElement("nav", { class: "doors", "aria-label": "Labs" }, ...doors.map(link));
  });
  app.renderer.on(Renderer.EVENT_END_PAGE, (page) => {
    page.contents = page.contents
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
  if (app.logger.hasErrors() || app.logger.hasWarnings())
    throw new Error("the site has faults: see above");
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

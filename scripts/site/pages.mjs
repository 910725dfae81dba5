// The pages that TypeDoc renders: copies of those of the repository, and data, each with a head that says its place.

import { cpSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { MACHINES } from "../compilers.mjs";
import { museumPage, rulesPage, scoreboardPage, tasksTable } from "./data.mjs";

/** They stand at their paths in the repository, so that links between them hold. */
const FOLDER = "build/site_pages";
const [INDEX, TASKS] = ["docs/README.md", "docs/tasks.md"];
/** What pages link to. */
const COPIED = [
  "docs",
  "examples",
  "src/core/README.md",
  "src/fast/README.md",
  "CONTRIBUTING.md",
  "CHANGELOG.md",
];

/** Texts of lessons: with answers, for those who write lessons. A reader of the site walks through the lessons instead. */
const TEXTS = /^docs\/lessons\/(?!README|glossary|stub-code)[\w-]+\.md$/;
/** Before a path of the site, until a page is rendered that knows its own. */
export const SITE = "site://";

const write = (path, text) => writeFileSync(join(FOLDER, path), text);

/**
 * @param lessons the files of their pages
 * @returns the first page, and the others in the order of the index, with their groups: their readers
 */
export async function stagePages(lessons) {
  rmSync(FOLDER, { recursive: true, force: true });
  for (const path of COPIED) cpSync(path, join(FOLDER, path), { recursive: true });
  // TypeDoc writes the name of the project above it.
  const readme = readFileSync("README.md", "utf8").replace(/^# .*\n/, "");
  const doors = readFileSync("scripts/site/doors.md", "utf8");
  const home =
    lessons.length === 0
      ? readme
      : readme
          .replace("(docs/lessons/README.md)", `(${SITE}lessons/index.html)`)
          .replace("```sh\n", `${doors}$&`);
  write("README.md", home);
  const tasks = tasksTable();
  write(TASKS, `${readFileSync(TASKS, "utf8")}\n## All tasks\n\n${tasks}`);
  for (const name of readdirSync("docs/lessons"))
    if (TEXTS.test(`docs/lessons/${name}`)) rmSync(join(FOLDER, "docs/lessons", name));
  for (const arch of MACHINES) write(`docs/model_rules-${arch}.md`, rulesPage(arch));
  write("docs/kernels_scoreboard.md", scoreboardPage());
  write("docs/museum_catalogue.md", await museumPage());
  const listed = [
    { path: INDEX, title: "All pages", group: "Everybody" },
    ...listedIn(readFileSync(INDEX, "utf8")),
    { path: "CHANGELOG.md", title: "Changes", group: "Maintainer" },
  ];
  for (const { path, title, group, about: told = "" } of listed) {
    // What a search finds it by.
    const names = path === TASKS ? tasks.match(/(?<=`)[\w-]+(?=`)/g) : [basename(path, ".md")];
    const about = [told, ...names].join(" ");
    const children = childrenOf(path);
    for (const child of children) addHead(join(dirname(path), child), {}, lessons);
    addHead(path, { title, group, about, ...(children.length > 0 && { children }) }, lessons);
  }
  return {
    readme: join(FOLDER, "README.md"),
    documents: listed.map(({ path }) => join(FOLDER, path)),
    groups: [...new Set(listed.map(({ group }) => group))],
  };
}

/** The pages of the index, each a row or an item that begins with a link, below a head that names readers. */
function listedIn(index) {
  let group = "";
  return index.split("\n").flatMap((line) => {
    const [, title, link, about] = /^(?:\||-) \[(.+?)\]\((.+?)\):? ?(.*)/.exec(line) ?? [];
    if (title !== undefined) return { path: join(dirname(INDEX), link), title, group, about };
    const [, head] = /^(?:\||##+) \W*([a-z][\w ]*\w)/i.exec(line) ?? [];
    if (head !== undefined) group = head[0].toUpperCase() + head.slice(1);
    return [];
  });
}

/** The pages below one: those of the folder of which it is the README, and MODEL_x.md below MODEL.md. */
function childrenOf(path) {
  const [folder, stem] = [dirname(path), basename(path, ".md")];
  if (path === INDEX || folder === ".") return [];
  const text = readFileSync(join(FOLDER, path), "utf8");
  // Pages without a link come last.
  const place = (name) => text.indexOf(`(${name}`) >>> 0;
  return readdirSync(join(FOLDER, folder))
    .filter((name) => name.endsWith(".md") && name !== basename(path))
    .filter((name) => stem === "README" || name.startsWith(`${stem}_`))
    .sort((a, b) => place(a) - place(b));
}

/** A text whose links to texts of lessons lead to their pages; links to others become plain text. */
const walkable = (path, text, lessons) =>
  text.replaceAll(/\[([^\]]+)\]\(([\w./-]+\.md)(?:#[^)]*)?\)/g, (link, words, to) => {
    if (!TEXTS.test(join(dirname(path), to))) return link;
    const page = `${basename(to, ".md")}.html`;
    return lessons.includes(page) ? `[${words}](${SITE}lessons/${page})` : words;
  });

function addHead(path, head, lessons) {
  const file = join(FOLDER, path);
  // A link to a folder leads nowhere on a site.
  const text = walkable(path, readFileSync(file, "utf8"), lessons).replaceAll(
    /\[([^\]]+)\]\(([^):#]+)\)/g,
    (link, words, to) =>
      statSync(join(dirname(file), to), { throwIfNoEntry: false })?.isDirectory() ? words : link,
  );
  const [, heading] = /^# (.*)$/m.exec(text);
  const rows = Object.entries({ title: heading, ...head, path: path.replace(/\.md$/, "") });
  const lines = rows.map(([key, value]) => `${key}: ${JSON.stringify(value)}\n`);
  writeFileSync(file, `---\n${lines.join("")}---\n\n${text}`);
}

// The pages that TypeDoc renders: copies of those of the repository, and data, each with a head that says its place.

import { cpSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { MACHINES } from "../compilers.mjs";
import { museumPage, rulesPage, scoreboardPage } from "./data.mjs";

/** They stand at their paths in the repository, so that links between them hold. */
const FOLDER = "build/site_pages";
const INDEX = "docs/README.md";
/** What pages link to. */
const COPIED = [
  "docs",
  "examples",
  "src/core/README.md",
  "src/fast/README.md",
  "CONTRIBUTING.md",
  "CHANGELOG.md",
];

const write = (path, text) => writeFileSync(join(FOLDER, path), text);

/** @returns the folder, the first page, and the others in the order of the index, with their groups: their readers */
export async function stagePages() {
  rmSync(FOLDER, { recursive: true, force: true });
  for (const path of COPIED) cpSync(path, join(FOLDER, path), { recursive: true });
  // TypeDoc writes the name of the project above it.
  write("README.md", readFileSync("README.md", "utf8").replace(/^# .*\n/, ""));
  for (const arch of MACHINES) write(`docs/model_rules-${arch}.md`, rulesPage(arch));
  write("docs/kernels_scoreboard.md", scoreboardPage());
  write("docs/museum_catalogue.md", await museumPage());
  const listed = [
    { path: INDEX, title: "All pages", group: "Everybody" },
    ...listedIn(readFileSync(INDEX, "utf8")),
    { path: "CHANGELOG.md", title: "Changes", group: "Maintainer" },
  ];
  for (const { path, title, group } of listed) {
    const children = childrenOf(path);
    for (const child of children) addHead(join(dirname(path), child), {});
    addHead(path, { title, group, ...(children.length > 0 && { children }) });
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
    const [, title, link] = /^(?:\||-) \[(.+?)\]\((.+?)\)/.exec(line) ?? [];
    if (title !== undefined) return { path: join(dirname(INDEX), link), title, group };
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

function addHead(path, head) {
  const file = join(FOLDER, path);
  // A link to a folder leads nowhere on a site.
  const text = readFileSync(file, "utf8").replaceAll(
    /\[([^\]]+)\]\(([^):#]+)\)/g,
    (link, words, to) =>
      statSync(join(dirname(file), to), { throwIfNoEntry: false })?.isDirectory() ? words : link,
  );
  const [, heading] = /^# (.*)$/m.exec(text);
  const rows = Object.entries({ title: heading, ...head, path: path.replace(/\.md$/, "") });
  const lines = rows.map(([key, value]) => `${key}: ${JSON.stringify(value)}\n`);
  writeFileSync(file, `---\n${lines.join("")}---\n\n${text}`);
}

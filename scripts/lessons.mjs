// The texts of lessons: docs/lessons/, which is their one home, as data for recordings, pages and the terminal.

import { readFileSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { files, makerOf } from "./sources.mjs";

const makeFrom = makerOf(import.meta.url);

const FOLDER = "docs/lessons";
const PLAYS = "src/labs/record/plays";

/**
 * Not lessons: texts that several lessons share, the terms of arm64, the glossary, the assignments, and the stub code line by
 * line.
 */
const COMMON = "common";
const TERMS = "arm64";
const GLOSSARY = "glossary";
const TASKS = "tasks";
const CODE = { amd64: "stub-code-amd64", arm64: "stub-code-arm64" };
const OTHERS = ["README", COMMON, TERMS, GLOSSARY, TASKS, ...Object.values(CODE)];

/** How code names a text: say("id"), say.parts("id"), common("id"). */
const NAMED = /\b(?:say|common)(?:\.parts)?\(\s*"([^"]+)"/g;

/** The suffix of a text that only arm64 has, in place of the one without it. */
const ON_ARM64 = / \(arm64\)$/;

/** What type-checks the ids that plays name. */
const IDS = `${PLAYS}/ids.ts`;

/** Writes the types of the ids, and dist/lessons.json. An id that no play names fails, and so does one without a text. */
export async function buildLessonTexts() {
  const pages = files(FOLDER, ".md");
  const code = files("src/labs/record", ".ts");
  await makeFrom(IDS, pages, async () => writeFileSync(IDS, typesOf(await readPages(pages))));
  await makeFrom("dist/lessons.json", [...pages, ...code], async () => {
    const { lessons, common, markdown } = await readPages(pages);
    const used = new Set(code.flatMap(namedIn));
    expectNamed(COMMON, common, used);
    for (const [name, page] of Object.entries(lessons)) {
      const play = `${PLAYS}/${name.replaceAll("-", "_")}.ts`;
      expectNamed(name, page, new Set(namedIn(play)));
      if (page.try.length === page.key.length) continue;
      throw new Error(`${FOLDER}/${name}.md: the key needs one answer for each item of "Try it"`);
    }
    const glossary = parseGlossary(markdown);
    expectTold(glossary, pages);
    const texts = {
      lessons,
      common: common.moments,
      terms: tableOf(markdown, TERMS),
      glossary,
      tasks: parseTasks(markdown),
      stubCode: Object.fromEntries(
        Object.entries(CODE).map(([arch, name]) => [arch, parseCode(markdown, name)]),
      ),
    };
    writeFileSync("dist/lessons.json", `${JSON.stringify(texts)}\n`);
  });
}

async function readPages(pages) {
  const { default: MarkdownIt } = await import("markdown-it");
  const markdown = new MarkdownIt();
  const names = pages.map((path) => basename(path, ".md")).filter((name) => !OTHERS.includes(name));
  const lessons = Object.fromEntries(names.map((name) => [name, parsePage(markdown, name)]));
  return { markdown, lessons, common: parsePage(markdown, COMMON) };
}

const namedIn = (path) => [...readFileSync(path, "utf8").matchAll(NAMED)].map(([, id]) => id);

const idsOf = ({ moments }) => [
  ...new Set(Object.keys(moments).map((id) => id.replace(ON_ARM64, ""))),
];

/** Each text must be named, by its id or by that of its parts. */
function expectNamed(page, texts, used) {
  const unused = idsOf(texts).find((id) => !used.has(id) && !used.has(id.split(".")[0]));
  if (unused === undefined) return;
  throw new Error(`${FOLDER}/${page}.md: no code names the text "${unused}"`);
}

/** For each page the ids of its texts, each with the names of its parts. */
function typesOf({ lessons, common }) {
  const rows = (page) => {
    const parts = new Map();
    for (const id of idsOf(page)) {
      const [base, part] = id.split(".");
      parts.set(base, [...(parts.get(base) ?? []), ...(part === undefined ? [] : [part])]);
    }
    return [...parts].map(([id, names]) => {
      const union = names.map((name) => JSON.stringify(name)).join(" | ") || "never";
      return `    ${JSON.stringify(id)}: ${union};\n`;
    });
  };
  const pages = Object.entries({ ...lessons, [COMMON]: common });
  const members = pages.map(
    ([name, page]) => `  ${JSON.stringify(name)}: {\n${rows(page).join("")}  };\n`,
  );
  return `// Written by the build from docs/lessons/.\n\nexport interface Ids {\n${members.join("")}}\n`;
}

/** The rows of a table, without its head: pairs of words. */
function tableOf(markdown, name) {
  const rows = [];
  for (const token of readPage(markdown, name)) {
    if (token.type === "tr_open") rows.push([]);
    if (token.type === "inline" && rows.length > 0) rows.at(-1).push(textOf(token));
  }
  return rows.slice(1);
}

/**
 * A page: its title, its summary (a first paragraph in emphasis), its introduction, in which a link alone is the deed, and its
 * sections: "Moments", with a heading of the third level for each id, and of the fourth for each part of one; "Try it" and "Key", which are lists.
 */
function parsePage(markdown, name) {
  const page = { title: "", summary: "", introduction: [], moments: {}, try: [], key: [] };
  const blocks = blocksOf(readPage(markdown, name));
  let [section, id, moment, deed] = ["", "", null, null];
  const open = (key) => {
    if (Object.hasOwn(page.moments, key)) throw new Error(`${FOLDER}/${name}.md: "${key}" twice`);
    moment = page.moments[key] = { text: "" };
  };
  for (const block of blocks) {
    const { kind, level, text } = block;
    if (kind === "heading" && level === 1) page.title = text;
    else if (kind === "heading" && level === 2) [section, moment] = [text, null];
    else if (section === "" && kind === "paragraph") {
      if (block.isEmphasis && page.introduction.length === 0) page.summary = text;
      else if (block.link) deed = block;
      else page.introduction.push(text);
    } else if (section === "Moments") {
      if (kind === "heading") {
        if (level === 3) id = text.replace(ON_ARM64, "");
        open(level === 3 ? text : `${id}.${text}`);
      } else if (moment !== null) addToMoment(moment, block);
    } else if (kind === "list" && section === "Try it") page.try = block.items.map(itemText);
    else if (kind === "list" && section === "Key") page.key = block.items.map(itemText);
  }
  if (deed !== null) addDeed(page, deed);
  // A heading above parts has no text of its own.
  for (const [key, { text, question, detail }] of Object.entries(page.moments)) {
    if (text === "" && question === undefined && detail === undefined) delete page.moments[key];
  }
  return page;
}

/** The deed of a lesson: a link to the heading of a moment, whose question comes first; another moment may ask the same. */
function addDeed({ moments }, { text, link }) {
  const [, moment] = Object.entries(moments).find(([id]) => `#${id.split(".").at(-1)}` === link);
  for (const { question } of Object.values(moments))
    if (question?.text === moment.question.text) question.deed = text;
}

/**
 * The assignments: a heading of the second level for each, "NAME: TITLE", and of the third for each part. A numbered list has
 * hints, another one names and facts.
 */
function parseTasks(markdown) {
  const tasks = {};
  let task;
  let part;
  for (const { kind, level, text, items, isOrdered } of blocksOf(readPage(markdown, TASKS))) {
    if (kind === "heading" && level === 2) {
      const [, name, title] = /^([\w-]+): (.*)$/.exec(text);
      task = part = tasks[name] = { title, ...emptyPart(), names: {}, parts: {} };
    } else if (kind === "heading" && level === 3) {
      part = task.parts[text] = emptyPart();
    } else if (task === undefined) continue;
    else if (kind === "paragraph") part.text.push(text);
    else if (isOrdered) part.hints.push(...items.map(itemText));
    else for (const item of items) addRow(task.names, part.facts, itemText(item));
  }
  return tasks;
}

const emptyPart = () => ({ text: [], hints: [], facts: {} });

/** "`NAME`: MEANING", or "FACT: MEANING". */
function addRow(names, facts, item) {
  const [, row, meaning] = /^(.+?): (.*)$/.exec(item);
  if (row.startsWith("`")) names[row.slice(1, -1)] = meaning;
  else facts[row] = meaning;
}

function addToMoment(moment, { kind, text, isStrong, items }) {
  if (kind === "quote") moment.detail = text;
  else if (kind === "paragraph" && isStrong) moment.question = { text, choices: [] };
  else if (kind === "paragraph") moment.text += `${moment.text && " "}${text}`;
  else if (kind === "list") moment.question.choices = items.map(choiceOf);
}

/** "[x] The right one", and after it a paragraph with the reply. */
function choiceOf([first, ...reply]) {
  const [, mark = "", text = ""] = /^\[([ x])\] (.*)$/.exec(first) ?? [];
  if (mark === "") throw new Error(`not a choice: "${first}"`);
  return { text, reply: reply.join(" "), ...(mark === "x" && { right: true }) };
}

/** The terms, as a list: "stub, stubs: a process …". A form has one meaning. */
function parseGlossary(markdown) {
  const items = blocksOf(readPage(markdown, GLOSSARY)).flatMap((block) => block.items ?? []);
  const glossary = items.map((item) => {
    const [, forms = "", text = ""] = /^(.+?): (.*)$/.exec(itemText(item)) ?? [];
    return { forms: forms.split(", "), text };
  });
  const all = glossary.flatMap(({ forms }) => forms.map((form) => form.toLowerCase()));
  const twice = all.find((form, i) => all.indexOf(form) < i);
  if (twice !== undefined) throw new Error(`${FOLDER}/${GLOSSARY}.md: "${twice}" twice`);
  return glossary;
}

/** A term that no page has is not explained anywhere. */
function expectTold(glossary, pages) {
  const told = pages.filter((path) => basename(path, ".md") !== GLOSSARY);
  const all = told.map((path) => readFileSync(path, "utf8")).join("\n");
  const isTold = (form) => new RegExp(`(?<!\\w)${form}(?!\\w)`).test(all);
  const unused = glossary.find(({ forms }) => !forms.some(isTold));
  if (unused === undefined) return;
  throw new Error(`${FOLDER}/${GLOSSARY}.md: no page has the word "${unused.forms[0]}"`);
}

/**
 * The reasons of the stub code's instructions, by the label before them: "`syscall`: because …"; of a conditional jump, two
 * more paragraphs, "Passed: …" and "Taken: …".
 */
function parseCode(markdown, name) {
  const code = {};
  let label = "";
  for (const { kind, level, text, items } of blocksOf(readPage(markdown, name))) {
    if (kind === "heading" && level === 2) label = text;
    if (kind === "list") code[label] = items.map((item) => reasonOf(item, name));
  }
  return code;
}

function reasonOf([first, ...outcomes], name) {
  const [, text, reason] = /^`([^`]+)`(?:: (.*))?$/s.exec(first) ?? [];
  const [passed, taken] = ["Passed", "Taken"].map((word) =>
    outcomes.find((each) => each.startsWith(`${word}: `))?.slice(word.length + 2),
  );
  const why = reason ?? (passed && taken && { passed, taken });
  if (why === undefined) throw new Error(`${FOLDER}/${name}.md: no reason in "${first}"`);
  return { text, why };
}

const readPage = (markdown, name) =>
  markdown.parse(readFileSync(`${FOLDER}/${name}.md`, "utf8"), {});

const itemText = (item) => item.join(" ");

/** The blocks of a page, flat: a list has its items, each a list of paragraphs. */
function blocksOf(tokens) {
  const blocks = [];
  let list = null;
  let quote = null;
  for (const [i, token] of tokens.entries()) {
    const { type, tag } = token;
    if (type === "bullet_list_open" || type === "ordered_list_open") {
      list = { kind: "list", items: [], isOrdered: tag === "ol" };
      blocks.push(list);
    } else if (type === "bullet_list_close" || type === "ordered_list_close") list = null;
    else if (type === "list_item_open") list.items.push([]);
    else if (type === "blockquote_open") {
      quote = { kind: "quote", text: "" };
      blocks.push(quote);
    } else if (type === "blockquote_close") quote = null;
    if (type !== "inline") continue;
    const text = textOf(token);
    if (list !== null) list.items.at(-1).push(text);
    else if (quote !== null) quote.text += `${quote.text && " "}${text}`;
    else if (tokens[i - 1].type === "heading_open") {
      blocks.push({ kind: "heading", level: Number(tokens[i - 1].tag.slice(1)), text });
    } else if (tag !== "th") blocks.push({ kind: "paragraph", text, ...styleOf(token) });
  }
  return blocks;
}

/** Whether a paragraph is all in emphasis, or all strong; where it leads if it is all a link. */
function styleOf({ children }) {
  const inner = children.filter(({ type, content }) => type !== "text" || content !== "");
  const [first, last] = [inner[0]?.type, inner.at(-1)?.type];
  return {
    isEmphasis: first === "em_open" && last === "em_close",
    isStrong: first === "strong_open" && last === "strong_close",
    link: last === "link_close" && inner[0].attrGet("href"),
  };
}

/** Plain text: code keeps its backticks; of a link the words stay. */
function textOf({ children }) {
  return children
    .map(({ type, content }) => {
      if (type === "code_inline") return `\`${content}\``;
      if (type === "softbreak" || type === "hardbreak") return " ";
      return type === "text" || type === "text_special" ? content : "";
    })
    .join("");
}

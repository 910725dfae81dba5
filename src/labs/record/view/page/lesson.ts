import { type Html, html, join, NOTHING } from "../../../../lib/page/html.ts";
import { readLesson } from "../lessons.ts";

// What docs/lessons/ says beyond a recording, as parts of a page: of Markdown, the lessons use questions with their
// answers, paragraphs, lists, and marks within a line.

/** Sections that a page has: the introduction of the recording says what the first one does. */
const SECTIONS = ["Try it", "Questions", "What a kernel engineer would say"];

const QUESTION =
  /\*\*([^*]+)\*\*\n\n<details><summary>Answer<\/summary>\n\n([\s\S]*?)\n\n<\/details>/;

/**
 * The text of a lesson; nothing if there is no lesson of that name.
 *
 * @param pages the lessons that have a page beside this one
 * @param note what has to be said before it
 */
export function renderLesson(name: string, pages: ReadonlySet<string>, note?: string): Html {
  const lesson = readLesson(name);
  const sections = SECTIONS.flatMap((title) => {
    const body = lesson.get(title);
    if (body === undefined) return [];
    return html`<section class="prose"><h2>${title}</h2>
${renderBody(body, pages)}</section>
`;
  });
  const before =
    note === undefined || sections.length === 0
      ? []
      : [
          html`<p class="prose">${note}</p>
`,
        ];
  return join([...before, ...sections]);
}

function renderBody(body: string, pages: ReadonlySet<string>): Html {
  const parts = body.split(QUESTION);
  const rendered: Html[] = [];
  for (let i = 0; i < parts.length; i += 3) {
    const [text = "", question, answer = ""] = parts.slice(i, i + 3);
    rendered.push(renderBlocks(text, pages));
    if (question === undefined) continue;
    rendered.push(html`<details><summary>${renderInline(question, pages)}</summary>
${renderBlocks(answer, pages)}</details>
`);
  }
  return join(rendered);
}

function renderBlocks(body: string, pages: ReadonlySet<string>): Html {
  const blocks = body.split(/\n{2,}/).map((block) => block.trim());
  const rendered = blocks.map((block) => {
    if (block === "") return NOTHING;
    if (!block.startsWith("- "))
      return html`<p>${renderInline(block, pages)}</p>
`;
    const items = block.split(/\n(?=- )/).map((item) => renderInline(item.slice(2), pages));
    return html`<ul>${items.map(
      (item) => html`<li>${item}</li>
`,
    )}</ul>
`;
  });
  return join(rendered);
}

/** `code`, **strong**, *stressed* and [a link](to.md), in a text that has no other marks. */
const MARK = /`([^`]+)`|\*\*([^*]+)\*\*|\*([^*]+)\*|\[([^\]]+)\]\(([^)]+)\)/;

function renderInline(text: string, pages: ReadonlySet<string>): Html {
  const found = MARK.exec(text);
  if (found === null) return html`${text.replace(/\s+/g, " ")}`;
  const [whole, code, strong, stressed, label = "", to = ""] = found;
  const before = html`${text.slice(0, found.index).replace(/\s+/g, " ")}`;
  const inner = (part: string) => renderInline(part, pages);
  const marked =
    code !== undefined
      ? html`<code>${code}</code>`
      : strong !== undefined
        ? html`<strong>${inner(strong)}</strong>`
        : stressed !== undefined
          ? html`<em>${inner(stressed)}</em>`
          : renderLink(inner(label), to, pages);
  return html`${before}${marked}${inner(text.slice(found.index + whole.length))}`;
}

/** A link to another lesson, if that has a page here; others would lead nowhere. */
function renderLink(label: Html, to: string, pages: ReadonlySet<string>): Html {
  const name = to.replace(/\.md$/, "");
  if (pages.has(name)) return html`<a href="${name}.html">${label}</a>`;
  return /^https:\/\//.test(to) ? html`<a href="${to}">${label}</a>` : label;
}

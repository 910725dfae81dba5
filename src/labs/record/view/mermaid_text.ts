import { cut, visible } from "../../../lib/visible.ts";

/**
 * What is, or may be some day, more than a character to Mermaid, its comments, its mathematics or SVG. Twice, `%`
 * and `$` are; once, they stay: Mermaid makes room for what it reads, and an escape is long.
 */
const SPECIAL = /[^A-Za-z0-9 _,.()=*/+'|%$-]|[%$](?=[%$])|(?<=[%$])[%$]/gu;

/** How long a line of text is, where it can be broken, and how much of a text is shown. */
const LINE = 44;
const LIMIT = 200;

/** A text for a diagram, on one line: what Mermaid may take for its own stands there as a number. */
export function escapeText(text: string, limit = LIMIT): string {
  return escapeCharacters(shorten(text, limit));
}

/** The same broken into lines. */
export function escapeLines(text: string, limit = LIMIT): string {
  return breakLines(shorten(text, limit)).map(escapeCharacters).join("<br/>");
}

function escapeCharacters(text: string): string {
  return text.replace(SPECIAL, (character) => `#${character.codePointAt(0) ?? 0};`);
}

/** Escapes make a text longer, so it is cut once more. */
function shorten(text: string, limit: number): string {
  const seen = visible(cut(text, limit).text);
  const { text: head, rest } = cut(seen, limit);
  return rest > 0 || text.length > limit ? `${head}…` : head;
}

/** Breaks after a space, a comma or a bar; a longer word anywhere. */
function breakLines(text: string): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.match(/[^ ,|]*[ ,|]|[^ ,|]+/g) ?? []) {
    if (line !== "" && line.length + word.trimEnd().length > LINE) {
      lines.push(line.trimEnd());
      line = "";
    }
    line += word;
    for (; line.length > 2 * LINE; line = line.slice(LINE)) lines.push(line.slice(0, LINE));
  }
  return [...lines, line.trimEnd()];
}

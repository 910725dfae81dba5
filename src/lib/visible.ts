/**
 * Characters that are invisible or misleading: controls, bidi and other format characters, spaces other than the space,
 * lone surrogates, unassigned and ignorable code points; and the third and further marks on one letter.
 */
const UNSEEN = /(?! )[\p{C}\p{Z}\p{DI}]|(?<=\p{M}\p{M})\p{M}/gu;

/** Starts a colour. It is a constant because a regular expression literal must not contain a control character. */
const ESCAPE = "\x1b";

const NAMED: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

function escapeUnseen(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const named = NAMED[character];
  if (named !== undefined) return named;
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u{${code.toString(16)}}`;
}

/** Returns `text` on one line, with an escape such as `\n` or `\u{202e}` for each invisible character. */
export function visible(text: string): string {
  return text.replace(UNSEEN, escapeUnseen);
}

/**
 * Like `visible`, but keeps line feeds.
 *
 * @param colored whether to keep the colours that stublab itself writes
 */
export function visibleLines(text: string, colored = false): string {
  const parts = colored ? text.split(new RegExp(`(${ESCAPE}\\[(?:0|1|2|31|32|33)m)`)) : [text];
  return parts.map((part, i) => (i % 2 === 1 ? part : escapeInLines(part, escapeUnseen))).join("");
}

/** Returns JSON with an escape for each invisible character; line feeds are kept. */
export function visibleJson(text: string): string {
  return escapeInLines(text, escapeUnits);
}

function escapeInLines(text: string, escaped: (character: string) => string): string {
  return text.replace(UNSEEN, (found) => (found === "\n" ? found : escaped(found)));
}

/** Characters as JSON and JavaScript write them in ASCII. */
export function escapeUnits(characters: string): string {
  const unit = (_: unknown, i: number) =>
    `\\u${characters.charCodeAt(i).toString(16).padStart(4, "0")}`;
  return Array.from({ length: characters.length }, unit).join("");
}

/** Like `visible`, for output in which each character must take one column: only printable ASCII is left. */
export function narrow(text: string): string {
  return text.replace(/[^ -~]/gu, escapeUnseen);
}

/** Like `visible`, but in parts, so that escapes can be distinguished from text that looks like one. */
export function stretches(text: string): { readonly text: string; readonly escaped: boolean }[] {
  const all: { text: string; escaped: boolean }[] = [];
  const add = (more: string, escaped: boolean) => {
    const last = all.at(-1);
    if (last?.escaped === escaped) last.text += more;
    else if (more !== "") all.push({ text: more, escaped });
  };
  let end = 0;
  for (const { 0: character, index } of text.matchAll(UNSEEN)) {
    add(text.slice(end, index), false);
    add(escapeUnseen(character), true);
    end = index + character.length;
  }
  add(text.slice(end), false);
  return all;
}

/** At most `limit` UTF-16 units of `text`, in whole characters, and how many units are omitted. */
export function cut(text: string, limit: number): { readonly text: string; readonly rest: number } {
  if (text.length <= limit) return { text, rest: 0 };
  const inPair = /[\ud800-\udbff]/.test(text[limit - 1] ?? "");
  const end = inPair ? limit - 1 : limit;
  return { text: text.slice(0, end), rest: text.length - end };
}

/** How much of foreign code's messages is quoted, in UTF-16 units. */
export const LONGEST_TOLD = 300;

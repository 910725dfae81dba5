/* Long lines on a terminal, folded at words: what is broken by the terminal itself is hard to read. */

import { stripVTControlCharacters } from "node:util";

const lengthOf = (text: string): number => stripVTControlCharacters(text).length;

/** `text` with lines of at most `width` columns, as far as words let it; lines go on under their last column of text. */
export function fold(text: string, width: number): string {
  return text
    .split("\n")
    .map((line) => foldLine(line, width).join("\n"))
    .join("\n");
}

/** One line as several. */
export function foldLine(line: string, width: number): string[] {
  if (lengthOf(line) <= width) return [line];
  const start = Math.min(startOf(stripVTControlCharacters(line), width), width - 1);
  const lines: string[] = [];
  let last = "";
  for (const word of line.split(/(?<=\S)(?= )/)) {
    const isFull = lengthOf(last) + lengthOf(word) > width;
    if (isFull && last.trim() !== "") {
      lines.push(last);
      last = " ".repeat(start) + word.trimStart();
    } else last += word;
  }
  return [...lines, last];
}

/** Where the text of a line begins, behind what names it: after two spaces, in the first half. */
function startOf(line: string, width: number): number {
  const ends = [...line.matchAll(/(?:^|\S)( {2,})(?=\S)/g)]
    .map(({ index, 0: { length } }) => index + length)
    .filter((end) => end <= width / 2);
  return ends.at(-1) ?? 2;
}

/** `text` as standard output is to have it: folded where that is a terminal. */
export function folded(text: string): string {
  return process.stdout.isTTY ? fold(text, process.stdout.columns || 80) : text;
}

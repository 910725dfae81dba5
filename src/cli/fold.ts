/* Folds long lines at words, as lines that the terminal breaks itself are hard to read. */

import { stripVTControlCharacters } from "node:util";

const lengthOf = (text: string): number => stripVTControlCharacters(text).length;

/** Folds `text` to lines of at most `width` columns where words permit; continuation lines are indented to their text. */
export const fold = (text: string, width: number): string =>
  text
    .split("\n")
    .flatMap((line) => foldLine(line, width))
    .join("\n");

function foldLine(line: string, width: number): string[] {
  // A command that is folded cannot be copied.
  if (line.startsWith("  repeat ")) return [line];
  const start = startOf(stripVTControlCharacters(line), width);
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

/** The column where the text of a line begins, after its label: after two spaces, in the first half. */
function startOf(line: string, width: number): number {
  const ends = [...line.matchAll(/(?:^|\S)( {2,})(?=\S)/g)]
    .map(({ index, 0: { length } }) => index + length)
    .filter((end) => end <= width / 2);
  return ends.at(-1) ?? 2;
}

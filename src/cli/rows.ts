/* Reports of a row for each subject. */

export const number = (n: number): string => n.toLocaleString("en");

export const plural = (n: number, word: string): string =>
  `${number(n)} ${word}${n === 1 ? "" : "s"}`;

/** A row; empty if there is nothing to say. */
export function row(name: string, text: string | null | false | undefined): string {
  return text ? `${name.padEnd(13)}${text}\n` : "";
}

/* Reports of a row for each subject. */

import { count } from "../lib/page/figures.ts";

/** The first of a list, and how many more there are. */
export function first(most: number, items: readonly string[]): string {
  const more = items.length - most;
  return `${items.slice(0, most).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

/** A row about a number of things; empty if the number is 0. */
export const some = (name: string, n: number, text: string): string =>
  row(name, n > 0 && `${count(n)} ${text}`);

/** A row; empty if there is nothing to say. */
export function row(name: string, text: string | null | false | undefined): string {
  return text ? `${name.padEnd(13)}${text}\n` : "";
}

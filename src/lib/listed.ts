/** Words as a list in a sentence: "a, b and c". @param last the word before the last of them */
export function listed(words: readonly string[], last: "and" | "or" = "and"): string {
  return [words.slice(0, -1).join(", "), ...words.slice(-1)]
    .filter((part) => part)
    .join(` ${last} `);
}

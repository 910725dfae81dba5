/** Where a line may end: behind a space, and behind a `|` between flags. */
const BREAKS = /(?<=[ |])(?![ |])/;

/** `text` in lines of at most `width` characters; a word that is longer is broken. One line at least. */
export function wrap(text: string, width: number): string[] {
  const room = Math.max(1, width);
  const lines: string[] = [];
  let line = "";
  for (const piece of text.split(BREAKS)) {
    if (line !== "" && (line + piece).trimEnd().length > room) {
      lines.push(line.trimEnd());
      line = "";
    }
    line += piece;
    while (line.trimEnd().length > room) {
      lines.push(line.slice(0, room));
      line = line.slice(room);
    }
  }
  if (line.trimEnd() !== "" || lines.length === 0) lines.push(line.trimEnd());
  return lines;
}

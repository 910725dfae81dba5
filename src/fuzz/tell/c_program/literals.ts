/** A word as C has it. */
export function literal(word: bigint): string {
  const unsigned = BigInt.asUintN(64, word);
  return unsigned < 10n ? String(unsigned) : `0x${unsigned.toString(16)}`;
}

/** Lines of a comment, wrapped at words. */
export function comment(...paragraphs: string[]): string {
  const lines = paragraphs.flatMap((paragraph) => (paragraph === "" ? [""] : wrap(paragraph)));
  return `/*\n${lines.map((line) => ` * ${line}`.trimEnd()).join("\n")}\n */`;
}

const WIDTH = 90;

function wrap(paragraph: string): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of inert(paragraph).split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (longer.length > WIDTH && line !== "") {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return [...lines, line];
}

/** Text with nothing in it that would end a comment, or a line. */
function inert(text: string): string {
  return text
    .replaceAll(/[^\x20-\x7e]/g, "?")
    .replaceAll("*/", "* /")
    .replaceAll("/*", "/ *");
}

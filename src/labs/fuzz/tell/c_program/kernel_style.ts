/*
 * A program in the style of the kernel (Documentation/process/coding-style.rst), made from one that clang-format has
 * formatted with 4 spaces. It is no formatter: it moves what scripts/checkpatch.pl asks for.
 */

const TAB = 8;
const WIDTH = 100;
/** The indentation of the template. */
const INDENT = 4;

/** An open bracket, and the columns after it in the old and the new text. */
interface Bracket {
  readonly isBlock: boolean;
  readonly old: number;
  readonly now: number;
}

export function kernelStyle(program: string): string {
  return withBlankLines(indented(respelled(program)));
}

/** Each line by itself. */
function respelled(program: string): string {
  return program
    .replaceAll(/\bsizeof (\*?\w+(?:\[\w+\])?)/g, "sizeof($1)")
    .replaceAll(/\b([\w.]+) != NULL/g, "$1")
    .replaceAll(/\b([\w.]+) == NULL/g, "!$1")
    .replaceAll(/^(static [^=;{}]*) = 0;$/gm, "$1;");
}

/**
 * Tabs in place of spaces; what is aligned with a bracket stays so. The brace of a function is on a line of its own.
 */
function indented(program: string): string {
  const open: Bracket[] = [];
  let statement = { old: 0, now: 0 };
  let isContinued = false;
  return program
    .split("\n")
    .flatMap((line) => {
      const text = line.trimStart();
      if (text === "" || text.startsWith("#")) return [line];
      const old = line.length - text.length;
      const aligned = open.findLast((bracket) => !bracket.isBlock && bracket.old === old);
      const shift = old - statement.old;
      const now =
        aligned?.now ??
        (isContinued && shift > 0
          ? statement.now + (shift % INDENT === 0 ? (shift / INDENT) * TAB : shift)
          : Math.floor(old / INDENT) * TAB + (old % INDENT));
      if (!isContinued) statement = { old, now };
      const isFunction = open.every(({ isBlock }) => !isBlock) && /\) \{$/.test(text);
      track(text, old, now, open);
      isContinued = open.at(-1)?.isBlock === false || !/[;{}:,]$|\*\/$/.test(text);
      const lines = wrapped(text, now);
      return isFunction ? [...lines, "{"].map((each) => each.replace(/(?<=\)) \{$/, "")) : lines;
    })
    .join("\n");
}

/** A line at a column. If it is too long it is broken after an operator, and aligned with the bracket around it. */
function wrapped(text: string, column: number): string[] {
  const indent = "\t".repeat(Math.floor(column / TAB)) + " ".repeat(column % TAB);
  if (column + text.length <= WIDTH) return [indent + text];
  const [, comment] = /^\/\* (.*) \*\/$/.exec(text) ?? [];
  if (comment !== undefined) {
    const at = comment.lastIndexOf(" ", WIDTH - column - " * ".length);
    const lines = [comment.slice(0, at), comment.slice(at + 1)].map((half) => ` * ${half}`);
    return ["/*", ...lines, " */"].map((line) => indent + line);
  }
  const breaks = [...text.matchAll(/(?:,|\|\||&&) /g)].map(({ 0: operator, index }) => {
    return index + operator.length;
  });
  const at = breaks.findLast((end) => column + end <= WIDTH) ?? 0;
  const open: Bracket[] = [];
  track(text.slice(0, at), column, column, open);
  const around = open.at(-1);
  if (around === undefined) return [indent + text];
  return [indent + text.slice(0, at).trimEnd(), ...wrapped(text.slice(at), around.now)];
}

/** Takes the brackets of a line into account: not those in comments, strings and characters. */
function track(text: string, old: number, now: number, open: Bracket[]): void {
  const code = text.replaceAll(/"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])'|\/\*.*?\*\//g, (quoted) =>
    " ".repeat(quoted.length),
  );
  for (const { 0: bracket, index } of code.matchAll(/[()[\]{}]/g)) {
    if (!"([{".includes(bracket)) open.pop();
    else {
      const isBlock = index === code.trimEnd().length - 1;
      open.push({ isBlock, old: old + index + 1, now: now + index + 1 });
    }
  }
}

const DECLARATION = /^\t+(?!(?:return|goto|else|case|do|__asm__)\b)\w+(?:\(\d+\))? \*?\w/;

/** A blank line after the declarations at the beginning of a block. */
function withBlankLines(program: string): string {
  let [wasDeclared, isOpen] = [false, false];
  return program
    .split("\n")
    .flatMap((line) => {
      const isDeclared = isOpen || DECLARATION.test(line);
      const isMissing = wasDeclared && !isDeclared && !/^(?:\t*\}.*)?$/.test(line);
      isOpen = isDeclared && !/;(?: *\/\*.*\*\/)?$/.test(line);
      wasDeclared = isDeclared;
      return isMissing ? ["", line] : [line];
    })
    .join("\n");
}

// The assembler's listing of the code that recordings show and that judges run, made when stublab is built.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { basename } from "node:path";

/** The part of a source between two labels. */
export const LISTED = [
  {
    name: "stub code",
    source: "shim/amd64/stub.S",
    begin: "stublab_stub_begin",
    end: "stublab_stub_serve",
  },
  {
    name: "guest",
    source: "src/record/guests/switch_amd64.S",
    begin: "guest_begin",
    end: "guest_end",
  },
  {
    name: "loop",
    source: "src/record/guests/loop_amd64.S",
    begin: "loop_begin",
    end: "loop_end",
  },
  {
    name: "judged stub",
    source: "src/compare/live/judged_amd64.S",
    begin: "judged_begin",
    end: "judged_end",
  },
];

/** A line of `as -aln`: the source line's number, its offset and bytes if it has any, and its text. */
const LISTING_LINE = /^ *\d+(?: ([0-9a-f]{4,}) ([0-9A-F]+))? *\t(.*)$/;
/** A continuation line with more bytes. */
const MORE_BYTES = /^ *\d+ +([0-9A-F]+) *$/;
/** A line marker of the preprocessor, for the line after it. */
const LINE_MARKER = /^# (\d+) "(.*?)"/;
const LABEL = /^(\w+):$/;

/**
 * Lists one of LISTED: its name, and its instructions in the format of src/record/recording.ts.
 *
 * @param compiler the words of the command, which must use the assembler of binutils.
 */
export function listCode({ name, source, begin, end }, compiler) {
  const lines = [];
  let label;
  for (const { offset, bytes, text, original } of assemblerListing(source, compiler)) {
    const [, here] = LABEL.exec(text) ?? [];
    if (here === end) break;
    if (here === begin || label !== undefined) label = here ?? label;
    if (bytes === "" || label === undefined) continue;
    lines.push({ offset, bytes, text: withNames(text, original), label });
    label = null;
  }
  const [first] = lines;
  if (first === undefined) throw new Error(`${source} has no code between ${begin} and ${end}`);
  return { name, lines: lines.map((line) => ({ ...line, offset: line.offset - first.offset })) };
}

/** The lines of the assembler's listing, each with its text before preprocessing. */
function assemblerListing(source, compiler) {
  const originals = readFileSync(source, "utf8").split("\n");
  const lines = [];
  let place = { file: "", line: 0 };
  for (const row of readFileSync(assemble(source, compiler), "utf8").split("\n")) {
    const [, offset = "", digits = "", text] = LISTING_LINE.exec(row) ?? [];
    if (text === undefined) {
      const [, more = ""] = MORE_BYTES.exec(row) ?? [];
      if (more !== "") lines.at(-1).bytes += ` ${spaced(more)}`;
      continue;
    }
    const [, line, file] = LINE_MARKER.exec(text) ?? [];
    if (file !== undefined) {
      place = { file, line: Number(line) };
      continue;
    }
    const original = place.file === source ? originals[place.line - 1] : "";
    const shown = text.trim().replace(/\s+/g, " ");
    lines.push({ offset: parseInt(offset, 16), bytes: spaced(digits), text: shown, original });
    place.line++;
  }
  return lines;
}

/** Writes the listing, and returns its path. */
function assemble(source, [command, ...args]) {
  const listing = `build/${basename(source)}.lst`;
  const output = ["-iquote", ".", "-c", `-Wa,-aln=${listing}`, "-o", `${listing}.o`];
  try {
    execFileSync(command, [...args, ...output, source], { stdio: "inherit" });
  } catch (cause) {
    const message = `${command} cannot list ${source}: it needs the assembler of GNU binutils`;
    throw new Error(message, { cause });
  }
  return listing;
}

/** "0F05" as "0f 05". */
function spaced(digits) {
  return digits.toLowerCase().match(/../g)?.join(" ") ?? "";
}

/** The text, with the names of its numbers as a comment: "mov $157, %eax  # __NR_prctl". */
function withNames(text, original) {
  const words = original.match(/\b[A-Z_][A-Za-z0-9_]*\b/g) ?? [];
  const names = words.filter((word) => !text.includes(word));
  return names.length === 0 ? text : `${text}  # ${names.join(", ")}`;
}

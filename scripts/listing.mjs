// The assembler's listing of the code that recordings show and that judges run, made when stublab is built.

import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import {
  compile,
  compilerFor,
  HOST,
  headerFlags,
  link,
  MACHINES,
  missingFor,
} from "./compilers.mjs";
import { LINK_FLAGS, shimOf } from "./libraries.mjs";
import { loadTables, makeUnless } from "./sources.mjs";

/** What recordings show, and what judges run, on each architecture: the part of a source between two labels. */
const listed = (arch) => [
  {
    name: "stub code",
    source: `shim/core/${arch}/stub.S`,
    begin: "stublab_stub_begin",
    end: "stublab_stub_serve",
  },
  {
    name: "guest",
    source: `src/labs/record/guests/switch_${arch}.S`,
    begin: "guest_begin",
    end: "guest_end",
  },
  {
    name: "loop",
    source: `src/labs/record/guests/loop_${arch}.S`,
    begin: "loop_begin",
    end: "loop_end",
  },
  {
    name: "judged stub",
    source: `src/labs/compare/live/judged_${arch}.S`,
    begin: "judged_begin",
    end: "judged_end",
  },
];

const LISTINGS = { amd64: "dist/listing.json", arm64: "dist/listing-arm64.json" };

/** The places to which stubs under judgement write. */
const SLOTS = "src/labs/compare/live/slots.ts";

/** A line of `as -aln`: the source line's number, its offset and bytes if it has any, and its text. */
const LISTING_LINE = /^ *\d+(?: ([0-9a-f]{4,}) ([0-9A-F]+))? *\t(.*)$/;
/** A continuation line with more bytes. */
const MORE_BYTES = /^ *\d+ +([0-9A-F]+) *$/;
/** A line marker of the preprocessor, for the line after it. */
const LINE_MARKER = /^# (\d+) "(.*?)"/;
const LABEL = /^(\w+):$/;

/** Writes the listings, so that neither a disassembler nor an assembler is needed at run time. */
export async function buildListings() {
  for (const machine of MACHINES) await buildListing(machine);
}

function buildListing(machine) {
  const parts = listed(machine);
  const missing =
    machine === "amd64" && HOST !== "amd64"
      ? "it needs the assembler of GNU binutils for amd64"
      : missingFor(machine);
  const sources = [...parts.map(({ source }) => source), SLOTS, shimOf(machine)];
  return makeUnless(missing, LISTINGS[machine], sources, async () => {
    await writeSlots();
    const listing = parts.map(machine === "amd64" ? assembled : linked);
    expectInside(listing[0], shimOf(machine));
    writeFileSync(LISTINGS[machine], `${JSON.stringify(listing)}\n`);
  });
}

async function writeSlots() {
  const places = Object.entries((await loadTables(SLOTS)).SLOTS);
  const lines = places.map(([name, offset]) => `#define SLOT_${name} (data + ${offset})\n`);
  writeFileSync("build/slots.h", lines.join(""));
}

/** As the assembler of amd64 lists it. */
function assembled(code) {
  const { command, flags } = compilerFor("amd64");
  return listCode(code, [command, ...flags, "-iquote", "shim/core"]);
}

/** The instructions of arm64 have one length, so what was linked has them, whatever the assembler. */
function linked(code) {
  const target = `build/${basename(code.source, ".S")}_arm64`;
  const flags = ["-iquote", ".", "-iquote", "shim/core", ...headerFlags("arm64"), code.source];
  compile("arm64", `${target}.i`, ["-E", ...flags]);
  // Without -Bsymbolic a branch to a global label leads to a stub of the linker.
  link("arm64", target, flags, [...LINK_FLAGS, "-Wl,-Bsymbolic", `-Wl,-e,${code.begin}`]);
  return listLinkedCode(code, readFileSync(`${target}.i`, "utf8"), readFileSync(target));
}

/** Two assemblers may encode an instruction differently. */
function expectInside({ name, lines }, library) {
  const digits = lines.map(({ bytes }) => bytes.replaceAll(" ", "")).join("");
  if (readFileSync(library).includes(Buffer.from(digits, "hex"))) return;
  throw new Error(`the assembler's listing of the ${name} differs from ${library}`);
}

/**
 * Lists code of amd64: its name, and its instructions in the format of src/labs/record/recording.ts.
 *
 * @param compiler the words of the command, which must use the assembler of binutils.
 */
export function listCode(code, compiler) {
  return listBetween(code, assemblerListing(code.source, compiler));
}

/**
 * Lists code of arm64 likewise, from what any compiler has made of it: each instruction has 4 bytes there.
 *
 * @param preprocessed the source after the preprocessor
 * @param linked a file in the format ELF with the code, whose entry is its first label
 */
export function listLinkedCode(code, preprocessed, linked) {
  const bytes = codeAtEntry(linked);
  const rows = sourceRows(code.source, preprocessed.split("\n"));
  const first = rows.findIndex(({ text }) => text === `${code.begin}:`);
  let offset = 0;
  const lines = rows.slice(first).map((row) => {
    if (row.text === "" || LABEL.test(row.text)) return { ...row, offset, bytes: "" };
    const word = bytes.subarray(offset, offset + 4);
    offset += word.length;
    return { ...row, offset: offset - word.length, bytes: spaced(word.toString("hex")) };
  });
  return listBetween(code, lines);
}

function listBetween({ name, source, begin, end }, all) {
  const lines = [];
  let label;
  for (const { offset, bytes, text, original } of all) {
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

/** The lines of the assembler's listing. */
function assemblerListing(source, compiler) {
  const lines = [];
  for (const row of readFileSync(assemble(source, compiler), "utf8").split("\n")) {
    const [, offset = "", digits = "", text] = LISTING_LINE.exec(row) ?? [];
    if (text !== undefined) {
      lines.push({ offset: parseInt(offset, 16), bytes: spaced(digits), text });
      continue;
    }
    const [, more = ""] = MORE_BYTES.exec(row) ?? [];
    if (more !== "") lines.at(-1).bytes += ` ${spaced(more)}`;
  }
  const rows = sourceRows(
    source,
    lines.map(({ text }) => text),
  );
  return rows.map((row) => ({ ...lines[row.index], ...row }));
}

/** Preprocessed lines without markers, by their indices, each with its text before preprocessing. */
function sourceRows(source, texts) {
  const originals = readFileSync(source, "utf8").split("\n");
  const rows = [];
  let place = { file: "", line: 0 };
  for (const [index, text] of texts.entries()) {
    const [, line, file] = LINE_MARKER.exec(text) ?? [];
    if (file !== undefined) {
      place = { file, line: Number(line) };
      continue;
    }
    const original = place.file === source ? originals[place.line - 1] : "";
    rows.push({ index, text: text.trim().replace(/\s+/g, " "), original });
    place.line++;
  }
  return rows;
}

/** What a file in the format ELF has from its entry on, to the end of that segment (man 5 elf). */
function codeAtEntry(file) {
  const at = (offset) => Number(file.readBigUint64LE(offset));
  const [entry, table] = [at(24), at(32)];
  for (let i = 0; i < file.readUint16LE(56); i++) {
    const header = table + i * file.readUint16LE(54);
    const [offset, address, size] = [at(header + 8), at(header + 16), at(header + 32)];
    const isLoaded = file.readUint32LE(header) === 1;
    if (!isLoaded || entry < address || entry >= address + size) continue;
    return file.subarray(offset + entry - address, offset + size);
  }
  throw new Error("no segment has the entry");
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

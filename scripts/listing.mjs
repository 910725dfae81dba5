// The listing of the code that recordings show and that judges run, made when stublab is built.

import { readFileSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { compile, headerFlags, limitsOf } from "./compilers.mjs";
import { quoted, shimOf } from "./libraries.mjs";
import { makerOf } from "./sources.mjs";

const makeFrom = makerOf(import.meta.url);

/** What recordings show, and what judges run, on each architecture: the part of a source between two labels. */
const listed = (arch) => [
  ["stub code", `shim/core/${arch}/stub.S`, "stublab_stub_begin", "stublab_stub_serve"],
  ["guest", `src/labs/record/guests/switch_${arch}.S`, "guest_begin", "guest_end"],
  ["loop", `src/labs/record/guests/loop_${arch}.S`, "loop_begin", "loop_end"],
  ["judged stub", `src/labs/compare/live/judged_${arch}.S`, "judged_begin", "judged_end"],
];

const LISTINGS = { amd64: "dist/listing.json", arm64: "dist/listing-arm64.json" };

/** Makes the linker write the code, and at the end where each of its lines begins. */
const SCRIPT = "SECTIONS { .text 0 : { *(.text*) *(.rodata*) *(rows) } /DISCARD/ : { *(.note*) } }";
const LINK_FLAGS = ["-static", "-nostdlib", "-Wl,--build-id=none", "-Wl,--oformat=binary"];

/** A line marker of the preprocessor, for the line after it. */
const LINE_MARKER = /^# (\d+) "(.*?)"/;
const LABEL = /^(\w+):$/;

/** Writes the listing of a machine, so that neither a disassembler nor an assembler is needed at run time. */
export function buildListing(machine) {
  const pieces = listed(machine);
  const sources = [...pieces.map(([, source]) => source), shimOf(machine)];
  const make = () => writeListing(machine, pieces);
  return makeFrom(LISTINGS[machine], sources, make, limitsOf(machine));
}

async function writeListing(machine, pieces) {
  writeFileSync(`build/listing-${machine}.ld`, SCRIPT);
  const listing = [];
  for (const piece of pieces) listing.push(await listCode(machine, ...piece));
  const [{ lines }] = listing;
  const code = Buffer.from(lines.map(({ bytes }) => bytes.replaceAll(" ", "")).join(""), "hex");
  // It was assembled twice.
  if (!readFileSync(shimOf(machine)).includes(code))
    throw new Error(`the listing of the stub code differs from ${shimOf(machine)}`);
  writeFileSync(LISTINGS[machine], `${JSON.stringify(listing)}\n`);
}

/** Lists code: its name, and its instructions in the format of src/labs/record/recording.ts. */
async function listCode(machine, name, source, begin, end) {
  const file = `build/${basename(source, ".S")}-${machine}`;
  const flags = [...quoted([".", "shim/core"]), ...headerFlags(machine)];
  await compile(machine, `${file}.i`, ["-E", ...flags, source]);
  const texts = readFileSync(`${file}.i`, "utf8").split("\n");
  const [first, last] = [begin, end].map((label) => texts.indexOf(`${label}:`));
  if (first < 0 || last < first)
    throw new Error(`${source} has no code between ${begin} and ${end}`);
  const marked = texts.map((text, i) => (i < first || i > last ? text : `.Lrow${i}:\n${text}`));
  const rows = texts.slice(first, last + 1).map((_, i) => `.long .Lrow${first + i}\n`);
  const table = `.section rows, "ax"\n${rows.join("")}`;
  writeFileSync(`${file}.s`, `${marked.join("\n")}\n${table}`);
  const linked = [...LINK_FLAGS, `-Wl,-T,build/listing-${machine}.ld`, `${file}.s`];
  await compile(machine, `${file}.bin`, linked);
  const binary = readFileSync(`${file}.bin`);
  const offsetOf = (i) => binary.readUint32LE(binary.length - 4 * (last + 1 - i));
  const originals = originalsOf(source, texts);
  let label;
  const lines = [];
  for (let i = first; i < last; i++) {
    const text = texts[i].trim().replace(/\s+/g, " ");
    label = LABEL.exec(text)?.[1] ?? label;
    const bytes = binary.toString("hex", offsetOf(i), offsetOf(i + 1));
    if (bytes === "") continue;
    const offset = offsetOf(i) - offsetOf(first);
    lines.push({
      ...{ offset, bytes: bytes.match(/../g).join(" ") },
      ...{ text: withNames(text, originals[i]), label: label ?? null },
    });
    label = null;
  }
  return { name, lines };
}

/** The text of each preprocessed line before preprocessing. */
function originalsOf(source, texts) {
  const originals = readFileSync(source, "utf8").split("\n");
  let place = { file: "", line: 0 };
  return texts.map((text) => {
    const [, line, file] = LINE_MARKER.exec(text) ?? [];
    if (file !== undefined) place = { file, line: Number(line) - 1 };
    else if (place.file === source) return originals[place.line++];
    return "";
  });
}

/** The text, with the names of its numbers as a comment: "mov $157, %eax  # __NR_prctl". */
function withNames(text, original) {
  const words = original.match(/\b[A-Z_][A-Za-z0-9_]*\b/g) ?? [];
  const names = words.filter((word) => !text.includes(word));
  return names.length === 0 ? text : `${text}  # ${names.join(", ")}`;
}

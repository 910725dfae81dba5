// The records of src/labs/fuzz/case/records.ts in C and AssemblyScript: structs, enums, offsets, and assertions that each
// compiler places the members as TypeScript does.

import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { files, loadTables, makeFrom } from "./sources.mjs";

const ORIGIN = "Written by the build from src/labs/fuzz/case/records.ts.";
const WIDTH = 100;
const C_TYPES = {
  u8: "uint8_t",
  i32: "int32_t",
  u32: "uint32_t",
  i64: "int64_t",
  u64: "uint64_t",
};
/** Signed halves are unsigned here, as in the views of TypeScript. */
const ASSEMBLY_TYPES = { u8: "u8", i32: "u32", u32: "u32", i64: "u64", u64: "u64" };

/** Each file, the architecture that it is for, and the function that writes its text from the tables of that. */
export const RECORDS = [
  ["build/amd64/records.h", "amd64", cRecords],
  ["build/arm64/records.h", "arm64", cRecords],
  // Apart from the records, as <ucontext.h> has the same names for other numbers.
  [
    "build/amd64/register_indices.h",
    "amd64",
    ({ REGISTERS, FRAME_REGISTERS }) =>
      header("REGISTER_INDICES", [
        ["/* Indices in a register block, which is struct user_regs_struct. */"],
        REGISTERS.map((name, i) => `#define REG_${name.toUpperCase()} ${i}`),
        ["/* Indices in struct sigcontext. */"],
        FRAME_REGISTERS.map((name, i) => `#define FRAME_${name.toUpperCase()} ${i}`),
      ]),
  ],
  ["build/amd64/records.ts", "amd64", assemblyRecords],
  ["build/arm64/records.ts", "arm64", assemblyRecords],
];

/** What the build writes for C. */
export const RECORD_HEADERS = RECORDS.map(([name]) => name).filter((name) => name.endsWith(".h"));

const TABLES = "src/labs/fuzz/case/records.ts";

export async function writeRecords() {
  const sources = [...files("src/labs/fuzz/case", ".ts"), "src/core/machine/index.ts"];
  for (const [target, arch, write] of RECORDS) {
    await makeFrom(target, sources, async () => {
      const { tablesOf } = await loadTables([TABLES]);
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, write(tablesOf(arch)));
    });
  }
}

function cRecords({ CONSTANTS, ENUMERATIONS, RECORDS }) {
  return header("RECORDS", [
    Object.entries(CONSTANTS).map(([name, value]) => `#define STUBLAB_${name} ${value}`),
    ...RECORDS.map(offsetMacros),
    ["#ifndef __ASSEMBLER__"],
    ["#include <stddef.h>", "#include <stdint.h>"],
    ...ENUMERATIONS.map(cEnum),
    ...RECORDS.map(cStruct),
    [
      `${"#define STUBLAB_LIES_AT(record, member, offset)".padEnd(WIDTH - 1)}\\`,
      '    _Static_assert(offsetof(struct stublab_##record, member) == (offset), #record "." #member)',
    ],
    ...RECORDS.map(cAssertions),
    ["#endif"],
  ]);
}

function assemblyRecords({ CONSTANTS, ENUMERATIONS, MODULE_RECORDS }) {
  return paragraphs([
    [`// ${ORIGIN}`],
    Object.entries(CONSTANTS).map(([name, value]) => `export const ${name}: u32 = ${value};`),
    ...ENUMERATIONS.map((it) =>
      numbered(it).map(([name, value]) => `export const ${name}: u32 = ${value};`),
    ),
    ...MODULE_RECORDS.flatMap(assemblyClass),
  ]);
}

const header = (name, parts) =>
  paragraphs([
    [`/* ${ORIGIN} */`, `#ifndef STUBLAB_MADE_${name}_H`, `#define STUBLAB_MADE_${name}_H`],
    ...parts,
    ["#endif"],
  ]);

const paragraphs = (parts) => `${parts.map((lines) => lines.join("\n")).join("\n\n")}\n`;

/** The constants of an enumeration, without STUBLAB_: "FROM_SIGNAL" and its number. */
const numbered = ({ prefix, bits, values }) =>
  values.map(([name], i) => [`${prefix}_${name.toUpperCase()}`, bits ? 1 << i : i]);

const offsetMacros = ({ name, offsets, size }) => [
  `/* struct stublab_${name}: its size, and the offsets of its members. */`,
  `#define ${name.toUpperCase()}_SIZE ${size}`,
  ...Object.entries(offsets).map(([member, at]) => `#define ${macro(name, member)} ${at}`),
];

function cEnum(it) {
  const lines = numbered(it).flatMap(([name, value], i) => [
    ...comment(it.values[i][1], "    "),
    `    STUBLAB_${name} = ${value},`,
  ]);
  return [...comment(it.about), `enum stublab_${it.name} {`, ...lines, "};"];
}

function cStruct({ name, about, members, size }) {
  const lines = Object.entries(members).flatMap(([member, [type, meaning, length]]) => {
    const bounds = length === undefined ? "" : `[${length}]`;
    return [
      ...(meaning === "" ? [] : comment(meaning, "    ")),
      `    ${C_TYPES[type] ?? `struct stublab_${type.name}`} ${snakeCase(member)}${bounds};`,
    ];
  });
  return [...comment(`${about} ${size} bytes.`), `struct stublab_${name} {`, ...lines, "};"];
}

const cAssertions = ({ name, offsets }) => [
  `_Static_assert(sizeof(struct stublab_${name}) == ${name.toUpperCase()}_SIZE, "${name}");`,
  ...Object.keys(offsets).map(
    (member) => `STUBLAB_LIES_AT(${name}, ${snakeCase(member)}, ${macro(name, member)});`,
  ),
];

/** A class: arrays are at the end of a record, and have a getter of their address instead of a field. */
function assemblyClass({ name, about, members, offsets, size }) {
  const upper = name.toUpperCase();
  const type = upper[0] + name.slice(1);
  const rows = Object.entries(members).filter(([member]) => member !== "padding");
  const fields = rows.filter(([, [, , length]]) => length === undefined);
  const arrays = rows.filter(([, [, , length]]) => length !== undefined);
  return [
    [
      ...comment(`${about} A getter returns the address of an array.`),
      "@unmanaged",
      `export class ${type} {`,
      ...fields.map(([member, [type]]) => `  ${member}: ${ASSEMBLY_TYPES[type]};`),
      ...arrays.flatMap(([member]) => [
        `  get ${member}(): usize {`,
        `    return changetype<usize>(this) + ${upper}_${member};`,
        "  }",
      ]),
      "}",
    ],
    [
      ...rows.map(([member]) => `export const ${upper}_${member}: i32 = ${offsets[member]};`),
      `export const ${upper}_SIZE: i32 = ${size};`,
    ],
    fields.map(([member]) => {
      const place = `${type}.${member}`;
      return `if (offsetof<${type}>("${member}") != ${upper}_${member}) ERROR("${place}");`;
    }),
  ];
}

const macro = (name, member) => `${name}_${snakeCase(member)}`.toUpperCase();

const snakeCase = (name) => name.replace(/[A-Z]/g, (capital) => `_${capital.toLowerCase()}`);

/** A text as a comment in lines of at most WIDTH characters. */
function comment(text, indent = "") {
  const lines = [""];
  for (const word of text.split(" ")) {
    const longer = `${lines.at(-1)} ${word}`.trimStart();
    if (indent.length + longer.length + "/**  */".length <= WIDTH) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  if (lines.length === 1) return [`${indent}/** ${lines[0]} */`];
  return [`${indent}/**`, ...lines.map((line) => `${indent} * ${line}`), `${indent} */`];
}

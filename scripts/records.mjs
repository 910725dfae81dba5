// The records of src/labs/fuzz/case/records.ts in C and AssemblyScript: structs, enums, offsets, and assertions that each
// compiler places the members as TypeScript does.

import { mkdirSync, writeFileSync } from "node:fs";
import { MACHINES, NODE_ARCHES } from "./compilers.mjs";
import { files, loadTables, makerOf } from "./sources.mjs";

const makeFrom = makerOf(import.meta.url);

const TABLES = "src/labs/fuzz/case/records.ts";
const DRAWN = "src/labs/fuzz/draw/tables.ts";
const ORIGIN = `Written by the build from ${TABLES}, which has the meanings.`;
export const C_TYPES = {
  ...{ bool: "uint8_t", u16: "uint16_t" },
  ...{ u8: "uint8_t", i32: "int32_t", u32: "uint32_t", i64: "int64_t", u64: "uint64_t" },
};
/** Signed halves are unsigned here, as in the views of TypeScript. */
const ASSEMBLY_TYPES = { u8: "u8", i32: "u32", u32: "u32", i64: "u64", u64: "u64" };

/** The files of an architecture, and the functions that write their texts from its tables. */
const WRITERS = {
  "records.h": cRecords,
  // Apart from the records, as <ucontext.h> has the same names for other numbers.
  "register_indices.h": cRegisters,
  "records.ts": assemblyRecords,
  "case_names.ts": assemblyNames,
  "case_members.ts": ({ NAMES }) =>
    NAMES.MEMBERS.map((name, i) => `export const ${name}: i32 = ${i};`),
  "tables.ts": assemblyTables,
};

/** What the build writes for C and for AssemblyScript. */
export const RECORD_HEADERS = MACHINES.map((arch) => `build/${arch}/records.h`);
export const RECORD_CLASSES = MACHINES.flatMap((arch) =>
  ["records", "case_names", "case_members", "tables"].map((name) => `build/${arch}/${name}.ts`),
);

export async function writeRecords() {
  const sources = [
    ...files("src/labs/fuzz/case", ".ts", ".jsonl"),
    ...files("src/labs/fuzz/draw", ".ts", ".jsonl"),
    ...["src/core/machine/index.ts", "src/lib/cases/words.ts"],
  ];
  for (const arch of MACHINES)
    await makeFrom(`build/${arch}/records.h`, sources, async () => {
      const { tablesOf, readTables } = await loadTables([TABLES, DRAWN], NODE_ARCHES[arch]);
      const tables = { ...tablesOf(arch), DRAWN: readTables() };
      mkdirSync(`build/${arch}`, { recursive: true });
      for (const [name, textOf] of Object.entries(WRITERS))
        writeFileSync(`build/${arch}/${name}`, `${textOf(tables).flat(Infinity).join("\n")}\n`);
    });
}

function cRecords({ CONSTANTS, ENUMERATIONS, RECORDS }) {
  const constants = Object.entries(CONSTANTS).map(([name, value]) => [`STUBLAB_${name}`, value]);
  return header("RECORDS", [
    [...constants, ...RECORDS.flatMap(placesOf)].map(define),
    ["#ifndef __ASSEMBLER__", "#include <stddef.h>", "#include <stdint.h>"],
    ...ENUMERATIONS.map(cEnum),
    ...RECORDS.map(cStruct),
    "#endif",
  ]);
}

/** Indices in a register block, which is struct user_regs_struct or user_pt_regs, and in struct sigcontext. */
function cRegisters({ REGISTERS, FRAME_REGISTERS }) {
  const numbered = (prefix, names) =>
    names.map((name, i) => [`${prefix}_${name.toUpperCase()}`, i]);
  const indices = [...numbered("REG", REGISTERS), ...numbered("FRAME", FRAME_REGISTERS)];
  return header("REGISTER_INDICES", indices.map(define));
}

function assemblyRecords({ CONSTANTS, ENUMERATIONS, MODULE_RECORDS }) {
  const constants = [...Object.entries(CONSTANTS), ...ENUMERATIONS.flatMap(numbersOf)];
  return [
    `// ${ORIGIN}`,
    constants.map(([name, value]) => `export const ${name}: u32 = ${value};`),
    MODULE_RECORDS.map(assemblyClass),
  ];
}

/** The names in documents of cases, packed: so many strings would have a header and a segment each. */
function assemblyNames({ NAMES, INDICES, LISTS }) {
  const packed = (names) => [
    names.length,
    ...names.flatMap((name) => [name.length, ...Buffer.from(name)]),
  ];
  const data = (name, type, items) =>
    `export const ${name}: usize = memory.data<${type}>([${items.join(", ")}]);`;
  return [
    `// ${ORIGIN}`,
    Object.entries(INDICES).map(([name, index]) => `export const ${name}: i32 = ${index};`),
    Object.entries(NAMES).map(([name, names]) => data(name, "u8", packed(names))),
    Object.entries(LISTS).map(([name, [type, numbers]]) => data(name, type, numbers)),
  ];
}

/** The places in a target; and what is drawn from, each table with its address and its length in one word. */
function assemblyTables({ PLACES, DRAWN }) {
  const tables = [...DRAWN].map(([name, words]) => {
    const list = words.map((word) => `0x${BigInt.asUintN(64, word).toString(16)}`).join(", ");
    return `export const ${name}: u64 = u64(memory.data<u64>([${list}])) | (u64(${words.length}) << 32);`;
  });
  const places = Object.entries(PLACES).map(
    ([name, place]) => `export const ${name}: u32 = ${place};`,
  );
  return [`// ${ORIGIN} What is drawn is from ${DRAWN}.`, places, tables];
}

export const header = (name, lines, origin = ORIGIN) => [
  ...[`/* ${origin} */`, `#ifndef STUBLAB_MADE_${name}_H`, `#define STUBLAB_MADE_${name}_H`],
  ...[...lines, "#endif"],
];

const define = ([name, value]) => `#define ${name} ${value}`;

/** The size of a record and the offsets of its members, also for the assembler. */
const placesOf = ({ name, offsets, size }) =>
  Object.entries({ ...offsets, size }).map(([member, at]) => [
    `${name}_${snakeCase(member)}`.toUpperCase(),
    at,
  ]);

/** The constants of an enumeration, without STUBLAB_: "FROM_SIGNAL" and its number. */
const numbersOf = ({ prefix, bits, values }) =>
  values.map(([name], i) => [`${prefix}_${name.toUpperCase()}`, bits ? 1 << i : i]);

const cEnum = (it) => [
  `enum stublab_${it.name} {`,
  numbersOf(it).map(([name, value]) => `    STUBLAB_${name} = ${value},`),
  "};",
];

function cStruct({ name, members, offsets, size }) {
  const fields = Object.entries(members).map(([member, [type, , length]]) => {
    const bounds = length === undefined ? "" : `[${length}]`;
    return `    ${C_TYPES[type]} ${snakeCase(member)}${bounds};`;
  });
  const places = Object.entries(offsets).map(([member, at]) => [snakeCase(member), at]);
  return [`struct stublab_${name} {`, fields, "};", cAssertions(`stublab_${name}`, places, size)];
}

/** What makes a C compiler refuse a struct with other offsets. */
export const cAssertions = (tag, places, size) => [
  `_Static_assert(sizeof(struct ${tag}) == ${size}, "${tag}");`,
  ...places.map(
    ([member, at]) =>
      `_Static_assert(offsetof(struct ${tag}, ${member}) == ${at}, "${tag}.${member}");`,
  ),
];

/** A class: arrays are at the end of a record, and have a getter of their address instead of a field. */
function assemblyClass({ name, members, offsets, size }) {
  const upper = name.toUpperCase();
  const type = upper[0] + name.slice(1);
  const rows = Object.entries(members).filter(([member]) => member !== "padding");
  const fields = rows.filter(([, [, , length]]) => length === undefined);
  const arrays = rows.filter(([, [, , length]]) => length !== undefined);
  return [
    ...["@unmanaged", `export class ${type} {`],
    fields.map(([member, [type]]) => `  ${member}: ${ASSEMBLY_TYPES[type]};`),
    arrays.map(([member]) => [
      `  get ${member}(): usize {`,
      `    return changetype<usize>(this) + ${upper}_${member};`,
      "  }",
    ]),
    "}",
    rows.map(([member]) => `export const ${upper}_${member}: i32 = ${offsets[member]};`),
    `export const ${upper}_SIZE: i32 = ${size};`,
    fields.map(([member]) => {
      const place = `${type}.${member}`;
      return `if (offsetof<${type}>("${member}") != ${upper}_${member}) ERROR("${place}");`;
    }),
  ];
}

export const snakeCase = (name) => name.replace(/[A-Z]/g, (capital) => `_${capital.toLowerCase()}`);
